import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { field } from "../../lib/types.js";
import { PartnerSession } from "../support/partner_session.js";
import { describeWith } from "../support/partners.js";

const scratch = mkdtempSync(join(tmpdir(), "tslake-row-tracking-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describeWith("spark", "Spark and tables that track rows", () => {
  let session: PartnerSession;
  beforeAll(() => {
    session = new PartnerSession("spark");
  });
  afterAll(() => session.close());

  interface Tracked {
    readonly id: number;
    readonly row: number;
    readonly version: number;
  }
  const tracked = async (folder: string): Promise<ReadonlyMap<number, Tracked>> => {
    const rows = (await session.sql(
      `SELECT id, _metadata.row_id AS row, _metadata.row_commit_version AS version FROM delta.\`${folder}\``,
    )) as readonly Tracked[];
    expect(new Set(rows.map(({ row }) => row)).size).toBe(rows.length);
    return new Map(rows.map((row) => [row.id, row]));
  };
  const rows = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => ({ id: BigInt(from + i), name: `n${i}` }));

  test("one that we make: Spark knows each row again after our writes, and we go on after its own", {
    timeout: 300_000,
  }, async () => {
    const folder = join(scratch, "ours");
    const properties = { "delta.enableRowTracking": "true", "delta.enableDeletionVectors": "true" };
    const table = await DeltaTable.create(folder, {
      fields: [field("id", "long"), field("name", "string")],
      properties,
    });
    await table.append(rows(0, 20));
    await table.append(rows(20, 30));
    const first = await tracked(folder);
    expect(first.get(25)).toEqual({ id: 25, row: 25, version: 2 });
    await session.sql(`UPDATE delta.\`${folder}\` SET name = 'spark' WHERE id = 3`);
    await session.sql(`INSERT INTO delta.\`${folder}\` SELECT id, 's' FROM range(30, 35)`);
    await table.delete("id = 4");
    await table.append(rows(40, 45));
    const second = await tracked(folder);
    for (const id of [0, 3, 29]) expect(second.get(id)?.row, String(id)).toBe(first.get(id)?.row);
    expect(second.get(3)?.version).toBe(3);
    expect(second.size).toBe(39);
    await session.sql(`OPTIMIZE delta.\`${folder}\``);
    await table.append(rows(50, 51));
    const third = await tracked(folder);
    for (const [id, row] of second) expect(third.get(id), String(id)).toEqual(row);
    await table.update({ name: "'ours'" }, "id < 30");
    expect((await tracked(folder)).size).toBe(40);
  });

  test("one that began without: the ids that we give all its files are Spark's, too", {
    timeout: 300_000,
  }, async () => {
    const folder = join(scratch, "later");
    await session.sql(`CREATE TABLE delta.\`${folder}\` USING delta AS SELECT id, 'a' AS name FROM range(0, 10)`);
    const table = await DeltaTable.open(folder);
    await table.setProperties({ "delta.enableRowTracking": "true" });
    await session.sql(`DELETE FROM delta.\`${folder}\` WHERE id = 5`);
    const found = await tracked(folder);
    expect([...found.values()].map(({ row }) => row).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9]);
  });
});
