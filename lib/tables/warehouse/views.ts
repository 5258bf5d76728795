import type { StarColumn } from "../../contract/dimension.js";
import type { StarView } from "../../contract/star.js";
import type { ViewSql } from "../../contract/view_sql.js";
import { dim_campanha } from "./dim_campanha.js";
import { dim_canal } from "./dim_canal.js";
import { dim_cliente } from "./dim_cliente.js";
import { dim_data } from "./dim_data.js";
import { dim_desconto } from "./dim_desconto.js";
import { dim_plataforma } from "./dim_plataforma.js";
import { dim_produto } from "./dim_produto.js";
import { dim_vendedor } from "./dim_vendedor.js";
import { fato_vendas } from "./fato_vendas.js";

/** What vw_vendas takes from each table, in order. */
const SALE = [
  { table: fato_vendas, as: "f", names: ["venda_id", "timestamp_do_registro"] },
  {
    table: dim_data,
    as: "d",
    names: [
      "data",
      "ano",
      "trimestre",
      "mes",
      "nome_mes",
      "nome_dia_semana",
      "fim_de_semana",
      "feriado",
      "nome_feriado",
    ],
  },
  { table: fato_vendas, as: "f", names: ["turno_compra"] },
  { table: dim_cliente, as: "c", names: ["email", "nome_completo", "dominio_email", "telefone"] },
  { table: dim_produto, as: "p", names: ["produto_adquirido"] },
  { table: dim_canal, as: "n", names: ["canal"] },
  { table: dim_plataforma, as: "l", names: ["plataforma_de_interacao"] },
  { table: dim_campanha, as: "m", names: ["campanha_de_marketing"] },
  { table: dim_vendedor, as: "v", names: ["vendedor"] },
  { table: dim_desconto, as: "x", names: ["codigo_de_desconto_usado", "desconto_oferecido"] },
  { table: fato_vendas, as: "f", names: ["valor_da_compra", "valor_com_desconto", "arquivo_de_origem"] },
] as const;

export const vw_vendas: StarView = {
  name: "vw_vendas",
  description: "Sales with everything that is known of them: one row per sale, the customer as at the time of the sale",
  columns: {
    ...Object.assign({}, ...SALE.map(({ table, names }) => described(table, names))),
    valor_do_desconto: "What the discount took off the price, BRL",
  },
  select: () => `SELECT ${SALE.flatMap(({ as, names }) => names.map((name) => `${as}.${name}`)).join(", ")},
  CAST(f.valor_da_compra - f.valor_com_desconto AS DECIMAL(18,2)) AS valor_do_desconto
FROM fato_vendas f
JOIN dim_data d ON d.data_id = f.data_id
JOIN dim_cliente c ON c.cliente_id = f.cliente_id
JOIN dim_produto p ON p.produto_id = f.produto_id
JOIN dim_canal n ON n.canal_id = f.canal_id
JOIN dim_plataforma l ON l.plataforma_id = f.plataforma_id
JOIN dim_campanha m ON m.campanha_id = f.campanha_id
JOIN dim_vendedor v ON v.vendedor_id = f.vendedor_id
JOIN dim_desconto x ON x.desconto_id = f.desconto_id`,
};

/** Measures that views of groups of sales share. */
const TOTALS = {
  vendas: "Number of sales",
  valor_da_compra: "Sum of the prices before discount, BRL",
  valor_com_desconto: "Revenue: sum of the prices after discount, BRL",
  ticket_medio: "Revenue per sale, rounded half up to cents, BRL",
} as const;

function selectTotals({ quotient }: ViewSql): string {
  return `COUNT(*) AS vendas,
  CAST(SUM(valor_da_compra) AS DECIMAL(38,2)) AS valor_da_compra,
  CAST(SUM(valor_com_desconto) AS DECIMAL(38,2)) AS valor_com_desconto,
  ${quotient("SUM(valor_com_desconto)", "COUNT(*)", 2)} AS ticket_medio`;
}

export const vw_faturamento_mensal_por_canal: StarView = {
  name: "vw_faturamento_mensal_por_canal",
  description: "Revenue by month and sales channel",
  columns: {
    ...described(dim_data, ["ano", "mes", "nome_mes"]),
    ...described(dim_canal, ["canal"]),
    clientes: "Number of different customers, by e-mail",
    ...TOTALS,
  },
  select: (sql) => `SELECT ano, mes, nome_mes, canal, COUNT(DISTINCT email) AS clientes, ${selectTotals(sql)}
FROM vw_vendas
GROUP BY ano, mes, nome_mes, canal`,
};

export const vw_efeito_do_desconto: StarView = {
  name: "vw_efeito_do_desconto",
  description: "What each discount brought and cost",
  columns: {
    ...described(dim_desconto, ["codigo_de_desconto_usado", "desconto_oferecido"]),
    ...TOTALS,
    valor_do_desconto: "What the discount took off the prices, BRL",
    ticket_medio_sem_desconto: "Price before discount per sale, rounded half up to cents, BRL",
    desconto_efetivo: "What it took off, as a share of the prices: 0.110000 is 11%",
  },
  select: (sql) => `SELECT codigo_de_desconto_usado, desconto_oferecido, ${selectTotals(sql)},
  CAST(SUM(valor_do_desconto) AS DECIMAL(38,2)) AS valor_do_desconto,
  ${sql.quotient("SUM(valor_da_compra)", "COUNT(*)", 2)} AS ticket_medio_sem_desconto,
  ${sql.quotient("SUM(valor_do_desconto)", "NULLIF(SUM(valor_da_compra), 0)", 6)} AS desconto_efetivo
FROM vw_vendas
GROUP BY codigo_de_desconto_usado, desconto_oferecido`,
};

export const vw_clientes_por_dominio_e_turno: StarView = {
  name: "vw_clientes_por_dominio_e_turno",
  description:
    "Customers by the domain of their e-mail and the shift in which they bought; one who bought in two is in both",
  columns: {
    ...described(dim_cliente, ["dominio_email"]),
    ...described(fato_vendas, ["turno_compra"]),
    clientes: "Number of different customers, by e-mail",
    ...TOTALS,
  },
  select: (sql) => `SELECT dominio_email, turno_compra, COUNT(DISTINCT email) AS clientes, ${selectTotals(sql)}
FROM vw_vendas
GROUP BY dominio_email, turno_compra`,
};

const GVM = {
  data: "Day of the order",
  codigo_do_produto: "The product bought",
  subsidiaria: "The subsidiary that sold",
  versao: "1, 2, 3… of this day, product and subsidiary",
  conhecido_de: "Day from which on this state was known",
  valor_total: "Paid gross value",
  compras: "Number of paid purchases",
} as const;

export const vw_gvm_conhecido: StarView = {
  name: "vw_gvm_conhecido",
  description:
    "Paid gross value with the days during which each state was what was known. As known at day K: WHERE conhecido_de <= K AND (conhecido_ate > K OR conhecido_ate IS NULL)",
  columns: { ...GVM, conhecido_ate: "Day from which on another state was known; null while this one is" },
  select: () => `SELECT data, codigo_do_produto, subsidiaria, versao, conhecido_em AS conhecido_de,
  LEAD(conhecido_em) OVER (PARTITION BY data, codigo_do_produto, subsidiaria ORDER BY versao) AS conhecido_ate,
  valor_total, compras
FROM fato_gvm`,
};

export const vw_gvm_atual: StarView = {
  name: "vw_gvm_atual",
  description: "Paid gross value as it is known now: one row per day, product and subsidiary",
  columns: GVM,
  select: () => `SELECT data, codigo_do_produto, subsidiaria, versao, conhecido_de, valor_total, compras
FROM vw_gvm_conhecido
WHERE conhecido_ate IS NULL`,
};

/** Descriptions of columns, as their table says them. */
function described(
  { columns }: { readonly columns: readonly StarColumn[] },
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => [name, columns.find((column) => column.name === name)?.description ?? ""]),
  );
}
