import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { field } from "../../lib/types.js";
import { canonicalLines } from "../support/canonical_rows.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

/** What all engines write: the rest of a row is made by Spark and has to survive. */
interface Row {
  readonly id: number;
  readonly kind: string | null;
  readonly price: string;
}

interface Turn {
  readonly name: string;
  /** delta-rs writes neither deletion vectors nor mapped columns. */
  readonly needsPlainTable?: boolean;
  run(): Promise<unknown>;
  model(rows: readonly Row[]): readonly Row[];
}

const scratch = mkdtempSync(join(tmpdir(), "tslake-turns-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** How many turns `turnsOn` knows. */
const TURNS = 12;

const PROPERTIES = {
  plain: [],
  "change feed": ["'delta.enableChangeDataFeed' = 'true'"],
  "deletion vectors": ["'delta.enableDeletionVectors' = 'true'"],
  "mapped columns": ["'delta.columnMapping.mode' = 'name'", "'delta.enableChangeDataFeed' = 'true'"],
  everything: [
    "'delta.columnMapping.mode' = 'name'",
    "'delta.enableDeletionVectors' = 'true'",
    "'delta.enableChangeDataFeed' = 'true'",
    "'delta.checkpointInterval' = '3'",
  ],
} as const;

describeWith("spark", "Spark, deltalake and we take turns on one table", () => {
  let spark: PartnerSession;
  let deltalake: PartnerSession;
  beforeAll(() => {
    spark = new PartnerSession("spark");
    deltalake = new PartnerSession("deltalake");
  });
  afterAll(() => {
    spark.close();
    deltalake.close();
  });

  test.each(Object.keys(PROPERTIES) as (keyof typeof PROPERTIES)[])("%s", { timeout: 900_000 }, async (name) => {
    const seed = Number(process.env["TSLAKE_TEST_SEED"] ?? Date.now() % 1_000_000);
    const [order = []] = fc.sample(fc.shuffledSubarray([...Array(TURNS).keys()], { minLength: TURNS }), {
      seed,
      numRuns: 1,
    });
    const partitioned = (seed + Object.keys(PROPERTIES).indexOf(name)) % 2 === 0;
    const folder = join(scratch, `${name.replace(" ", "_")}_${partitioned}`);
    await spark.sql(`CREATE TABLE delta.\`${folder}\` (id BIGINT NOT NULL, kind STRING, price DECIMAL(12,3),
      place STRUCT<city: STRING, at: DOUBLE>, tags ARRAY<STRING>) USING delta ${partitioned ? "PARTITIONED BY (kind)" : ""}
      TBLPROPERTIES (${["'delta.checkpoint.writeStatsAsStruct' = 'false'", ...PROPERTIES[name]].join(", ")})`);
    await spark.sql(`INSERT INTO delta.\`${folder}\` SELECT id, concat('k', id % 3), CAST(id AS DECIMAL(12,3)),
      named_struct('city', concat('c', id), 'at', id / 4), array('x', NULL) FROM range(0, 20)`);
    let rows: readonly Row[] = Array.from({ length: 20 }, (_, id) => ({
      id,
      kind: `k${id % 3}`,
      price: `${id}.000`,
    }));
    const turns = turnsOn(folder, spark, deltalake);
    for (const number of order) {
      const turn = turns[number];
      const isPlain = name === "plain" || name === "change feed";
      if (turn === undefined || (turn.needsPlainTable === true && !isPlain)) continue;
      const where = `${turn.name} (seed ${seed}, ${partitioned ? "partitioned" : "not partitioned"})`;
      await turn.run().catch((error: unknown) => {
        throw new Error(`${where}: ${String(error)}`);
      });
      rows = turn.model(rows);
      const table = await DeltaTable.open(folder);
      const lines = canonicalLines(table.fields, await table.read().collect());
      expect(lines.map(keyOf).sort(), where).toEqual(
        rows.map(({ id, kind, price }) => `${id}|${kind}|${price}`).sort(),
      );
      expect((await spark.read(folder)).lines, where).toEqual(lines);
      expect((await deltalake.read(folder)).lines, where).toEqual(lines);
    }
  });
});

function turnsOn(folder: string, spark: PartnerSession, deltalake: PartnerSession): readonly Turn[] {
  const table = `delta.\`${folder}\``;
  const open = () => DeltaTable.open<{ id: "long"; kind: "string"; price: "decimal" }>(folder);
  const merged = (rows: readonly Row[], source: readonly Row[]) => [
    ...rows.map((row) => source.find(({ id }) => id === row.id) ?? row),
    ...source.filter(({ id }) => !rows.some((row) => row.id === id)),
  ];
  const upsert = (from: number): readonly Row[] =>
    [0, 1, 2].map((i) => ({ id: from + i * 7, kind: i === 2 ? null : "m%", price: `${from}.500` }));
  const set = (is: (row: Row) => boolean, change: (row: Row) => Row | undefined) => (rows: readonly Row[]) =>
    rows.flatMap((row) => (is(row) ? (change(row) ?? []) : [row]));
  return [
    {
      name: "we append",
      run: async () => (await open()).append([{ id: 100n, kind: "a b", price: "1.5" }]),
      model: (rows) => [...rows, { id: 100, kind: "a b", price: "1.500" }],
    },
    {
      name: "Spark merges",
      run: () =>
        spark.sql(`MERGE INTO ${table} t USING (SELECT * FROM VALUES (3L, 'm%', 3.500), (10L, 'm%', 3.500), (17L, NULL, 3.500)
          AS s(id, kind, price)) s ON t.id = s.id WHEN MATCHED THEN UPDATE SET kind = s.kind, price = s.price
          WHEN NOT MATCHED THEN INSERT (id, kind, price) VALUES (s.id, s.kind, s.price)`),
      model: (rows) => merged(rows, upsert(3)),
    },
    {
      name: "we merge",
      run: async () =>
        (await open())
          .merge(await source(upsert(12)), ["id"])
          .whenMatchedUpdateAll()
          .whenNotMatchedInsertAll()
          .execute(),
      model: (rows) => merged(rows, upsert(12)),
    },
    {
      name: "deltalake appends",
      needsPlainTable: true,
      run: () => deltalake.run({ append: folder, rows: [{ id: 200, kind: "d", price: "2.250" }] }),
      model: (rows) => [...rows, { id: 200, kind: "d", price: "2.250" }],
    },
    { name: "Spark optimizes", run: () => spark.sql(`OPTIMIZE ${table}`), model: (rows) => rows },
    {
      name: "we delete",
      run: async () => (await open()).delete("id IN (1, 6) OR price > 18"),
      model: set(
        ({ id, price }) => id === 1 || id === 6 || Number(price) > 18,
        () => undefined,
      ),
    },
    {
      name: "Spark deletes",
      run: () => spark.sql(`DELETE FROM ${table} WHERE id % 9 = 2`),
      model: set(
        ({ id }) => id % 9 === 2,
        () => undefined,
      ),
    },
    {
      name: "we update",
      run: async () => (await open()).update({ price: "price + 0.125" }, "kind = 'k1'"),
      model: set(
        ({ kind }) => kind === "k1",
        (row) => ({ ...row, price: (Number(row.price) + 0.125).toFixed(3) }),
      ),
    },
    {
      name: "Spark updates",
      run: () => spark.sql(`UPDATE ${table} SET kind = 'ü' WHERE id BETWEEN 4 AND 8`),
      model: set(
        ({ id }) => id >= 4 && id <= 8,
        (row) => ({ ...row, kind: "ü" }),
      ),
    },
    {
      name: "we vacuum",
      run: async () => (await open()).vacuum({ dryRun: false, retentionHours: 0, enforceRetention: false }),
      model: (rows) => rows,
    },
    { name: "we optimize", run: async () => (await open()).optimize(), model: (rows) => rows },
    {
      name: "we merge, with what the source lacks",
      run: async () =>
        (await open())
          .merge(await source(upsert(5)), ["id"])
          .whenMatchedDelete("source.kind IS NULL")
          .whenNotMatchedBySourceUpdate({ price: "0" }, "target.id >= 15")
          .execute(),
      model: (rows) =>
        rows.flatMap((row) => {
          const from = upsert(5).find(({ id }) => id === row.id);
          if (from) return from.kind === null ? [] : [row];
          return [row.id >= 15 ? { ...row, price: "0.000" } : row];
        }),
    },
  ];
}

async function source(rows: readonly Row[]) {
  const fields = [field("id", "long"), field("kind", "string"), field("price", "decimal(12,3)")];
  const table = await DeltaTable.create(mkdtempSync(join(scratch, "source-")), { fields });
  await table.append(rows.map(({ id, ...rest }) => ({ id: BigInt(id), ...rest })));
  return table.read();
}

function keyOf(line: string): string {
  const { id, kind, price } = JSON.parse(line) as Row;
  return `${id}|${kind}|${price}`;
}
