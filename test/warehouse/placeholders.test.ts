import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { date, decimal, integer, long, text, timestamp } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { defineCalendar, defineDimension } from "../../lib/contract/dimension.js";
import { defineFact, defineStar, degenerate, keyOf, measure } from "../../lib/contract/star.js";
import { valuesOf } from "../../lib/delta_table/values.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";

const loja = defineTable("gold.loja", {
  description: "Shops",
  grain: "one state of a shop",
  columns: {
    codigo: text().notNull().describe("Code"),
    cidade: text().describe("Town"),
    visto_em: timestamp().notNull().describe("When it was seen so"),
  },
});
const venda = defineTable("gold.venda", {
  description: "Sales",
  grain: "one sale",
  columns: {
    numero: long().notNull().describe("Number"),
    dia: date().describe("Day"),
    loja: text().describe("Shop that sold"),
    entrega: text().describe("Shop that delivered"),
    valor: decimal(18, 2).notNull().describe("Value"),
  },
});
const dim_loja = defineDimension("dim_loja", {
  description: "Shop",
  from: loja,
  key: "loja_id",
  naturalKey: ["codigo"],
  attributes: ["cidade"],
  latest: { at: "visto_em", tie: "codigo" },
});
const dim_dia = defineCalendar("dim_dia", {
  description: "Day",
  key: "dia_id",
  columns: { dia_id: integer().notNull().describe("Key"), data: date().describe("Day") },
});
const star = defineStar("warehouse.lojas", {
  description: "Sales of shops",
  facts: [
    defineFact("fato_venda", {
      description: "Sales",
      grain: "one sale",
      from: venda,
      key: ["numero"],
      columns: {
        numero: degenerate("numero"),
        valor: measure("valor"),
        loja_id: keyOf(dim_loja, "loja"),
        entrega_id: keyOf(dim_loja, "entrega"),
        data_id: keyOf(dim_dia, "dia"),
      },
    }),
  ],
});

let folder: string;
let lake: Lake;
let warehouse: DuckdbWarehouse;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslake-placeholders-"));
  const storage = new LocalStorage(join(folder, "lake"));
  lake = new Lake({ storage, catalog: new Catalog([loja, venda], [star]), timeZone: "UTC" });
  warehouse = new DuckdbWarehouse(join(folder, "warehouse.duckdb"), lake.engine);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function add(table: AnyTable, ...rows: readonly Readonly<Record<string, Value>>[]): Promise<void> {
  const { fields } = table.schema;
  await lake.write(table, scan(valuesOf(fields, rows), fields, lake));
}

async function load(): Promise<void> {
  await (await StarLoad.begin(lake, star, warehouse)).commit();
}

async function rows(sql: string): Promise<readonly string[]> {
  return (await warehouse.query(sql)).rows.map((row) => Object.values(row).map(String).join(" | "));
}

describe("a dimension with a table of its own", () => {
  test("has placeholders for members that only facts know, and fills them when they arrive, under the same key", async () => {
    await add(loja, { codigo: "A", cidade: "Natal", visto_em: "2023-01-01 00:00:00" });
    await add(
      venda,
      { numero: 1n, dia: "2023-03-01", loja: "A", entrega: "Z", valor: "1.00" },
      { numero: 2n, dia: null, loja: "B", entrega: null, valor: "2.00" },
    );
    await load();
    const shops = "SELECT loja_id, codigo, cidade FROM dim_loja ORDER BY loja_id";
    expect(await rows(shops)).toEqual([
      "-1 | não informado | não informado",
      "1 | A | Natal",
      "2 | B | null",
      "3 | Z | null",
    ]);
    const sales = "SELECT numero, loja_id, entrega_id, data_id FROM fato_venda ORDER BY numero";
    expect(await rows(sales)).toEqual(["1 | 1 | 3 | 20230301", "2 | 2 | -1 | -1"]);
    // The shop arrives, another changes, and one that no sale knows.
    await add(
      loja,
      { codigo: "B", cidade: "Olinda", visto_em: "2023-02-01 00:00:00" },
      { codigo: "A", cidade: "Recife", visto_em: "2023-02-01 00:00:00" },
      { codigo: "A", cidade: "Belém", visto_em: "2022-01-01 00:00:00" },
      { codigo: "C", cidade: null, visto_em: "2023-02-01 00:00:00" },
    );
    await load();
    expect(await rows(shops)).toEqual([
      "-1 | não informado | não informado",
      "1 | A | Recife",
      "2 | B | Olinda",
      "3 | Z | null",
      "4 | C | null",
    ]);
    expect(await rows(sales)).toEqual(["1 | 1 | 3 | 20230301", "2 | 2 | -1 | -1"]);
    await add(venda, { numero: 3n, dia: "2025-12-31", loja: "C", entrega: "Z", valor: "3.00" });
    await load();
    expect(await rows(sales)).toContain("3 | 4 | 3 | 20251231");
    // The calendar has whole years and no gaps.
    expect(await rows("SELECT COUNT(*), MIN(data), MAX(data) FROM dim_dia WHERE dia_id > 0")).toEqual([
      "1096 | 2023-01-01 | 2025-12-31",
    ]);
    const other = new DuckdbWarehouse(join(folder, "anew.duckdb"), lake.engine);
    await (await StarLoad.begin(lake, star, other)).commit();
    const everything = async (): Promise<unknown> => [
      await rows(shops),
      await rows(sales),
      await rows("SELECT * FROM dim_dia ORDER BY 1"),
    ];
    const before = await everything();
    warehouse = other;
    expect(await everything()).toEqual(before);
  });
});
