import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { DeltaError, UsageError } from "../../lib/errors.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { append, ids, newTable, range, removeFilesWith, rows } from "./tables.js";

const day = (number: number): void => {
  vi.stubEnv("TSLAKE_NOW", `2024-01-${String(number).padStart(2, "0")}T00:00:00Z`);
};
beforeEach(() => day(1));
afterEach(() => vi.unstubAllEnvs());

/** Rows 0 to 29 in one file, made on the 2nd of three that stay as tombstones. */
async function optimized(): Promise<DeltaTable> {
  const table = await newTable();
  for (let i = 0; i < 3; i++) await append(table, rows(i * 10, i * 10 + 10));
  day(2);
  await table.optimize();
  return table;
}

const put = (table: DeltaTable, path: string): Promise<void> => table.storage.put(path, new Uint8Array(3));

describe("vacuum", () => {
  test("first only tells, then deletes what is older than the retention, and says so in the history", async () => {
    const table = await optimized();
    day(8);
    expect(await table.vacuum()).toMatchObject({ files: [], dryRun: true });
    day(10);
    const plan = await table.vacuum();
    expect(plan).toMatchObject({ dryRun: true, version: 4 });
    expect(plan.files).toHaveLength(3);
    expect(await ids(table.storage, { version: 3 })).toEqual(range(0, 30));
    const done = await table.vacuum({ dryRun: false });
    expect(done).toEqual({ ...plan, dryRun: false, version: 6 });
    expect(await ids(table.storage)).toEqual(range(0, 30));
    await expect(ids(table.storage, { version: 3 })).rejects.toThrow(/part-/);
    const [end, start] = await table.history({ limit: 2 });
    expect(start).toMatchObject({
      operation: "VACUUM START",
      operationParameters: { retentionCheckEnabled: "true", defaultRetentionMillis: "604800000" },
      operationMetrics: { numFilesToDelete: "3", sizeOfDataToDelete: String(plan.bytes) },
    });
    expect(end).toMatchObject({
      operation: "VACUUM END",
      operationParameters: { status: "COMPLETED" },
      operationMetrics: { numDeletedFiles: "3" },
    });
    expect(await table.vacuum()).toMatchObject({ files: [] });
  });

  test("knows partitions and change files, keeps what is hidden, young, or of a commit in the making", async () => {
    const table = await newTable({}, ["ano"]);
    await append(table, rows(0, 4));
    for (const path of [
      "orphan.parquet",
      "ano=2014/orphan.parquet",
      "_change_data/cdc-1.parquet",
      "_staging/x/0.parquet",
      "_ano=2014/hidden.parquet",
      ".hidden/a.parquet",
      "ano=2014/_hidden.parquet",
      "_delta_log/00000000000000000009.checkpoint.parquet.tmp",
    ])
      await put(table, path);
    day(9);
    await put(table, "young.parquet");
    const { files } = await table.vacuum({ dryRun: false });
    expect(files).toEqual([
      "_change_data/cdc-1.parquet",
      "_staging/x/0.parquet",
      "ano=2014/orphan.parquet",
      "orphan.parquet",
    ]);
    expect((await table.storage.list("")).map(({ path }) => path)).toContain("young.parquet");
    expect(await ids(table.storage)).toEqual(range(0, 4));
  });

  test("removes folders that are empty by then, but none that files came into within the retention", async () => {
    const root = mkdtempSync(join(tmpdir(), "tslake-vacuum-"));
    try {
      const table = await newTable({}, ["ano", "name"], new LocalStorage(root));
      await append(table, rows(0, 4));
      await table.delete("id <= 1");
      for (const folder of ["left/over", ".hidden"]) mkdirSync(join(root, folder), { recursive: true });
      const entries = () => readdirSync(root, { recursive: true, encoding: "utf8" });
      for (const name of entries()) utimesSync(join(root, name), Date.now() / 1_000, Date.parse("2024-01-01") / 1_000);
      mkdirSync(join(root, "young"));
      day(10);
      expect((await table.vacuum({ dryRun: false })).files).toHaveLength(2);
      const folders = entries().filter((name) => !name.endsWith("json") && !name.endsWith(".parquet"));
      expect(folders.sort()).toEqual([
        ".hidden",
        "_delta_log",
        "ano=2014",
        "ano=2014/name=n2",
        "ano=2015",
        "ano=2015/name=n3",
        "young",
      ]);
      expect(await ids(root)).toEqual([2, 3]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  test("refuses a retention shorter than the table's, unless it is allowed", async () => {
    const table = await optimized();
    await expect(table.vacuum({ retentionHours: 1 })).rejects.toThrow(UsageError);
    await expect(table.vacuum({ retentionHours: 1 })).rejects.toMatchObject({
      expected: expect.stringContaining("168 hours"),
    });
    await expect(table.vacuum({ retentionHours: Number.NaN })).rejects.toThrow(UsageError);
    vi.stubEnv("TSLAKE_NOW", "2024-01-02T02:00:00Z");
    const { files } = await table.vacuum({ retentionHours: 1, enforceRetention: false, dryRun: false });
    expect(files).toHaveLength(3);
    expect((await table.history({ limit: 2 }))[1]?.operationParameters).toMatchObject({
      retentionCheckEnabled: "false",
      specifiedRetentionMillis: "3600000",
    });
    const patient = await newTable({ "delta.deletedFileRetentionDuration": "interval 30 days" });
    await expect(patient.vacuum({ retentionHours: 200 })).rejects.toThrow("shorter");
  });

  test("records a deletion that failed", async () => {
    const table = await optimized();
    day(20);
    const { delete: remove } = table.storage;
    let calls = 0;
    table.storage.delete = (path) => {
      if (++calls === 2) throw new Error("busy");
      return remove.call(table.storage, path);
    };
    await expect(table.vacuum({ dryRun: false })).rejects.toThrow("busy");
    expect((await table.history({ limit: 1 }))[0]).toMatchObject({
      operation: "VACUUM END",
      operationParameters: { status: "FAILED" },
      operationMetrics: { numDeletedFiles: "1" },
    });
    expect((await table.vacuum({ dryRun: false })).files).toHaveLength(2);
    expect(await ids(table.storage)).toEqual(range(0, 30));
  });
});

describe("restore", () => {
  test("brings the rows of a version or an instant back, as a new version", async () => {
    const table = await newTable();
    await append(table, rows(0, 10));
    day(2);
    await append(table, rows(10, 20));
    day(3);
    await removeFilesWith(table, 5);
    expect(await ids(table.storage)).toEqual(range(10, 20));
    expect(await table.restore({ version: 2 })).toMatchObject({ version: 4, restoredFiles: 1, removedFiles: 0 });
    expect(await ids(table.storage)).toEqual(range(0, 20));
    expect(await table.restore({ timestamp: "2024-01-01T12:00:00Z" })).toMatchObject({
      version: 5,
      restored: 1,
      removedFiles: 1,
    });
    expect(await ids(table.storage)).toEqual(range(0, 10));
    expect((await table.history({ limit: 1 }))[0]).toMatchObject({
      operation: "RESTORE",
      operationMetrics: { numRestoredFiles: "0", numRemovedFiles: "1", numOfFilesAfterRestore: "1" },
    });
    expect(await table.restore({ version: 1 })).toMatchObject({ version: 5, committed: false });
    expect(await ids(table.storage, { version: 2 })).toEqual(range(0, 20));
  });

  test("brings properties back, and keeps how far applications got", async () => {
    const table = await newTable({ "x.y": "1" });
    const change = (await table.forWriting()).transaction({ operation: "SET TBLPROPERTIES" });
    change.updateMetadata({ configuration: { "x.y": "2" } });
    change.setTransaction("app", 7);
    table.follow((await change.commit()).snapshot);
    await table.restore({ version: 0 });
    const snapshot = await table.snapshot();
    expect(snapshot.metadata.configuration).toEqual({ "x.y": "1" });
    expect(await snapshot.txn("app")).toBe(7n);
  });

  test("lists the files that are gone, and leaves the table as it is", async () => {
    const table = await optimized();
    day(20);
    await table.vacuum({ dryRun: false });
    const version = table.version;
    await expect(table.restore({ version: 3 })).rejects.toMatchObject({
      message: expect.stringContaining("3 of its files are gone"),
      actual: expect.stringMatching(/missing: part-.*\.parquet, part-/),
    });
    expect((await table.snapshot()).version).toBe(version);
    await expect(table.restore({ version: 99 })).rejects.toThrow(DeltaError);
    await expect(table.restore({})).rejects.toThrow(UsageError);
    await expect(table.restore({ timestamp: "gestern" })).rejects.toThrow("instant");
    await expect(table.restore({ timestamp: "1999-01-01T00:00:00Z" })).rejects.toThrow("no version that old");
  });

  test("keeps its hands off append-only tables", async () => {
    const table = await newTable({ "delta.appendOnly": "true" });
    await append(table, rows(0, 10));
    await expect(table.restore({ version: 0 })).rejects.toThrow("append-only");
    expect(await ids(table.storage)).toEqual(range(0, 10));
  });
});
