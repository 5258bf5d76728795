import { decimal, fraction, integer, text, timestamp } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { vendas as silverVendas } from "../silver/vendas.js";

export const vendas = defineTable("gold.vendas", {
  description: "Multichannel sales, enriched for analysis: customer, shift, value after discount",
  grain: "one sale as registered by a channel",
  reads: [silverVendas],
  write: "merge",
  key: ["venda_id"],
  partitionBy: ["ano"],
  columns: {
    timestamp_do_registro: timestamp().notNull().describe("When the channel registered the sale"),
    turno_compra: text()
      .notNull()
      .describe("Shift of the day: Madrugada before 6 h, Manhã before 12 h, Tarde before 18 h, then Noite"),
    nome_completo: text().notNull().describe("First and last name, each word with a capital"),
    email: text().notNull().describe("E-mail of the customer"),
    dominio_email: text().notNull().describe("What follows the @ of the e-mail"),
    telefone: text().describe("Telephone of the customer"),
    produto_adquirido: text().describe("Product bought"),
    valor_da_compra: decimal(18, 2).notNull().describe("Price before discount, BRL"),
    desconto_oferecido: fraction().notNull().describe("Discount as a share of the price: 0.11 is 11%"),
    valor_com_desconto: decimal(18, 2).notNull().describe("Price after discount, rounded half up to cents, BRL"),
    canal: text().describe("Sales channel"),
    plataforma_de_interacao: text().describe("Where the customer was met"),
    campanha_de_marketing: text().describe("Campaign that led to the sale"),
    vendedor: text().notNull().describe("Seller"),
    codigo_de_desconto_usado: text().notNull().describe("Discount code"),
    arquivo_de_origem: text().notNull().describe("Archived name of the file, without extension"),
    ano: integer().notNull().describe("Year of the registration"),
    venda_id: text()
      .notNull()
      .describe("Archived file and line of the sale's first occurrence: its identity in this lake"),
  },
});
