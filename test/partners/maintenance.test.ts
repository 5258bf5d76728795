import { cpSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { field } from "../../lib/types.js";
import { canonicalLines } from "../support/canonical_rows.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-maintenance-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
afterEach(() => vi.unstubAllEnvs());

const FIELDS = [
  field("id", "long"),
  field("name", "string"),
  field("price", "decimal(9,2)"),
  field("total", "decimal(22,3)"),
  field("ratio", "double"),
  field("day", "date"),
  field("at", "timestamp"),
  field("ano", "integer"),
];

const LONG_AGO = new Date("2020-01-01T00:00:00Z");

/** Six commits of four rows in two partitions. */
async function made(folder: string, properties: Readonly<Record<string, string>> = {}): Promise<DeltaTable> {
  const table = await DeltaTable.create(folder, { fields: FIELDS, partitionBy: ["ano"], properties });
  for (let commit = 0; commit < 6; commit++) {
    await table.append(
      Array.from({ length: 4 }, (_, i) => {
        const id = commit * 4 + i;
        const day = `2024-01-${String(id + 1).padStart(2, "0")}`;
        const name = id === 3 ? null : `${"ção ".repeat(12)}${id}`;
        return {
          id: BigInt(id),
          name,
          price: `${id}.05`,
          total: `-${id}.125`,
          ratio: id === 5 ? Number.NaN : id === 6 ? -0 : id / 2,
          day,
          at: `${day}T01:02:03.123456Z`,
          ano: 2014 + (i % 2),
        };
      }),
    );
  }
  return table;
}

/** Checkpoint now, and forget what came before: what is read comes from the checkpoint alone. */
async function onlyCheckpoint(table: DeltaTable): Promise<void> {
  const folder = join(table.storage.uri, "_delta_log");
  for (const name of readdirSync(folder)) if (!name.startsWith("_")) utimesSync(join(folder, name), LONG_AGO, LONG_AGO);
  await table.checkpoint();
  expect(readdirSync(folder)).not.toContain("00000000000000000005.json");
}

const TABLES: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
  compacted: async (folder) => (await made(folder)).optimize(),
  sorted: async (folder) => (await made(folder)).optimize({ clusterBy: ["name"], targetSize: 2000 }),
  "z-ordered": async (folder) => (await made(folder)).optimize({ zOrderBy: ["id", "price", "at"], targetSize: 2000 }),
  vacuumed: async (folder) => {
    const table = await made(folder);
    await table.optimize();
    await table.vacuum({ dryRun: false, retentionHours: 0, enforceRetention: false });
  },
  restored: async (folder) => (await made(folder)).restore({ version: 3 }),
  converted: async (folder) => {
    const source = `${folder}-source`;
    await made(source);
    cpSync(source, folder, { recursive: true, filter: (path) => !path.includes("_delta_log") });
    await DeltaTable.convert(folder, { partitionTypes: [field("ano", "string")] });
  },
  "checkpointed by version 1": async (folder) => onlyCheckpoint(await made(folder)),
  "checkpointed with typed statistics": async (folder) =>
    onlyCheckpoint(
      await made(folder, {
        "delta.checkpoint.writeStatsAsStruct": "true",
        "delta.checkpoint.writeStatsAsJson": "false",
      }),
    ),
  "checkpointed by version 2": async (folder) => onlyCheckpoint(await made(folder, { "delta.checkpointPolicy": "v2" })),
  constrained: async (folder) => {
    const table = await made(folder);
    await table.addConstraint("early", "day < '2030-01-01'");
    await table.setProperties({ "delta.appendOnly": "true" });
  },
};

const FOLDERS = Object.entries(TABLES).map(([name, make], i) => ({ name, make, folder: join(scratch, `t${i}`) }));
beforeAll(async () => {
  for (const { make, folder } of FOLDERS) await make(folder);
}, 120_000);

for (const engine of ["deltalake", "spark"] as const) {
  describeWith(engine, `${engine} reads a table that was`, () => {
    let session: PartnerSession;
    beforeAll(() => {
      session = new PartnerSession(engine);
    });
    afterAll(() => session.close());

    test.each(FOLDERS)("$name", { timeout: 240_000 }, async ({ folder }) => {
      const table = await DeltaTable.open(folder);
      const rows = await table.read().collect();
      expect(rows.length).toBeGreaterThanOrEqual(12);
      const read = await session.read(folder);
      expect(read.lines).toEqual(canonicalLines(table.fields, rows));
      expect(read.columns.map(([name]) => name)).toEqual(table.fields.map(({ name }) => name));
    });
  });
}
