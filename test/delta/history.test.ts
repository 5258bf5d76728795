import { describe, expect, test, vi } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { history } from "../../lib/delta/history.js";
import { DeltaError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { add, append, committed, file, load, METADATA, newTable, PROTOCOL, writeLog } from "./fixtures.js";

describe("history", () => {
  test("tells the commits, newest first, with operation, parameters, metrics and our own facts", async () => {
    const created = await newTable();
    const transaction = created.transaction({
      operation: "MERGE",
      operationParameters: { predicate: "id" },
      userMetadata: "note",
      tslake: { runId: "r7" },
    });
    transaction.addFile(file("a"));
    transaction.setMetrics({ numTargetRowsInserted: 10 });
    const snapshot = committed(await transaction.commit());
    const [newest, oldest] = await history(created.storage);
    expect(newest).toMatchObject({
      version: 1,
      timestamp: snapshot.timestamp,
      operation: "MERGE",
      operationParameters: { predicate: "id" },
      operationMetrics: { numTargetRowsInserted: "10" },
      readVersion: 0,
      userMetadata: "note",
      tslake: { runId: "r7" },
    });
    expect(oldest).toMatchObject({ version: 0, operation: "CREATE TABLE", tslake: {} });
    expect((await history(created.storage, { limit: 1 })).map(({ version }) => version)).toEqual([1]);
    expect(await history(new MemoryStorage())).toEqual([]);
  });

  test("of a very large commit is read from its beginning, or from its end when it stands there", async () => {
    const storage = new MemoryStorage();
    const many = Array.from({ length: 2000 }, (_, i) => add(`part-${i}`));
    const info = { commitInfo: { timestamp: 7, operation: "CONVERT" } };
    await writeLog(storage, 0, info, PROTOCOL, METADATA, ...many);
    await writeLog(storage, 1, ...many, info);
    expect((await history(storage)).map(({ operation }) => operation)).toEqual(["CONVERT", "CONVERT"]);
    expect((await load(storage)).timestamp).toBe(7);
  });

  test("of other engines' commits is read wherever commitInfo stands, or is absent", async () => {
    const storage = new MemoryStorage();
    await writeLog(storage, 0, PROTOCOL, METADATA);
    await writeLog(storage, 1, add("a"), { commitInfo: { timestamp: 5, inCommitTimestamp: 6, operation: "WRITE" } });
    const [second, first] = await history(storage);
    expect(second).toMatchObject({ operation: "WRITE", timestamp: 6 });
    expect(first?.operation).toBeUndefined();
    expect(first?.timestamp).toBeGreaterThan(1_600_000_000_000);
  });
});

describe("what was added since a version", () => {
  test("comes commit by commit; rearranged files are left out, removed ones told", async () => {
    let snapshot = await newTable({ configuration: { "delta.checkpointInterval": "2" } });
    snapshot = await append(snapshot, "a", "b");
    snapshot = await append(snapshot, "c");
    const optimize = snapshot.transaction({ operation: "OPTIMIZE" });
    for (const one of await snapshot.files()) optimize.removeFile(one, { dataChange: false });
    optimize.addFile(file("abc", [0, 9], { dataChange: false }));
    snapshot = committed(await optimize.commit());
    const remove = snapshot.transaction({ operation: "DELETE" });
    for (const one of await snapshot.files()) remove.removeFile(one);
    snapshot = committed(await remove.commit());
    for (const one of [snapshot, await load(snapshot.storage)]) {
      const changes = await one.addedSince(1);
      expect(changes?.map(({ version, added, removed }) => [version, added.length, removed.length])).toEqual([
        [2, 1, 0],
        [3, 0, 0],
        [4, 0, 1],
      ]);
      expect(changes?.[0]?.added[0]?.path).toBe("c");
      expect(await one.addedSince(4)).toEqual([]);
      await expect(one.addedSince(5)).rejects.toThrow(DeltaError);
    }
    await snapshot.storage.delete("_delta_log/00000000000000000001.json");
    const cleaned = await load(snapshot.storage);
    expect(await cleaned.addedSince(0)).toBeUndefined();
    expect(await cleaned.addedSince(2)).toHaveLength(2);
  });
});

describe("what one commit says of itself", () => {
  test("is known of the newest version, and is else read alone; what clean-up has taken says nothing", async () => {
    let snapshot = await newTable();
    for (const path of ["a", "b", "c"]) snapshot = await append(snapshot, path);
    const { storage } = snapshot;
    const ids = (await history(storage)).map(({ version }) => version);
    const stood = await snapshot.withCheckpoint(await writeCheckpoint(snapshot));
    for (const one of [snapshot, await load(storage), stood]) {
      const infos = await Promise.all([...ids].reverse().map((version) => one.commitInfo(version)));
      expect(new Set(infos.map((info) => info?.txnId)).size).toBe(4);
      const read = [vi.spyOn(storage, "read"), vi.spyOn(storage, "head"), vi.spyOn(storage, "list")];
      expect(await one.commitInfo(3)).toMatchObject({ operation: "WRITE", txnId: infos[3]?.txnId });
      for (const spy of read) expect(spy).not.toHaveBeenCalled();
      vi.restoreAllMocks();
    }
    await storage.delete("_delta_log/00000000000000000001.json");
    expect(await stood.commitInfo(1)).toBeUndefined();
    expect(await stood.commitInfo(2)).toMatchObject({ operation: "WRITE" });
  });
});
