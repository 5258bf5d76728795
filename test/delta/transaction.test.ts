import { describe, expect, test } from "vitest";
import { ENGINE_INFO } from "../../lib/delta/commit_info.js";
import { createTable } from "../../lib/delta/create_table.js";
import type { Snapshot } from "../../lib/delta/snapshot.js";
import { ConflictError, DeltaError, StorageError } from "../../lib/errors.js";
import libraryManifest from "../../lib/package.json" with { type: "json" };
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field } from "../../lib/types.js";
import { FaultyStorage } from "../storage/faulty_storage.js";
import { append, committed, file, load, newTable, paths, SCHEMA } from "./fixtures.js";

async function logLines(storage: Storage, version: number): Promise<Record<string, Record<string, unknown>>[]> {
  const bytes = await storage.read(`_delta_log/${String(version).padStart(20, "0")}.json`);
  return new TextDecoder()
    .decode(bytes)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

describe("a commit", () => {
  test("holds every field that the protocol requires, commitInfo first", async () => {
    const { storage } = await newTable({ partitionColumns: ["ano"], configuration: { "delta.appendOnly": "false" } });
    expect((await logLines(storage, 0)).map((line) => Object.keys(line)[0])).toEqual([
      "commitInfo",
      "protocol",
      "metaData",
    ]);
    const transaction = (await load(storage)).transaction({
      operation: "WRITE",
      operationParameters: { mode: "Append", partitionBy: ["ano"] },
      userMetadata: "by hand",
      tslake: { runId: "r1", sources: { "bronze.vendas": 3 } },
    });
    transaction.addFile(file("ano=2014/a%20b.parquet", [0, 9], { partitionValues: { ano: "2014" } }));
    transaction.setTransaction("bronze.vendas", 3n);
    transaction.setMetrics({ numOutputRows: 10, numFiles: 1n });
    await transaction.commit();
    const [info, txn, add] = await logLines(storage, 1);
    expect(info?.["commitInfo"]).toMatchObject({
      operation: "WRITE",
      operationParameters: { mode: "Append", partitionBy: '["ano"]' },
      operationMetrics: { numOutputRows: "10", numFiles: "1" },
      readVersion: 0,
      isBlindAppend: true,
      engineInfo: ENGINE_INFO,
      userMetadata: "by hand",
      tslake: { runId: "r1", sources: { "bronze.vendas": 3 } },
    });
    expect(info?.["commitInfo"]?.["timestamp"]).toBeTypeOf("number");
    expect(txn?.["txn"]).toMatchObject({ appId: "bronze.vendas", version: 3, lastUpdated: expect.any(Number) });
    expect(add?.["add"]).toEqual({
      path: "ano=2014/a%20b.parquet",
      partitionValues: { ano: "2014" },
      size: 100,
      modificationTime: expect.any(Number),
      dataChange: true,
      stats: '{"numRecords":10,"minValues":{"id":0},"maxValues":{"id":9},"nullCount":{"id":0}}',
    });
  });

  test("names the library's version", () => {
    expect(ENGINE_INFO).toBe(`tslake/${libraryManifest.version}`);
  });

  test("that removes files leaves complete tombstones", async () => {
    const snapshot = await append(await newTable(), "a");
    const transaction = snapshot.transaction({ operation: "DELETE" });
    for (const one of await snapshot.files()) transaction.removeFile(one);
    const after = committed(await transaction.commit());
    expect(await paths(after)).toEqual([]);
    const removed = (await logLines(after.storage, 2)).find((line) => "remove" in line)?.["remove"];
    expect(removed).toMatchObject({
      path: "a",
      dataChange: true,
      extendedFileMetadata: true,
      partitionValues: {},
      size: 100,
    });
    expect(removed?.["deletionTimestamp"]).toBeTypeOf("number");
    expect((await after.tombstones()).map(({ path }) => path)).toEqual(["a"]);
  });

  test("cannot be used twice", async () => {
    const transaction = (await newTable()).transaction({ operation: "WRITE" });
    await transaction.commit();
    await expect(transaction.commit()).rejects.toThrow(DeltaError);
  });

  test("of a file with the wrong partition values, or outside the table, is refused", async () => {
    const transaction = (await newTable({ partitionColumns: ["ano"] })).transaction({ operation: "WRITE" });
    expect(() => transaction.addFile(file("a"))).toThrow(/partition values do not fit/);
    expect(() => transaction.addFile(file("/etc/passwd", [0, 1], { partitionValues: { ano: "1" } }))).toThrow(
      DeltaError,
    );
  });

  test("without data change is allowed in an append-only table, with data change refused", async () => {
    const created = await newTable({ configuration: { "delta.appendOnly": "true" } });
    expect(created.protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
    const snapshot = await append(created, "a");
    const [old] = await snapshot.files();
    if (old === undefined) throw new Error("no file");
    const transaction = snapshot.transaction({ operation: "OPTIMIZE" });
    expect(() => transaction.removeFile(old)).toThrow(/append-only/);
    transaction.removeFile(old, { dataChange: false });
    transaction.addFile(file("b", [0, 9], { dataChange: false }));
    expect(await paths(committed(await transaction.commit()))).toEqual(["b"]);
  });
});

describe("making a table", () => {
  test("lists the features that its columns and properties need", async () => {
    const fields = [...SCHEMA.fields, field("em", "timestamp_ntz")];
    const { protocol } = await newTable({
      schema: { type: "struct", fields },
      configuration: { "delta.appendOnly": "true" },
      features: ["domainMetadata"],
    });
    expect(protocol).toMatchObject({ minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ["timestampNtz"] });
    expect(new Set(protocol.writerFeatures)).toEqual(
      new Set(["appendOnly", "invariants", "timestampNtz", "domainMetadata"]),
    );
    const domainOnly = (await newTable({ features: ["domainMetadata"] })).protocol;
    expect(domainOnly).toMatchObject({ minReaderVersion: 1, minWriterVersion: 7 });
    expect(domainOnly.readerFeatures).toBeUndefined();
  });

  test("twice is an error, also at the same moment", async () => {
    const { storage } = await newTable();
    await expect(createTable(storage, { schema: SCHEMA })).rejects.toThrow(/already a table/);
    const fresh = new MemoryStorage();
    const makers = await Promise.all([1, 2, 3].map(() => createTable(fresh, { schema: SCHEMA })));
    const outcomes = await Promise.allSettled(makers.map((maker) => maker.commit()));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const lost = outcomes.find((outcome) => outcome.status === "rejected");
    expect(lost?.reason).toBeInstanceOf(ConflictError);
    expect(String(lost?.reason)).toMatch(/version 0 came first and made the table/);
  });

  test("with a contradictory definition is refused", async () => {
    const bad = [
      { schema: { type: "struct", fields: [field("a", "long"), field("A", "long")] } },
      { schema: { type: "struct", fields: [field("a b", "long")] } },
      { schema: SCHEMA, partitionColumns: ["nada"] },
      { schema: { type: "struct", fields: [field("a", "long")] }, partitionColumns: ["a"] },
    ] as const;
    for (const table of bad) await expect(createTable(new MemoryStorage(), table)).rejects.toThrow(DeltaError);
  });

  test("may bring its first files along", async () => {
    const maker = await createTable(new MemoryStorage(), { schema: SCHEMA }, { operation: "CREATE TABLE AS SELECT" });
    maker.addFile(file("a"));
    const snapshot = committed(await maker.commit());
    expect(snapshot.version).toBe(0);
    expect(await paths(snapshot)).toEqual(["a"]);
  });
});

describe("changing a table", () => {
  test("keeps what is not changed and adds the features that the change needs", async () => {
    const snapshot = await newTable({ description: "before" });
    const transaction = snapshot.transaction({ operation: "ADD COLUMNS" });
    const schema = { type: "struct" as const, fields: [...SCHEMA.fields, field("em", "timestamp_ntz")] };
    transaction.updateMetadata({ schemaString: JSON.stringify(schema) });
    transaction.setDomainMetadata("tslake", "{}");
    const after = committed(await transaction.commit());
    expect(after.schema.fields.map(({ name }) => name)).toEqual(["id", "name", "ano", "em"]);
    expect(after.metadata).toMatchObject({ id: snapshot.metadata.id, description: "before" });
    expect(after.protocol.readerFeatures).toEqual(["timestampNtz"]);
    expect(after.protocol.writerFeatures).toContain("domainMetadata");
    expect(await (await load(after.storage)).domainMetadata("tslake")).toBe("{}");
    const removal = after.transaction({ operation: "UNSET" });
    removal.removeDomainMetadata("tslake");
    expect(await committed(await removal.commit()).domainMetadata("tslake")).toBeUndefined();
  });
});

describe("idempotence", () => {
  test("a version that is recorded, or a lower one, is not committed again", async () => {
    const base = await newTable();
    const ingest = (snapshot: Snapshot, version: number) => {
      const transaction = snapshot.transaction({ operation: "WRITE" });
      transaction.setTransaction("sha256:abc", version);
      transaction.addFile(file(`part-${version}`));
      return transaction.commit();
    };
    expect((await ingest(base, 5)).committed).toBe(true);
    // From the old snapshot, so the first attempt loses the race and finds out then.
    for (const snapshot of [base, await load(base.storage)]) {
      for (const version of [5, 4]) {
        expect(await ingest(snapshot, version)).toMatchObject({ committed: false, alreadyCommitted: true, version: 1 });
      }
    }
    const newest = await load(base.storage);
    expect(await paths(newest)).toEqual(["part-5"]);
    expect((await ingest(newest, 6)).committed).toBe(true);
    expect(await (await load(base.storage)).txn("sha256:abc")).toBe(6n);
    expect(await newest.txn("never")).toBeUndefined();
  });

  test("a commit of which only a part is recorded is a conflict, never a silent loss", async () => {
    const base = await newTable();
    const commit = (...appIds: string[]) => {
      const transaction = base.transaction({ operation: "WRITE" });
      for (const appId of appIds) transaction.setTransaction(appId, 1);
      return transaction.commit();
    };
    await commit("a");
    await expect(commit("a", "b")).rejects.toThrow(ConflictError);
    expect(await (await load(base.storage)).txns(["a", "b"])).toEqual(new Map([["a", 1n]]));
  });

  test("versions beyond 2^53 keep every digit", async () => {
    const transaction = (await newTable()).transaction({ operation: "WRITE" });
    transaction.setTransaction("app", 9223372036854775807n);
    const { storage } = committed(await transaction.commit());
    expect(await (await load(storage)).txn("app")).toBe(9223372036854775807n);
  });

  test("a write that failed after it succeeded is recognised", async () => {
    for (const fault of ["fail-after", "fail-before"] as const) {
      const { storage } = await newTable();
      const counting = new FaultyStorage(storage);
      await load(counting);
      const snapshot = await load(new FaultyStorage(storage, counting.calls + 1, fault));
      const commit = append(snapshot, "a");
      if (fault === "fail-before") await expect(commit).rejects.toThrow(StorageError);
      else expect((await commit).version).toBe(1);
      expect(await paths(await load(storage))).toEqual(fault === "fail-after" ? ["a"] : []);
    }
  });

  test("a lost race against one's own commit is recognised", async () => {
    const { storage } = await newTable();
    /** As a store that answers a repeated request: the first did the work, the second finds the object there. */
    class Repeating extends FaultyStorage {
      override async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
        await super.putIfAbsent(path, bytes);
        return super.putIfAbsent(path, bytes);
      }
    }
    const snapshot = await append(await load(new Repeating(storage)), "a");
    expect(snapshot.version).toBe(1);
    expect(await paths(snapshot)).toEqual(["a"]);
    expect((await load(storage)).version).toBe(1);
    const maker = await createTable(new Repeating(new MemoryStorage()), { schema: SCHEMA });
    expect((await maker.commit()).committed).toBe(true);
  });
});

describe("lost races", () => {
  test("the commit that follows others says which version was read", async () => {
    const base = await newTable();
    await append(base, "a");
    const after = await append(base, "b");
    expect(after.version).toBe(2);
    expect((await logLines(base.storage, 2))[0]?.["commitInfo"]).toMatchObject({ readVersion: 0 });
  });

  test("a write that failed because another came first follows it", async () => {
    const base = await newTable();
    /** As a store that cannot say whether a conditional write was refused. */
    class Unclear extends FaultyStorage {
      override async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
        if (await super.putIfAbsent(path, bytes)) return true;
        throw new StorageError("503");
      }
    }
    const stale = await load(new Unclear(base.storage));
    await append(base, "a");
    expect(await paths(await append(stale, "b"))).toEqual(["a", "b"]);
  });

  test("a transaction that is never lucky ends with an error that can be retried", async () => {
    const base = await newTable();
    class Rival extends FaultyStorage {
      override async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
        await append(await load(base.storage), path);
        return super.putIfAbsent(path, bytes);
      }
    }
    const transaction = (await load(new Rival(base.storage))).transaction({ operation: "WRITE", maxAttempts: 3 });
    const error = await transaction.commit().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ConflictError);
    expect((error as ConflictError).transient).toBe(true);
    expect((await load(base.storage)).version).toBe(3);
  });
});
