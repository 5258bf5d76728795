import { decimal, fraction, integer, text, timestamp } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { quarantine } from "../../contract/expectation.js";
import { vendas as bronzeVendas } from "../bronze/vendas.js";

export const vendas = defineTable("silver.vendas", {
  description: "Multichannel sales, typed and deduplicated",
  grain: "one sale as registered by a channel",
  reads: [bronzeVendas],
  write: "merge",
  key: ["venda_id"],
  partitionBy: ["ano"],
  columns: {
    timestamp_do_registro: timestamp({ format: "%Y-%m-%d %H:%M:%S" })
      .notNull()
      .describe("When the channel registered the sale"),
    nome: text().describe("First name of the customer"),
    sobrenome: text().describe("Last name of the customer"),
    email: text().notNull().describe("E-mail of the customer"),
    telefone: text().describe("Telephone of the customer"),
    produto_adquirido: text().describe("Product bought"),
    valor_da_compra: decimal(18, 2, { locale: "pt-BR" }).notNull().describe("Price before discount, BRL"),
    canal: text().describe("Sales channel"),
    plataforma_de_interacao: text().describe("Where the customer was met"),
    campanha_de_marketing: text().describe("Campaign that led to the sale"),
    vendedor: text().whenEmpty("NÃO INFORMADO").describe("Seller"),
    desconto_oferecido: fraction({ locale: "pt-BR" })
      .whenEmpty("0")
      .describe("Discount as a share of the price: 0.11 is 11%"),
    codigo_de_desconto_usado: text().whenEmpty("NÃO DISPONÍVEL").describe("Discount code"),
    arquivo_de_origem: text().notNull().computed().describe("Archived name of the file, without extension"),
    venda_id: text()
      .notNull()
      .computed()
      .describe("Archived file and line of the sale's first occurrence: its identity in this lake"),
    ano: integer().notNull().computed().describe("Year of the registration"),
  },
  expect: (t) => ({
    valor_nao_negativo: quarantine(t.valor_da_compra.ge(0)),
    desconto_entre_0_e_100: quarantine(t.desconto_oferecido.between(0, 1)),
    email_com_um_arroba: quarantine(t.email.matches("^[^@]*@[^@]*$")),
  }),
});
