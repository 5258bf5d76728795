import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { DuckdbEngine } from "../../lib/engine/duckdb/engine.js";
import type { DataFile, OpenFile } from "../../lib/engine/polars/engine.js";
import { readParquetSchema } from "../../lib/engine/polars/parquet_schema.js";
import { countRows, max, min } from "../../lib/relation/aggregate.js";
import { Relation, scan } from "../../lib/relation/relation.js";
import { lit, when } from "../../lib/relation/when.js";
import { lag, lastKnown, rowNumber } from "../../lib/relation/window.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { field } from "../../lib/types.js";
import { bag, evaluate } from "./naive.js";
import { type Cell, engine, locateIn, tables, values } from "./support.js";

const TYPES = {
  id: "long",
  s: "string",
  d: "date",
  t: "timestamp_ntz",
  v: "decimal(18,2)",
  i: "integer",
  b: "boolean",
} as const;
const rowArbitrary = fc.tuple(
  fc.option(fc.constantFrom("", "a", "B", "é", "\u{10000}", "\u{ffff}")),
  fc.option(fc.constantFrom("2024-02-29", "0001-01-01", "9999-12-31")),
  fc.option(fc.constantFrom("2024-02-29 23:59:59.999999", "1582-10-04 00:00:00.000001")),
  fc.option(fc.constantFrom("0.01", "-0.01", "9999999999999999.99")),
  fc.option(fc.constantFrom("-7", "0", "2147483647")),
  fc.option(fc.boolean()),
);
const rowsArbitrary = fc
  .array(rowArbitrary, { maxLength: 12 })
  .map((rows) => rows.map((row, i): Cell[] => [String(i), ...row]));

const duckdb = new DuckdbEngine(engine);
const root = mkdtempSync(join(tmpdir(), "tslake-duckdb-"));
afterAll(async () => {
  await duckdb.close();
  rmSync(root, { recursive: true });
});

/** What was written by Polars, so that DuckDB could read it, is called so; what DuckDB holds is not. */
const BY_POLARS = "000000.parquet";

async function sameInDuckdb(relation: { readonly node: Relation["node"] }, isKnown = true): Promise<void> {
  expect((await duckdb.select(relation.node)).includes(BY_POLARS)).toBe(!isKnown);
  const held = await duckdb.hold(relation.node);
  expect(bag(await engine.collect(held))).toEqual(bag(await engine.collect(relation.node)));
  engine.release(held);
}

describe("like the oracle, in DuckDB's own SQL", () => {
  test("every operator and function that it knows", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        rowsArbitrary,
        fc.boolean(),
        fc.boolean(),
        async (left, right, nullsEqual, down) => {
          const given = values(TYPES, left);
          const [a, b] = (await Promise.all(
            [given, values(TYPES, right)].map(async ({ node }) => new Relation(await duckdb.hold(node), given.runner)),
          )) as unknown as [typeof given, typeof given];
          expect(bag(await engine.collect(a.node))).toEqual(bag(evaluate(given.node)));
          const other = b.select(["s", "v", "id"]).rename({ s: "r", id: "n", v: "w" });
          for (const joined of [
            a.join(other, { s: "r" }, { nullsEqual }),
            a.leftJoin(other, { s: "r", v: "w" }, { nullsEqual }),
            a.semiJoin(other, { s: "r" }, { nullsEqual }),
            a.antiJoin(other, { s: "r" }, { nullsEqual }),
          ])
            await sameInDuckdb(joined);
          await sameInDuckdb(
            a
              .select(["s", "v"])
              .union(b.select(["s", "v"]))
              .distinct(),
          );
          await sameInDuckdb(a.distinct(["s"], (t) => [down ? t.d.desc() : t.d, t.id]));
          await sameInDuckdb(a.orderBy((t) => [down ? t.t.desc() : t.t, down ? t.s : t.s.desc(), t.id]).limit(3));
          const groups = (
            t: typeof a extends Relation<infer S> ? import("../../lib/relation/relation.js").Columns<S> : never,
          ) => ({
            rows: countRows(),
            total: t.v.sum(),
            ids: t.id.sum(),
            least: min(t.s),
            first: min(t.t),
            last: max(t.d),
          });
          await sameInDuckdb(a.groupBy("b", "i").aggregate(groups));
          await sameInDuckdb(a.groupBy().aggregate(groups));
          await sameInDuckdb(
            a.extend((t) => {
              const over = { partitionBy: [t.s], orderBy: [down ? t.d.desc() : t.d, t.id] };
              return {
                n: rowNumber(over),
                before: lag(t.v, over),
                known: lastKnown(t.t, over),
                all: rowNumber({ ...over, partitionBy: [] }),
              };
            }),
          );
          await sameInDuckdb(
            a
              .filter((t) => t.s.ge("B").or(t.v.isNull().and(t.i.isNotNull())).or(t.b.not()))
              .select((t) => ({
                day: t.d.year().times(10_000).plus(t.d.month().times(100)).plus(t.t.day()),
                same: t.s.eqNullSafe(lit("é")),
                which: when(t.i.le(0), t.id.plus(t.i)).otherwise(lit(-1n)),
                text: t.s.orElse("it's"),
                none: lit(null, "timestamp_ntz"),
              })),
          );
        },
      ),
      { numRuns: 10 },
    );
  });

  test("what it does not know, Polars does for it", async () => {
    const given = values(TYPES, [["1", "São", "2024-02-29", null, "1.00", "3", true]]);
    await sameInDuckdb(
      given.extend((t) => ({ s: t.s.upper() })).filter((t) => t.s.eq("SÃO")),
      false,
    );
    await sameInDuckdb(
      given.fullJoin(
        given.select((t) => ({ id: t.id, x: t.v })),
        ["id"],
      ),
      false,
    );
  });
});

describe("a table's files", () => {
  const fields = [field("ano", "integer"), field("nome", "string"), field("valor", "long"), field("novo", "date")];
  const storage = new LocalStorage(root);

  async function fileOf(name: string, type: "long" | "integer", more: Partial<OpenFile>): Promise<DataFile> {
    const rows = values({ col_1: "string", col_2: type }, [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
    const [written] = await engine.writeParquet(rows.node, { newPath: () => name, locate: locateIn(root) });
    const schema = await readParquetSchema(name, written?.bytes ?? 0, (start, end) =>
      storage.readRange(name, start, end),
    );
    const open = { location: { url: join(root, name) }, ...(schema && { schema }), ...more };
    return {
      partitionValues: { ano: name.startsWith("x") ? null : "2024" },
      rows: 3,
      open: () => Promise.resolve(open),
    };
  }
  const put = (...files: readonly DataFile[]): Relation => {
    const placeOf = ({ name }: { readonly name: string }) => ({
      name: { nome: "col_1", valor: "col_2" }[name] ?? name,
    });
    tables.set("t", { files, partitionColumns: ["ano"], fields, placeOf });
    return scan({ kind: "table", table: "t" }, fields, values({}, []).runner);
  };

  test("are read where they lie: partition values, other names, columns that came later, deleted rows", async () => {
    const table = put(
      await fileOf("a.parquet", "long", { deleted: Uint32Array.of(0, 2) }),
      await fileOf("x.parquet", "long", {}),
    );
    await sameInDuckdb(table);
    expect(await duckdb.select(table.node)).toContain(join(root, "a.parquet"));
    expect(await table.collect()).toHaveLength(4);
    await sameInDuckdb(put());
  });

  test("of another type, or of which only some rows count, come through Polars", async () => {
    await sameInDuckdb(put(await fileOf("b.parquet", "integer", {})), false);
    await sameInDuckdb(put(await fileOf("c.parquet", "long", { only: Uint32Array.of(1) })), false);
  });
});
