import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { PolarsEngine, type TableFiles } from "../../lib/engine/polars/engine.js";
import { count, countRows, max, min } from "../../lib/relation/aggregate.js";
import { type Relation, type Shape, scan } from "../../lib/relation/relation.js";
import { lit, when } from "../../lib/relation/when.js";
import { lag, lastKnown, rowNumber, runningMax } from "../../lib/relation/window.js";
import { type DataType, field } from "../../lib/types.js";
import { locateIn } from "./support.js";

const tables = new Map<string, TableFiles>();
const engine = new PolarsEngine({
  resolveTable: async ({ table }) => tables.get(table) ?? { files: [], partitionColumns: [], fields: [] },
});

function values<S extends Shape>(
  types: Readonly<Record<keyof S & string, DataType>>,
  rows: readonly (readonly (string | boolean | null)[])[],
): Relation<S> {
  const fields = Object.entries<DataType>(types).map(([name, type]) => field(name, type));
  return scan<S>({ kind: "values", rows }, fields);
}

describe("relations", () => {
  const sales = values<{ k: "long"; d: "date"; v: "decimal"; s: "string" }>(
    { k: "long", d: "date", v: "decimal(18,2)", s: "string" },
    [
      ["1", "2024-02-29", "10.50", "a"],
      ["1", "2024-03-01", "-0.01", null],
      ["2", "2024-01-01", null, "b"],
      [null, null, "7.00", "c"],
    ],
  );
  test("select, filter, sort, limit", async () => {
    const result = sales
      .filter((t) => t.v.isNotNull())
      .extend((t) => ({ twice: t.v.times(lit(2)), x: when(t.k.eq(1), "one").otherwise("other") }))
      .orderBy((t) => [t.d.desc(), t.k.asc()])
      .limit(2);
    expect(await engine.collect(result.node)).toEqual([
      { k: 1n, d: "2024-03-01", v: "-0.01", s: null, twice: "-0.02", x: "one" },
      { k: 1n, d: "2024-02-29", v: "10.50", s: "a", twice: "21.00", x: "one" },
    ]);
  });
  test("groupBy", async () => {
    const result = sales
      .groupBy("k")
      .aggregate((t) => ({
        n: countRows(),
        c: count(t.v),
        total: t.v.sum(),
        mean: t.v.avg(),
        lo: min(t.d),
        hi: max(t.s),
      }))
      .orderBy((t) => [t.k]);
    expect(await engine.collect(result.node)).toEqual([
      { k: null, n: 1n, c: 1n, total: "7.00", mean: "7.000000", lo: null, hi: "c" },
      { k: 1n, n: 2n, c: 2n, total: "10.49", mean: "5.245000", lo: "2024-02-29", hi: "a" },
      { k: 2n, n: 1n, c: 0n, total: null, mean: null, lo: "2024-01-01", hi: "b" },
    ]);
  });
  test("windows", async () => {
    const result = sales
      .extend((t) => {
        const over = { partitionBy: [t.k], orderBy: [t.d] };
        return {
          n: rowNumber(over),
          prev: lag(t.v, over),
          known: lastKnown(t.s, over),
          total: t.v.runningSum(over),
          top: runningMax(t.d, over),
        };
      })
      .drop("d", "v", "s")
      .orderBy((t) => [t.k, t.n]);
    expect(await engine.collect(result.node)).toEqual([
      { k: null, n: 1n, prev: null, known: "c", total: "7.00", top: null },
      { k: 1n, n: 1n, prev: null, known: "a", total: "10.50", top: "2024-02-29" },
      { k: 1n, n: 2n, prev: "10.50", known: "a", total: "10.49", top: "2024-03-01" },
      { k: 2n, n: 1n, prev: null, known: "b", total: null, top: "2024-01-01" },
    ]);
  });
  test("joins, distinct, union", async () => {
    const names = values<{ k: "long"; name: "string" }>({ k: "long", name: "string" }, [
      ["1", "one"],
      ["3", "three"],
      [null, "none"],
    ]);
    const keys = sales.select(["k"]).distinct();
    expect(await engine.count(keys.node)).toBe(3);
    expect(await engine.collect(keys.leftJoin(names, ["k"]).orderBy((t) => [t.k]).node)).toEqual([
      { k: null, name: null },
      { k: 1n, name: "one" },
      { k: 2n, name: null },
    ]);
    expect(await engine.collect(keys.fullJoin(names, ["k"]).orderBy((t) => [t.k, t.name]).node)).toEqual([
      { k: null, name: null },
      { k: null, name: "none" },
      { k: 1n, name: "one" },
      { k: 2n, name: null },
      { k: 3n, name: "three" },
    ]);
    expect(await engine.collect(keys.join(names, ["k"], { nullsEqual: true }).orderBy((t) => [t.k]).node)).toEqual([
      { k: null, name: "none" },
      { k: 1n, name: "one" },
    ]);
    expect(await engine.collect(keys.antiJoin(names, ["k"]).orderBy((t) => [t.k]).node)).toEqual([
      { k: null },
      { k: 2n },
    ]);
    const latest = sales
      .distinct(["k"], (t) => [t.d.desc()])
      .select(["k", "d"])
      .orderBy((t) => [t.k]);
    expect(await engine.collect(latest.node)).toEqual([
      { k: null, d: null },
      { k: 1n, d: "2024-03-01" },
      { k: 2n, d: "2024-01-01" },
    ]);
    expect(await engine.count(sales.union(sales).node)).toBe(8);
  });
});

describe("files", () => {
  const folder = mkdtemp(join(tmpdir(), "engine-"));
  afterAll(async () => rm(await folder, { recursive: true }));
  test("what is written is read", async () => {
    const root = await folder;
    const data = values<{ k: "long"; d: "date"; ano: "integer" }>({ k: "long", d: "date", ano: "integer" }, [
      ["1", "2024-02-29", "2024"],
      ["9007199254740993", null, "2023"],
      [null, null, null],
    ]);
    const written = await engine.writeParquet(data.node, {
      partitionBy: ["ano"],
      newPath: ({ ano }, i) => `ano=${ano}/${i}.parquet`,
      locate: locateIn(root),
    });
    expect(written.map(({ bytes: _, ...file }) => file)).toEqual([
      {
        path: "ano=2023/0.parquet",
        partitionValues: { ano: 2023 },
        rows: 1,
        columns: [
          { path: ["k"], type: "long", nullCount: 0, min: 9007199254740993n, max: 9007199254740993n },
          { path: ["d"], type: "date", nullCount: 1 },
        ],
      },
      {
        path: "ano=2024/1.parquet",
        partitionValues: { ano: 2024 },
        rows: 1,
        columns: [
          { path: ["k"], type: "long", nullCount: 0, min: 1n, max: 1n },
          { path: ["d"], type: "date", nullCount: 0, min: "2024-02-29", max: "2024-02-29" },
        ],
      },
      {
        path: "ano=null/2.parquet",
        partitionValues: { ano: null },
        rows: 1,
        columns: [
          { path: ["k"], type: "long", nullCount: 1 },
          { path: ["d"], type: "date", nullCount: 1 },
        ],
      },
    ]);
    tables.set("t", {
      fields: data.fields,
      partitionColumns: ["ano"],
      files: written.map((file) => ({
        open: async () => ({ location: { url: join(root, file.path) } }),
        rows: file.rows,
        partitionValues: { ano: file.partitionValues["ano"] === null ? null : String(file.partitionValues["ano"]) },
      })),
    });
    const table = scan<{ k: "long"; d: "date"; ano: "integer" }>(
      { kind: "table", table: "t", version: 0 },
      data.fields,
    );
    expect(await engine.count(table.node)).toBe(3);
    expect(await engine.collect(table.filter((t) => t.ano.ge(2024)).node)).toEqual([
      { k: 1n, d: "2024-02-29", ano: 2024 },
    ]);
    expect(await engine.explain(table.filter((t) => t.k.ge(2)).select(["d"]).node)).toContain("SELECTION");
  });
});

test("constants have as many rows as their input", async () => {
  const rows = values<{ k: "long" }>({ k: "long" }, [["1"], ["2"]]);
  expect(await engine.collect(rows.select(() => ({ one: 1, text: "a" })).node)).toEqual([
    { one: 1, text: "a" },
    { one: 1, text: "a" },
  ]);
  expect(await engine.count(rows.select(() => ({ one: 1 })).node)).toBe(2);
  expect(await engine.count(rows.filter(() => lit(true)).node)).toBe(2);
  expect(await engine.count(rows.filter(() => lit(false)).node)).toBe(0);
  expect(await engine.count(rows.filter(() => lit(null, "boolean")).node)).toBe(0);
  expect(await engine.count(rows.limit(0).select(() => ({ one: 1 })).node)).toBe(0);
});
