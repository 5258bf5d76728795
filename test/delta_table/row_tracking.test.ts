import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { append, ids, newTable, range, rowIds, rows } from "./tables.js";

const ENABLED = { "delta.enableRowTracking": "true" };

async function preserved(table: DeltaTable): Promise<unknown> {
  const snapshot = await (await DeltaTable.open(table.storage)).snapshot();
  const commit = snapshot.commitsSinceCheckpoint.at(-1);
  return (commit?.commitInfo?.["tags"] as Record<string, unknown> | undefined)?.["delta.rowTracking.preserved"];
}

describe("row tracking", () => {
  test("gives new files ids above all others, and leaves them to files whose rows are hidden or come back", async () => {
    const table = await newTable({ ...ENABLED, "delta.enableDeletionVectors": "true" });
    expect((await table.snapshot()).protocol.writerFeatures).toEqual(
      expect.arrayContaining(["rowTracking", "domainMetadata"]),
    );
    await append(table, rows(0, 4));
    await append(table, rows(4, 10));
    expect(await rowIds(table.storage)).toEqual([range(0, 4), range(4, 10)]);
    expect(await preserved(table)).toBe("true");
    await table.delete("id = 5");
    expect(await rowIds(table.storage)).toEqual([range(0, 4), range(4, 10)]);
    expect(await preserved(table)).toBe("true");
    await table.update({ name: "'x'" }, "id = 6");
    expect(await rowIds(table.storage)).toEqual([range(0, 4), range(4, 10), [10]]);
    expect(await preserved(table)).toBe("false");
    await table.optimize({ purge: true });
    await table.restore({ version: 2 });
    expect(await rowIds(table.storage)).toEqual([range(0, 4), range(4, 10)]);
    await append(table, rows(20, 21));
    expect((await rowIds(table.storage)).at(-1)?.[0]).toBeGreaterThan(10);
    expect(await ids(table.storage)).toEqual([...range(0, 10), 20]);
    for (let version = 0; version <= table.version; version++) await rowIds(table.storage, { version });
  });

  test("gives no id twice when two append at once, nor after a checkpoint", async () => {
    const table = await newTable({ ...ENABLED, "delta.checkpointInterval": "3" });
    const others = await Promise.all([1, 2, 3].map(() => DeltaTable.open(table.storage)));
    await Promise.all(others.map((other, i) => append(other, rows(i * 10, i * 10 + 5))));
    await append(table, rows(50, 53));
    expect((await rowIds(table.storage)).flat()).toEqual(range(0, 18));
  });

  test("begins later with ids for all files there are", async () => {
    const table = await newTable();
    await append(table, rows(0, 4));
    await append(table, rows(4, 6));
    await table.setProperties(ENABLED);
    expect((await rowIds(table.storage)).flat()).toEqual(range(0, 6));
    await table.setProperties({ "delta.enableRowTracking": "false", "delta.rowTrackingSuspended": "true" });
    await append(table, rows(6, 8));
    await expect(table.setProperties(ENABLED)).rejects.toThrow("exclude each other");
    await table.setProperties({ ...ENABLED, "delta.rowTrackingSuspended": null });
    expect((await rowIds(table.storage)).flat()).toEqual(range(0, 8));
    expect(await ids(table.storage)).toEqual(range(0, 8));
  });
});
