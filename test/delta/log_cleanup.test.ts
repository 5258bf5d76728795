import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { checkpointNow, writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { cleanUpLog } from "../../lib/delta/log_cleanup.js";
import { LAST_CHECKPOINT } from "../../lib/delta/log_path.js";
import { parquetHandler } from "../../lib/delta/parquet_handler.js";
import type { Snapshot } from "../../lib/delta/snapshot.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field } from "../../lib/types.js";
import { forEveryFault } from "../storage/faulty_storage.js";
import { append, committed, file, load, newTable, paths } from "./fixtures.js";

const at = (instant: string): void => void vi.stubEnv("TSLAKE_NOW", `2024-01-${instant}Z`);
beforeEach(() => at("01T12:00:00"));
afterEach(() => vi.unstubAllEnvs());

const names = async (storage: Storage, folder = "_delta_log/"): Promise<string[]> =>
  (await storage.list(folder)).map(({ path }) => path.slice(folder.length));

/** Commits on the 1st to the 9th, a checkpoint every third; each commit records an application's progress. */
async function nineDays(properties: Readonly<Record<string, string>> = {}, storage?: Storage): Promise<Snapshot> {
  const configuration = {
    "delta.checkpointInterval": "3",
    "delta.logRetentionDuration": "interval 3 days",
    ...properties,
  };
  let snapshot = await newTable({ configuration }, storage);
  for (let day = 2; day <= 9; day++) {
    at(`0${day}T12:00:00`);
    const transaction = snapshot.transaction({ operation: "WRITE" });
    transaction.addFile(file(`f${day}`));
    transaction.setTransaction(`app-${day}`, day);
    snapshot = committed(await transaction.commit());
  }
  return snapshot;
}

describe("clean-up of the log", () => {
  test("keeps what follows the newest checkpoint before the day that the retention names", async () => {
    const snapshot = await nineDays();
    const versions = async (): Promise<string[]> =>
      (await names(snapshot.storage)).filter((name) => /^\d/.test(name)).map((name) => name.slice(18));
    expect(await versions()).toHaveLength(11);
    // The cut-off is the midnight of the 7th: version 5, of the 6th, is the newest before it.
    at("10T00:00:01");
    expect(await cleanUpLog(await load(snapshot.storage))).toEqual({ oldest: 3, files: 3 });
    expect(await versions()).toEqual([
      "03.checkpoint.parquet",
      "03.json",
      "04.json",
      "05.json",
      "06.checkpoint.parquet",
      "06.json",
      "07.json",
      "08.json",
    ]);
    expect(await cleanUpLog(await load(snapshot.storage))).toEqual({ oldest: undefined, files: 0 });
    at("11T00:00:00");
    expect(await cleanUpLog(await load(snapshot.storage))).toEqual({ oldest: 6, files: 4 });
    expect(await paths(await load(snapshot.storage))).toHaveLength(8);
    expect(await paths(await load(snapshot.storage, 7))).toHaveLength(7);
    await expect(load(snapshot.storage, 5)).rejects.toThrow();
  });

  test("forgets nothing that applications recorded", async () => {
    const snapshot = await nineDays();
    at("30T00:00:00");
    const after = await append(await load(snapshot.storage), "g");
    await checkpointNow(after);
    const reloaded = await load(snapshot.storage);
    expect(await reloaded.txn("app-2")).toBe(2n);
    const again = reloaded.transaction({ operation: "WRITE" });
    again.addFile(file("f2 again"));
    again.setTransaction("app-2", 2);
    expect(await again.commit()).toMatchObject({ committed: false, alreadyCommitted: true });
  });

  test("does not happen without a checkpoint to stand on, nor where the table says so", async () => {
    const without = await nineDays({ "delta.checkpointInterval": "100" });
    at("30T00:00:00");
    expect(await cleanUpLog(without)).toEqual({ oldest: undefined, files: 0 });
    const kept = await nineDays({ "delta.enableExpiredLogCleanup": "false" });
    expect(await names(kept.storage)).toContain("00000000000000000000.json");
  });

  test("removes checksums and compacted commits of its versions, and sidecars that nobody names", async () => {
    const v2 = { "delta.checkpointPolicy": "v2", "delta.logRetentionDuration": "interval 30 days" };
    const storage = new MemoryStorage();
    const snapshot = await nineDays(v2, storage);
    await storage.put("_delta_log/00000000000000000001.crc", new Uint8Array(1));
    await storage.put("_delta_log/00000000000000000000.00000000000000000002.compacted.json", new Uint8Array(1));
    const sidecars = await names(storage, "_delta_log/_sidecars/");
    expect(sidecars).toHaveLength(2);
    vi.stubEnv("TSLAKE_NOW", "2024-02-07T12:00:00Z");
    expect(await cleanUpLog(await load(storage))).toMatchObject({ oldest: 6 });
    expect(await names(storage, "_delta_log/_sidecars/")).toHaveLength(1);
    expect((await names(storage)).filter((name) => /crc|compacted/.test(name))).toEqual([]);
    expect(await paths(await load(storage))).toEqual(await paths(snapshot));
  });

  test("keeps the sidecars of a checkpoint under a classic name", async () => {
    const v2 = { "delta.checkpointPolicy": "v2", "delta.logRetentionDuration": "interval 30 days" };
    const storage = new MemoryStorage();
    const snapshot = await nineDays(v2, storage);
    for (const name of await names(storage)) {
      const [, version] = /^(\d+)\.checkpoint\..+\.parquet$/.exec(name) ?? [];
      if (version === undefined) continue;
      await storage.put(
        `_delta_log/${version}.checkpoint.parquet`,
        (await storage.read(`_delta_log/${name}`)) ?? new Uint8Array(),
      );
      await storage.delete(`_delta_log/${name}`);
    }
    expect((await names(storage)).filter((name) => /checkpoint\.parquet$/.test(name))).not.toEqual([]);
    await storage.delete("_delta_log/_last_checkpoint");
    vi.stubEnv("TSLAKE_NOW", "2024-03-30T12:00:00Z");
    expect(await cleanUpLog(await load(storage))).toMatchObject({ oldest: 6 });
    expect(await paths(await load(storage))).toEqual(await paths(snapshot));
  });

  test("leaves a table that can be read wherever it breaks off", async () => {
    const prepare = async (): Promise<Storage> => {
      at("01T12:00:00");
      const { storage } = await nineDays({ "delta.enableExpiredLogCleanup": "false" });
      at("30T00:00:00");
      return storage;
    };
    const clean = async (storage: Storage): Promise<unknown> => cleanUpLog(await load(storage));
    const runs = await forEveryFault(prepare, clean, async (storage, { story }) => {
      expect(await paths(await load(storage)), story).toHaveLength(8);
      expect(await (await load(storage)).txn("app-2"), story).toBe(2n);
      await clean(storage);
      expect(await paths(await append(await load(storage), "g")), story).toHaveLength(9);
    });
    expect(runs).toBeGreaterThan(20);
  });
});

describe("a checkpoint with sidecars", () => {
  const schema = {
    type: "struct",
    fields: [field("id", "long"), field("price", "decimal(9,2)"), field("at", "timestamp"), field("ano", "integer")],
  } as const;

  async function written(properties: Readonly<Record<string, string>> = {}): Promise<Snapshot> {
    const snapshot = await newTable({
      schema,
      partitionColumns: ["ano"],
      configuration: { "delta.checkpointPolicy": "v2", "delta.checkpointInterval": "100", ...properties },
    });
    const transaction = snapshot.transaction({ operation: "WRITE" });
    for (let i = 0; i < 3; i++) {
      const stats = `{"numRecords":${i + 1},"minValues":{"id":${i},"price":1.05,"at":"2024-01-01T00:00:00.000Z"},"maxValues":{"id":${i + 5},"price":${i}.10},"nullCount":{"id":0}}`;
      transaction.addFile({ ...file(`ano=2014/f${i}`), partitionValues: { ano: i === 2 ? null : "2014" }, stats });
    }
    transaction.setTransaction("app", 3);
    return committed(await transaction.commit());
  }

  test("is read as it was written, and named by its hint", async () => {
    const before = await written();
    const after = await checkpointNow(before);
    for (const snapshot of [after, await load(before.storage)]) {
      expect((await snapshot.files()).map(({ path, stats }) => [path, stats])).toEqual(
        (await before.files()).map(({ path, stats }) => [path, stats]),
      );
      expect(await snapshot.txn("app")).toBe(3n);
      expect(snapshot.checkpoint?.version).toBe(1);
    }
    const hint = JSON.parse(new TextDecoder().decode(await before.storage.read(LAST_CHECKPOINT)));
    expect(hint).toMatchObject({ version: 1, numOfAddFiles: 3, size: 8 });
    expect(await names(before.storage)).toContain(hint.v2Checkpoint.path);
    expect(before.protocol.readerFeatures).toContain("v2Checkpoint");
  });

  test("changes nothing, wherever it breaks off", async () => {
    await forEveryFault(
      async () => (await written()).storage,
      async (storage) => writeCheckpoint(await load(storage)),
      async (storage, { story }) => {
        expect(await paths(await load(storage)), story).toHaveLength(3);
        expect(await (await load(storage)).txn("app"), story).toBe(3n);
      },
    );
  });

  test("holds typed statistics and partition values where the table asks for them", async () => {
    const snapshot = await written({
      "delta.checkpoint.writeStatsAsStruct": "true",
      "delta.checkpoint.writeStatsAsJson": "false",
      "delta.checkpointPolicy": "classic",
    });
    const { parts } = await writeCheckpoint(snapshot);
    const columns = [
      "add.path",
      "add.stats",
      "add.partitionValues_parsed.ano",
      "add.stats_parsed.numRecords",
      "add.stats_parsed.minValues.id",
      "add.stats_parsed.maxValues.id",
      "add.stats_parsed.nullCount.id",
    ];
    const rows: unknown[][] = [];
    for await (const batch of parquetHandler.read(snapshot.storage, parts[0]?.path ?? "", columns)) {
      const values = columns.map((name) => batch.column(name));
      for (let i = 0; i < batch.rowCount; i++) if (values[0]?.[i] !== null) rows.push(values.map((one) => one[i]));
    }
    expect(rows).toEqual([
      ["ano=2014/f0", null, 2014, 1n, 0n, 5n, 0n],
      ["ano=2014/f1", null, 2014, 2n, 1n, 6n, 0n],
      ["ano=2014/f2", null, null, 3n, 2n, 7n, 0n],
    ]);
    const reloaded = await load(snapshot.storage);
    expect(await reloaded.numRecords()).toBe(6n);
  });
});
