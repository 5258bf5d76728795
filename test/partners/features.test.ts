import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import type { Relation } from "../../lib/relation/relation.js";
import { canonicalLines } from "../support/canonical_rows.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";
import { type Features, featureTables, writeFeatureTable } from "./feature_tables.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-features-"));
const TABLES = featureTables().map((one, number) => ({ ...one, folder: join(scratch, String(number)) }));
/** delta-rs 1.6 reads no change feed of a table that maps columns, nor files whose paths are encoded in the log. */
const READS_CHANGES = {
  spark: () => true,
  deltalake: ({ columnMapping, partitionBy }: Features) => !columnMapping && !partitionBy.includes("kind"),
};

/** Spark takes seconds for each table: every other one, so that each pair of features is among them. */
const isTakenBy = {
  deltalake: () => true,
  spark: ({ features: { partitionBy, ...flags } }: { readonly features: Features }) =>
    (partitionBy.length + Object.values(flags).filter(Boolean).length) % 2 === 0,
};

beforeAll(async () => {
  for (const { folder, features } of TABLES) await writeFeatureTable(folder, features);
}, 240_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

for (const engine of ["deltalake", "spark"] as const) {
  describeWith(engine, `${engine} reads tables of every feature that we write`, () => {
    let session: PartnerSession;
    beforeAll(() => {
      session = new PartnerSession(engine);
    });
    afterAll(() => session.close());

    test.each(TABLES.filter(isTakenBy[engine]))("$name", { timeout: 120_000 }, async ({ folder, features }) => {
      const table = await DeltaTable.open(folder);
      const read = await session.read(folder);
      expect(read.columns.map(([name]) => name)).toEqual(table.fields.map(({ name }) => name));
      expect(read.lines).toEqual(await linesOf(table.read()));
      expect((await session.read(folder, 2)).lines).toEqual(await linesOf(await table.read({ version: 2 })));
      const history = (await session.run({ history: folder })) as readonly (readonly [number, string])[];
      const ours = (await table.history()).map(({ version, operation }) => [version, operation]);
      expect(history.map(([version, operation]) => [version, operation])).toEqual(ours);
      if (!features.changeFeed || !READS_CHANGES[engine](features)) return;
      const changes = (await table.changes({ from: 1 })).drop("_commit_timestamp");
      expect((await session.changes(folder, 1)).lines).toEqual(await linesOf(changes as unknown as Relation));
    });
  });
}

async function linesOf(relation: Relation): Promise<readonly string[]> {
  return canonicalLines(relation.fields, await relation.collect());
}
