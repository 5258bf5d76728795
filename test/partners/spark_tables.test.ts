import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import type { Relation } from "../../lib/relation/relation.js";
import { canonicalLines } from "../support/canonical_rows.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-spark-tables-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const MAPPED = "'delta.columnMapping.mode' = 'name'";
const VECTORS = "'delta.enableDeletionVectors' = 'true'";
const CHANGES = "'delta.enableChangeDataFeed' = 'true'";
const TABLES: readonly { readonly name: string; readonly partition: string; readonly properties: readonly string[] }[] =
  [
    { name: "plain", partition: "", properties: [] },
    { name: "changes", partition: "kind", properties: [CHANGES] },
    { name: "vectors", partition: "day, kind", properties: [VECTORS] },
    { name: "vectors and changes", partition: "", properties: [VECTORS, CHANGES] },
    { name: "mapped", partition: "kind", properties: [MAPPED, "'delta.checkpointInterval' = '2'"] },
    { name: "mapped, vectors and changes", partition: "day", properties: [MAPPED, VECTORS, CHANGES] },
    { name: "in-commit timestamps", partition: "", properties: ["'delta.enableInCommitTimestamps' = 'true'", CHANGES] },
    {
      name: "v2 checkpoints",
      partition: "kind",
      properties: ["'delta.checkpointPolicy' = 'v2'", "'delta.checkpointInterval' = '2'"],
    },
  ];

describeWith("spark", "tables of every feature that Spark writes", () => {
  let spark: PartnerSession;
  beforeAll(() => {
    spark = new PartnerSession("spark");
  });
  afterAll(() => spark.close());

  test.each(TABLES)("$name", { timeout: 600_000 }, async ({ name, partition, properties }) => {
    const folder = join(scratch, name.replaceAll(/[^a-z]/g, "_"));
    const table = `delta.\`${folder}\``;
    await spark.sql(`CREATE TABLE ${table} (id BIGINT NOT NULL, kind STRING, day DATE, moment TIMESTAMP, price DECIMAL(12,3),
      place STRUCT<city: STRING, at: ARRAY<DOUBLE>>) USING delta ${partition === "" ? "" : `PARTITIONED BY (${partition})`}
      TBLPROPERTIES (${["'delta.checkpoint.writeStatsAsJson' = 'true'", ...properties].join(", ")})`);
    const rows = (from: number, to: number): string => `SELECT id, IF(id % 4 = 0, NULL, concat('k/', id % 4)) AS kind,
      date_add(DATE '2024-02-27', CAST(id % 4 AS INT)) AS day, timestamp_micros(id * 1000001) AS moment,
      CAST(id / 8 AS DECIMAL(12,3)) AS price, named_struct('city', concat('ç', id), 'at', array(id / 4, NULL)) AS place
      FROM range(${from}, ${to})`;
    await spark.sql(`INSERT INTO ${table} ${rows(1, 30)}`);
    await spark.sql(`ALTER TABLE ${table} ADD CONSTRAINT positive CHECK (id > 0 AND price < 1000)`);
    await spark.sql(`DELETE FROM ${table} WHERE id IN (3, 5, 7)`);
    await spark.sql(`UPDATE ${table} SET price = price + 1 WHERE id > 20`);
    await spark.sql(`MERGE INTO ${table} t USING (${rows(25, 35)}) s ON t.id = s.id
      WHEN MATCHED AND s.id = 26 THEN DELETE WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`);
    await same(spark, folder, properties.includes(CHANGES));

    const ours = await DeltaTable.open<{ id: "long"; price: "decimal" }>(folder);
    await ours.append([{ id: 100n, kind: "ours", day: "2024-02-29", price: "0.5" }]);
    await ours.update({ price: "price * 2" }, "id BETWEEN 10 AND 12");
    await ours.delete("id = 11");
    await expect(ours.update({ price: "5000" }, "id = 12")).rejects.toThrow("CHECK constraint positive");
    await spark.sql(`UPDATE ${table} SET kind = 'theirs' WHERE id = 12`);
    await same(spark, folder, properties.includes(CHANGES));
  });
});

/** Rows, columns, history and changes are what Spark reads. */
async function same(spark: PartnerSession, folder: string, hasChanges: boolean): Promise<void> {
  const table = await DeltaTable.open(folder);
  const read = await spark.read(folder);
  expect(read.columns.map(([column, , nullable]) => [column, nullable])).toEqual(
    table.fields.map(({ name, nullable }) => [name, nullable]),
  );
  expect(await linesOf(table.read())).toEqual(read.lines);
  expect(await linesOf(await table.read({ version: 3 }))).toEqual((await spark.read(folder, 3)).lines);
  const history = (await spark.run({ history: folder })) as readonly (readonly [number, string])[];
  expect((await table.history()).map(({ version, operation }) => [version, operation])).toEqual(
    history.map(([version, operation]) => [version, operation]),
  );
  if (!hasChanges) return;
  const changes = (await table.changes({ from: 0 })).drop("_commit_timestamp");
  expect(await linesOf(changes as unknown as Relation)).toEqual((await spark.changes(folder, 0)).lines);
}

async function linesOf(relation: Relation): Promise<readonly string[]> {
  return canonicalLines(relation.fields, await relation.collect());
}
