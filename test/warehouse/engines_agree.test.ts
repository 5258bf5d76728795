import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { REDSHIFT } from "../../lib/warehouse/redshift/dialect.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { GoldLake } from "./gold_lake.js";
import { postgresWarehouses } from "./postgres_warehouses.js";
import { type Content, contentOf, sampleLake } from "./sample_star.js";

const STAR = stars.vendas;

async function load(lake: GoldLake, warehouse: Warehouse): Promise<void> {
  await (await StarLoad.begin(lake.lake, STAR, warehouse)).commit();
}

/** Prices of sales by the code of their discount, their sum and their mean, exact and rounded half away from zero. */
const MEANS: Readonly<Record<string, readonly [prices: readonly string[], sum: string, mean: string]>> = {
  A: [["600000.06", "600000.07"], "1200000.13", "600000.07"],
  B: [["12345678901234.56"], "12345678901234.56", "12345678901234.56"],
  C: [["9999999999999999.99", "9999999999999999.98"], "19999999999999999.97", "9999999999999999.99"],
  D: [["-0.01", "-0.02"], "-0.03", "-0.02"],
  E: [["0.01", "0.00", "0.00"], "0.01", "0.00"],
  F: [["9007199254740.93", "9007199254740.92", "9007199254740.92"], "27021597764222.77", "9007199254740.92"],
};

async function sellForMeans(of: GoldLake): Promise<void> {
  const sales = Object.entries(MEANS).flatMap(([code, [prices]]) =>
    prices.map((value, i) => ({ id: `${code}:${i}`, at: "2023-01-01 10:00:00", email: "ana@x.br", code, value })),
  );
  await of.sell(...sales);
}

/** @param dialect how the view's SELECT is spelled for the warehouse */
async function checkMeans(warehouse: Warehouse, dialect = warehouse.dialect): Promise<void> {
  const view = STAR.views.find(({ name }) => name === "vw_efeito_do_desconto");
  const select = (view && dialect.createView(view)[0])?.replace(/^CREATE VIEW "\w+" AS\n/, "");
  const { rows } = await warehouse.query(
    `SELECT codigo_de_desconto_usado, valor_da_compra, ticket_medio, ticket_medio_sem_desconto FROM (${select}) v ORDER BY 1`,
  );
  expect(rows.map((row) => Object.values(row))).toEqual(
    Object.entries(MEANS).map(([code, [, sum, mean]]) => [code, sum, mean, mean]),
  );
  for (const view of ["vw_faturamento_mensal_por_canal", "vw_clientes_por_dominio_e_turno"]) {
    const all = await warehouse.query(`SELECT valor_com_desconto, ticket_medio FROM ${view}`);
    expect(all.rows, view).toEqual([
      { valor_com_desconto: "20039367277865457.41", ticket_medio: "1541489790605035.19" },
    ]);
  }
}

let lake: GoldLake;
let duckdb: Warehouse;
let content: Readonly<Record<string, Content>>;
beforeAll(async () => {
  lake = await sampleLake();
  duckdb = lake.duckdb();
  await load(lake, duckdb);
  content = await contentOf(duckdb, STAR);
}, 120_000);
afterAll(() => lake.remove());

describe("the samples' star", () => {
  const one = async (sql: string): Promise<unknown> => Object.values((await duckdb.query(sql)).rows[0] ?? {})[0];

  test("has one row per sale in vw_vendas, and nothing lost on the way", async () => {
    const sales = await one("SELECT COUNT(*) FROM fato_vendas");
    expect(sales).toBeGreaterThan(0n);
    expect(await one("SELECT COUNT(*) FROM vw_vendas")).toBe(sales);
    expect(await one("SELECT COUNT(DISTINCT venda_id) FROM vw_vendas")).toBe(sales);
    const revenue = await one("SELECT SUM(valor_com_desconto) FROM fato_vendas");
    for (const view of [
      "vw_vendas",
      "vw_faturamento_mensal_por_canal",
      "vw_efeito_do_desconto",
      "vw_clientes_por_dominio_e_turno",
    ]) {
      expect(await one(`SELECT SUM(valor_com_desconto) FROM ${view}`), view).toBe(revenue);
    }
  });

  test("knows the value of a day as it was known, and as it is now", async () => {
    const known = (day: string): Promise<unknown> =>
      one(
        `SELECT SUM(valor_total) FROM vw_gvm_conhecido WHERE conhecido_de <= DATE '${day}' AND (conhecido_ate > DATE '${day}' OR conhecido_ate IS NULL)`,
      );
    const last = (day: string): Promise<unknown> =>
      one(`SELECT SUM(valor_total) FROM fato_gvm f WHERE conhecido_em <= DATE '${day}' AND NOT EXISTS (
        SELECT 1 FROM fato_gvm g WHERE g.data = f.data AND g.codigo_do_produto = f.codigo_do_produto
        AND g.subsidiaria = f.subsidiaria AND g.versao > f.versao AND g.conhecido_em <= DATE '${day}')`);
    for (const day of ["2023-01-31", "2023-03-31", "2023-06-30"]) expect(await known(day)).toBe(await last(day));
    expect(await one("SELECT SUM(valor_total) FROM vw_gvm_atual")).toBe(await last("9999-12-31"));
  });

  test("every column of every table and view is described where people's tools look", async () => {
    const { rows } = await duckdb.query(
      "SELECT table_name || '.' || column_name AS name FROM duckdb_columns() WHERE NOT internal AND coalesce(comment, '') = ''",
    );
    expect(rows.map(({ name }) => name)).toEqual([]);
    for (const view of STAR.views) {
      const names = content[view.name]?.columns.map((column) => column.split(" ")[0]);
      expect(names?.sort(), view.name).toEqual(Object.keys(view.columns).sort());
    }
  });
});

test("sums are as large as they need be, and means are exact", async () => {
  const small = new GoldLake();
  try {
    await sellForMeans(small);
    await load(small, small.duckdb());
    await checkMeans(small.duckdb());
  } finally {
    small.remove();
  }
});

describeWith("postgres", "the samples' star in PostgreSQL", () => {
  const servers = postgresWarehouses();
  const open = async (of: GoldLake): Promise<Warehouse> =>
    servers.open(await servers.server.database(), of.lake.engine);

  test("is the same in every row and type, in tables and views", async () => {
    const postgres = await open(lake);
    await load(lake, postgres);
    const found = await contentOf(postgres, STAR);
    for (const [name, { columns, rows }] of Object.entries(content)) {
      expect(found[name]?.columns, name).toEqual(columns);
      expect(found[name]?.rows, name).toEqual(rows);
    }
    const { rows } = await postgres.query(
      `SELECT c.relname || '.' || a.attname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v') AND coalesce(col_description(c.oid, a.attnum), '') = ''`,
    );
    expect(rows).toEqual([]);
  });

  test("stays the same through loads of a few rows, late ones, withdrawals and full loads", async () => {
    const small = new GoldLake();
    try {
      const warehouses = [small.duckdb(), await open(small)];
      const agree = async (): Promise<void> => {
        for (const warehouse of warehouses) await load(small, warehouse);
        const [first, second] = await Promise.all(warehouses.map((warehouse) => contentOf(warehouse, STAR)));
        expect(second).toEqual(first);
      };
      await small.sell(
        { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" },
        {
          id: "f:3",
          at: "2023-01-05 10:00:00.5",
          email: "ana@x.br",
          phone: "2",
          value: "0.05",
          discount: "0.333333",
        },
        { id: "f:4", at: "2023-01-05 10:00:00", email: "bia@y.br", channel: null, product: 'Caneta; "azul"' },
      );
      await agree();
      await small.sell(
        { id: "g:2", at: "2023-01-03 10:00:00", email: "ana@x.br", phone: "3" },
        { id: "g:3", at: "1999-12-31 23:59:59.999999", email: "eva@z.br", phone: null, value: "99999999.99" },
      );
      await agree();
      await small.withdraw("g:2", "f:4");
      await agree();
      await agree();
    } finally {
      small.remove();
    }
  });

  test("sums are as large as they need be, and means are exact", async () => {
    const small = new GoldLake();
    try {
      const postgres = await open(small);
      await sellForMeans(small);
      await load(small, postgres);
      await checkMeans(postgres);
      // Both have exact decimals: what Redshift is told says the same.
      await checkMeans(postgres, REDSHIFT);
    } finally {
      small.remove();
    }
  });

  test("takes no load that was planned before another one came", async () => {
    const small = new GoldLake();
    try {
      for (const warehouse of [small.duckdb(), await open(small)]) {
        const sell = (line: number): Promise<void> =>
          small.sell({ id: `${warehouse.dialect.name}:${line}`, at: "2023-01-01 10:00:00", email: "ana@x.br" });
        await sell(2);
        await load(small, warehouse);
        await sell(3);
        const plans = [
          await StarLoad.begin(small.lake, STAR, warehouse),
          await StarLoad.begin(small.lake, STAR, warehouse),
        ];
        await plans[0]?.commit();
        const before = await contentOf(warehouse, STAR);
        await expect(plans[1]?.commit()).rejects.toMatchObject({ transient: true });
        expect(await contentOf(warehouse, STAR)).toEqual(before);
        await load(small, warehouse);
      }
    } finally {
      small.remove();
    }
  });
});
