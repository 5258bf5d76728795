import { afterEach, describe, expect, test, vi } from "vitest";
import type { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { append, ids, newTable, range, rows } from "./tables.js";

afterEach(() => vi.unstubAllEnvs());

const vectors = async (table: DeltaTable): Promise<number> =>
  (await (await table.snapshot()).files()).filter(({ deletionVector }) => deletionVector !== undefined).length;
const stored = async (table: DeltaTable, ending: string): Promise<number> =>
  (await table.storage.list("")).filter(({ path }) => path.endsWith(ending)).length;

/** Two files of 100 rows; the row 7 of the first is hidden by a deletion vector. */
async function hidden(properties: Readonly<Record<string, string>> = {}): Promise<DeltaTable> {
  vi.stubEnv("TSLAKE_NOW", "2024-01-01T00:00:00Z");
  const table = await newTable({ "delta.enableDeletionVectors": "true", ...properties });
  await append(table, rows(0, 100));
  await append(table, rows(100, 200));
  await table.delete("id = 7");
  expect(await vectors(table)).toBe(1);
  return table;
}
const left = range(0, 200).filter((id) => id !== 7);

describe("deletion vectors", () => {
  test("are purged when that is asked for, and no other file is touched", async () => {
    const table = await hidden();
    expect(await table.optimize({ purge: true, targetSize: 1 })).toMatchObject({ removedFiles: 1, addedFiles: 1 });
    expect(await vectors(table)).toBe(0);
    expect(await ids(table.storage)).toEqual(left);
    expect((await table.history({ limit: 1 }))[0]).toMatchObject({
      operation: "REORG",
      operationParameters: { applyPurge: "true" },
      operationMetrics: { numDeletionVectorsRemoved: "1" },
    });
    expect(await table.optimize({ purge: true })).toMatchObject({ committed: false });
  });

  test("leave a file alone that has its size, until they hide much of it", async () => {
    const table = await hidden();
    expect(await table.optimize({ targetSize: 1 })).toMatchObject({ committed: false });
    await table.delete("id < 20");
    expect(await table.optimize({ targetSize: 1 })).toMatchObject({ removedFiles: 1, addedFiles: 1 });
    expect(await ids(table.storage)).toEqual(range(20, 200));
  });

  test("are known to checkpoints of both versions, to vacuum and to restore", async () => {
    for (const policy of ["classic", "v2"]) {
      const table = await hidden({ "delta.checkpointPolicy": policy });
      await table.checkpoint();
      for (const { path } of await table.storage.list("_delta_log/"))
        if (path.endsWith(".json") && !path.includes("checkpoint")) await table.storage.delete(path);
      expect(await ids(table.storage)).toEqual(left);
      vi.stubEnv("TSLAKE_NOW", "2024-03-01T00:00:00Z");
      expect((await table.vacuum({ dryRun: false })).files).toEqual([]);
      expect(await stored(table, ".bin")).toBe(1);
      expect(await ids(table.storage)).toEqual(left);
      const version = (await table.snapshot()).version;
      await table.delete("id > 150");
      await table.restore({ version });
      expect(await ids(table.storage)).toEqual(left);
      await table.optimize({ purge: true });
      vi.stubEnv("TSLAKE_NOW", "2024-05-01T00:00:00Z");
      await table.vacuum({ dryRun: false });
      expect(await stored(table, ".bin")).toBe(0);
      expect(await ids(table.storage)).toEqual(left);
      await expect(table.restore({ version })).rejects.toThrow(/files are gone/);
    }
  });
});
