import { decimal, defineTable, fraction, integer, quarantine, text, timestamp } from "tslake";
import { bronze } from "tslake/tables";

/** The shipped sales, as the benchmark's files have them: `31/12/2023 23:59:59` and `1.234,56`. */
export const silverSales = defineTable("silver.sales", {
  description: "The benchmark's sales, typed and deduplicated",
  grain: "one sale as registered by a channel",
  reads: [bronze.vendas],
  write: "overwrite",
  columns: {
    timestamp_do_registro: timestamp({ format: "%d/%m/%Y %H:%M:%S" }).notNull(),
    nome: text(),
    sobrenome: text(),
    email: text().notNull(),
    telefone: text(),
    produto_adquirido: text(),
    valor_da_compra: decimal(18, 2, { locale: "pt-BR" }).notNull(),
    canal: text(),
    plataforma_de_interacao: text(),
    campanha_de_marketing: text(),
    vendedor: text().whenEmpty("NÃO INFORMADO"),
    desconto_oferecido: fraction({ locale: "pt-BR" }).whenEmpty("0"),
    codigo_de_desconto_usado: text().whenEmpty("NÃO DISPONÍVEL"),
    ano: integer().notNull().computed(),
  },
  expect: (t) => ({
    valor_nao_negativo: quarantine(t.valor_da_compra.ge(0)),
    desconto_entre_0_e_100: quarantine(t.desconto_oferecido.between(0, 1)),
    email_com_um_arroba: quarantine(t.email.matches("^[^@]*@[^@]*$")),
  }),
});

export const goldSales = defineTable("gold.sales", {
  description: "The benchmark's sales, enriched",
  grain: "one sale as registered by a channel",
  reads: [silverSales],
  write: "overwrite",
  partitionBy: ["ano"],
  columns: {
    timestamp_do_registro: timestamp().notNull(),
    turno: text().notNull(),
    nome_completo: text().notNull(),
    email: text().notNull(),
    dominio_email: text().notNull(),
    telefone: text(),
    produto_adquirido: text(),
    valor_da_compra: decimal(18, 2).notNull(),
    desconto_oferecido: fraction().notNull(),
    valor_com_desconto: decimal(18, 4).notNull().describe("Exact: cents times whole percents"),
    canal: text(),
    plataforma_de_interacao: text(),
    campanha_de_marketing: text(),
    vendedor: text().notNull(),
    codigo_de_desconto_usado: text().notNull(),
    ano: integer().notNull(),
  },
});
