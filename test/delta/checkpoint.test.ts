import { afterEach, describe, expect, test, vi } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { LAST_CHECKPOINT } from "../../lib/delta/log_path.js";
import { parquetHandler } from "../../lib/delta/parquet_handler.js";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { DeltaError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field } from "../../lib/types.js";
import { append, committed, file, load, newTable, paths } from "./fixtures.js";

afterEach(() => vi.unstubAllEnvs());

const names = async (storage: Storage): Promise<string[]> =>
  (await storage.list("_delta_log/")).map(({ path }) => path.slice("_delta_log/".length));

const checkpoints = async (storage: Storage): Promise<number[]> =>
  (await names(storage)).filter((name) => name.includes(".checkpoint.")).map((name) => Number.parseInt(name, 10));

/** Removes the commits below a version, as log clean-up does. */
async function forget(storage: Storage, below: number): Promise<void> {
  for (const name of await names(storage)) {
    if (name.endsWith(".json") && Number.parseInt(name, 10) < below) await storage.delete(`_delta_log/${name}`);
  }
}

describe("a checkpoint", () => {
  test("is written every ten commits, or as the table says, with its hint after it", async () => {
    for (const [configuration, expected] of [
      [{}, [10, 20]],
      [{ "delta.checkpointInterval": "7" }, [7, 14, 21]],
    ] as const) {
      let snapshot = await newTable({ configuration });
      for (let i = 1; i <= 22; i++) snapshot = await append(snapshot, `f${i}`);
      expect(await checkpoints(snapshot.storage)).toEqual(expected);
      const hint = JSON.parse(new TextDecoder().decode(await snapshot.storage.read(LAST_CHECKPOINT)));
      expect(hint).toMatchObject({
        version: expected.at(-1),
        numOfAddFiles: expected.at(-1),
        size: (expected.at(-1) ?? 0) + 2,
      });
      await forget(snapshot.storage, 20);
      expect(await paths(await load(snapshot.storage))).toEqual(await paths(snapshot));
    }
  });

  test("comes more seldom when the table is large, unless its interval is set", async () => {
    let snapshot = await newTable();
    const many = snapshot.transaction({ operation: "WRITE" });
    for (let i = 0; i < 400; i++) many.addFile(file(`f${i}`));
    snapshot = committed(await many.commit());
    for (let i = 0; i < 35; i++) snapshot = await append(snapshot, `g${i}`);
    expect(await checkpoints(snapshot.storage)).toEqual([10, 31]);
  });

  test("holds all that a snapshot tells", async () => {
    const created = await newTable({
      name: "t",
      description: "Descrição",
      partitionColumns: ["ano"],
      configuration: { "delta.checkpointInterval": "1000", "x.y": "ç" },
      schema: { type: "struct", fields: [field("id", "long"), field("ano", "integer"), field("em", "timestamp_ntz")] },
      features: ["domainMetadata"],
    });
    const transaction = created.transaction({ operation: "WRITE" });
    transaction.addFile(
      file("ano=2014/a", [0, 9], { partitionValues: { ano: "2014" }, tags: { sha: "abc", none: null } }),
    );
    transaction.addFile(
      file("ano=__HIVE_DEFAULT_PARTITION__/b", [5, 6], { partitionValues: { ano: null }, stats: undefined }),
    );
    transaction.addFile(file("ano=2015/c", [0, 9], { partitionValues: { ano: "2015" }, size: 5_000_000_000 }));
    transaction.setTransaction("app", 9007199254740993n);
    transaction.setDomainMetadata("d", '{"k":1}');
    const before = committed(await transaction.commit());
    await writeCheckpoint(before);
    await forget(before.storage, 2);
    const after = await load(before.storage);
    expect(after.version).toBe(1);
    expect(after.protocol).toEqual(before.protocol);
    expect(after.metadata).toEqual(before.metadata);
    const withoutDataChange = (await before.files()).map((one) => ({ ...one, dataChange: false }));
    expect(await after.files()).toEqual(withoutDataChange);
    expect(await after.txn("app")).toBe(9007199254740993n);
    expect(await after.domainMetadata("d")).toBe('{"k":1}');
    expect(await after.numRecords()).toBeUndefined();
  });

  test("keeps tombstones and transactions until their retention is over", async () => {
    vi.stubEnv("TSLAKE_NOW", "2024-01-01T00:00:00Z");
    let snapshot = await newTable({
      configuration: {
        "delta.deletedFileRetentionDuration": "interval 2 days",
        "delta.setTransactionRetentionDuration": "interval 3 days",
      },
      features: ["domainMetadata"],
    });
    const day = async (date: string, name: string): Promise<void> => {
      vi.stubEnv("TSLAKE_NOW", `${date}T00:00:00Z`);
      snapshot = await append(snapshot, name);
      const transaction = snapshot.transaction({ operation: "DELETE" });
      transaction.setTransaction(name, 1);
      transaction.setDomainMetadata(name, "x");
      for (const one of await snapshot.files()) transaction.removeFile(one);
      snapshot = committed(await transaction.commit());
    };
    await day("2024-01-02", "a");
    await day("2024-01-04", "b");
    const removal = snapshot.transaction({ operation: "UNSET" });
    removal.removeDomainMetadata("a");
    snapshot = committed(await removal.commit());
    vi.stubEnv("TSLAKE_NOW", "2024-01-05T12:00:00Z");
    await writeCheckpoint(snapshot);
    await forget(snapshot.storage, 10);
    const after = await load(snapshot.storage);
    expect((await after.tombstones()).map(({ path }) => path)).toEqual(["b"]);
    expect((await after.tombstones())[0]).toMatchObject({ size: 100, dataChange: false, extendedFileMetadata: true });
    expect(await after.txns(["a", "b"])).toEqual(new Map([["b", 1n]]));
    expect([...(await after.domains()).keys()]).toEqual(["b"]);
  });

  test("that cannot be written never fails the commit, which is told of it", async () => {
    const broken = { ...parquetHandler, encode: () => Promise.reject(new Error("no space")) };
    const { storage } = await newTable({ configuration: { "delta.checkpointInterval": "1" } });
    const snapshot = await Snapshot.load(storage, { handler: broken });
    const transaction = snapshot?.transaction({ operation: "WRITE" });
    transaction?.addFile(file("a"));
    const result = await transaction?.commit();
    expect(result).toMatchObject({ committed: true, version: 1, checkpointError: expect.any(Error) });
    expect(await paths(await load(storage))).toEqual(["a"]);
  });

  test("that is damaged is an error that names the file", async () => {
    const snapshot = await append(await newTable(), "a");
    await writeCheckpoint(snapshot);
    await forget(snapshot.storage, 2);
    const path = "_delta_log/00000000000000000001.checkpoint.parquet";
    const bytes = (await snapshot.storage.read(path)) ?? new Uint8Array();
    await snapshot.storage.put(path, bytes.slice(0, -20));
    const error = await load(snapshot.storage).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeltaError);
    expect((error as Error).message).toContain(path);
  });
});

describe("a large checkpoint", () => {
  test("answers for one application without reading all, and for many in one pass", async () => {
    let snapshot = await newTable();
    const count = 60_000;
    const transaction = snapshot.transaction({ operation: "WRITE" });
    for (let i = 0; i < count; i++) transaction.setTransaction(`sha256:${String(i * 7).padStart(8, "0")}`, i);
    for (let i = 0; i < 1500; i++) transaction.addFile(file(`f${i}`));
    snapshot = committed(await transaction.commit());
    await writeCheckpoint(snapshot);
    await forget(snapshot.storage, 2);
    const after = await load(snapshot.storage);
    const rows: number[] = [];
    const counting = {
      ...parquetHandler,
      async *read(...args: Parameters<typeof parquetHandler.read>) {
        for await (const batch of parquetHandler.read(...args)) {
          rows.push(batch.rowCount);
          yield batch;
        }
      },
    };
    const counted = await Snapshot.load(after.storage, { handler: counting });
    rows.length = 0;
    expect(await counted?.txn("sha256:00000070")).toBe(10n);
    expect(rows).toEqual([20_000]);
    expect(await after.txn("sha256:00000071")).toBeUndefined();
    expect(await after.txns(["sha256:00000000", "sha256:00419993", "nobody"])).toEqual(
      new Map([
        ["sha256:00000000", 0n],
        ["sha256:00419993", 59_999n],
      ]),
    );
    expect(await after.files()).toHaveLength(1500);
  });
});

describe("the Parquet handler", () => {
  test("reads back what it writes: nulls at every level, empty lists and maps", async () => {
    const text = { type: "map", keyType: "string", valueType: "string", valueContainsNull: true } as const;
    const list = { type: "array", elementType: "string", containsNull: true } as const;
    const inner = {
      type: "struct",
      fields: [field("m", text), field("l", list), field("n", "long"), field("b", "boolean")],
    } as const;
    const schema = { type: "struct", fields: [field("s", inner), field("i", "integer")] } as const;
    const rows = [
      { s: { m: { a: "1", b: null, __proto__x: "é" }, l: ["x", null], n: 9007199254740993n, b: true }, i: 1 },
      { s: null, i: null },
      { s: { m: {}, l: [], n: null, b: false }, i: -2 },
      { s: { m: null, l: null, n: -1n, b: null }, i: 3 },
    ];
    const storage = new MemoryStorage();
    await storage.put("x.parquet", await parquetHandler.encode(schema, [rows.slice(0, 2), [], rows.slice(2)]));
    const columns = ["s.m", "s.l", "s.n", "s.b", "i", "s.none", "nothing.here"];
    const read: unknown[][] = columns.map(() => []);
    for await (const batch of parquetHandler.read(storage, "x.parquet", columns)) {
      for (const [i, column] of columns.entries()) read[i]?.push(...batch.column(column));
    }
    // A map or list without an entry in the whole row group may come back as null.
    expect(read).toEqual([
      [{ a: "1", b: null, __proto__x: "é" }, null, null, null],
      [["x", null], null, null, null],
      [9007199254740993n, null, null, -1n],
      [true, null, false, null],
      [1, null, -2, 3],
      [null, null, null, null],
      [null, null, null, null],
    ]);
  });

  test("says which file is absent", async () => {
    const reading = parquetHandler.read(new MemoryStorage(), "gone.parquet", ["a"])[Symbol.asyncIterator]().next();
    await expect(reading).rejects.toThrow(/gone\.parquet/);
  });
});
