import { text } from "../../contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../contract/define_table.js";

export const vendas = defineTable("bronze.vendas", {
  description: "Multichannel sales as the channels' CSV files have them: text, unchanged",
  grain: "one line of a file",
  landing: { source: "vendas", files: ["registros*.csv"] },
  write: "append",
  columns: {
    timestamp_do_registro: text()
      .header("Timestamp do Registro")
      .describe("When the channel registered the sale, wall-clock time"),
    nome: text().header("Nome").describe("First name of the customer"),
    sobrenome: text().header("Sobrenome").describe("Last name of the customer"),
    email: text().header("Email").describe("E-mail of the customer: who they are to the shop"),
    telefone: text().header("Telefone").describe("Telephone of the customer"),
    produto_adquirido: text().header("Produto Adquirido").describe("Product bought"),
    valor_da_compra: text().header("Valor da Compra").describe("Price before discount, BRL"),
    canal: text().header("Canal").describe("Sales channel"),
    plataforma_de_interacao: text().header("Plataforma de Interação").describe("Where the customer was met"),
    campanha_de_marketing: text().header("Campanha de Marketing").describe("Campaign that led to the sale"),
    vendedor: text().header("Vendedor").describe("Seller"),
    desconto_oferecido: text().header("Desconto Oferecido").describe("Discount as a percentage: 11%"),
    codigo_de_desconto_usado: text().header("Código de Desconto Usado").describe("Discount code"),
    ...LANDING_COLUMNS,
  },
});
