import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { commitPath } from "../../lib/delta/log_path.js";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { DeltaError, UnsupportedFeatureError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { FaultyStorage } from "../storage/faulty_storage.js";
import { add, append, load, METADATA, newTable, PROTOCOL, paths, remove, SCHEMA, writeLog } from "./fixtures.js";

const withConfiguration = (configuration: object, schema: object = SCHEMA): object => ({
  metaData: { ...METADATA.metaData, configuration, schemaString: JSON.stringify(schema) },
});

describe("loading a table", () => {
  test("no table is undefined; a version that is not there is an error that names those that are", async () => {
    const storage = new MemoryStorage();
    expect(await Snapshot.load(storage)).toBeUndefined();
    expect(await Snapshot.load(storage, { version: 3 })).toBeUndefined();
    await writeLog(storage, 0, PROTOCOL, METADATA);
    await expect(Snapshot.load(storage, { version: 3 })).rejects.toMatchObject({
      message: "The table has no version 3",
      where: { path: storage.uri },
      expected: "version 0",
      remedy: "Choose a version that the table's history lists.",
    });
    expect((await load(storage, 0)).version).toBe(0);
    for (const version of [1, 2, 3]) await writeLog(storage, version, { commitInfo: {} });
    await writeCheckpoint(await load(storage, 2));
    await expect(Snapshot.load(storage, { version: 9 })).rejects.toMatchObject({ expected: "version 0 to 3" });
    for (const version of [0, 1]) await storage.delete(commitPath(version));
    await expect(Snapshot.load(storage, { version: 1 })).rejects.toMatchObject({ expected: "version 2 to 3" });
    expect((await load(storage, 3)).version).toBe(3);
    for (const version of [2, 3]) await storage.delete(commitPath(version));
    await expect(Snapshot.load(storage, { version: 1 })).rejects.toMatchObject({ expected: "version 2" });
  });

  test("tells schema, partitions, description, properties and time", async () => {
    const snapshot = await newTable({
      name: "vendas",
      description: "Sales",
      partitionColumns: ["ano"],
      configuration: { "delta.checkpointInterval": "7" },
    });
    const again = await load(snapshot.storage);
    expect(again.schema).toEqual(SCHEMA);
    expect(again.partitionColumns).toEqual(["ano"]);
    expect(again.metadata).toMatchObject({ name: "vendas", description: "Sales", id: snapshot.metadata.id });
    expect(again.properties.checkpointInterval).toBe(7);
    expect(again.timestamp).toBe(snapshot.timestamp);
    expect(again.protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 });
  });

  test("a gap, a lost beginning and a missing checkpoint part are errors that name what is missing", async () => {
    const storage = new MemoryStorage();
    await writeLog(storage, 1, add("b"));
    await expect(Snapshot.load(storage)).rejects.toThrow("incomplete");
    await writeLog(storage, 0, PROTOCOL, METADATA, add("a"));
    await writeLog(storage, 3, add("d"));
    await expect(Snapshot.load(storage)).rejects.toThrow("commit 2 is missing");
    expect(await paths(await load(storage, 1))).toEqual(["a", "b"]);
  });

  test("a torn line names file and line", async () => {
    const storage = new MemoryStorage();
    await writeLog(storage, 0, PROTOCOL, METADATA, '{"add":{"path":"a","si');
    const error = await Snapshot.load(storage).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeltaError);
    expect((error as DeltaError).where).toMatchObject({ file: "_delta_log/00000000000000000000.json", line: 3 });
  });

  test("an add without a path, a log without protocol or metadata: errors", async () => {
    for (const [actions, message] of [
      [[PROTOCOL, METADATA, { add: { size: 1 } }], '"path"'],
      [[METADATA], "no protocol"],
      [[PROTOCOL], "no metaData"],
    ] as const) {
      const storage = new MemoryStorage();
      await writeLog(storage, 0, ...actions);
      await expect(Snapshot.load(storage)).rejects.toThrow(message);
    }
  });

  test("features that this engine lacks are refused by name, others tolerated", async () => {
    const refused: readonly (readonly [object, object, RegExp])[] = [
      [
        {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ["deletionVectors", "unheardOf", "unknownToo"],
          writerFeatures: ["deletionVectors", "unheardOf", "unknownToo"],
        },
        METADATA,
        /feature unheardOf, unknownToo/,
      ],
      [
        {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ["fromTheFuture"],
          writerFeatures: ["fromTheFuture"],
        },
        METADATA,
        /fromTheFuture/,
      ],
      [{ minReaderVersion: 4, minWriterVersion: 7 }, METADATA, /version 4/],
    ];
    for (const [protocol, metadata, message] of refused) {
      const storage = new MemoryStorage();
      await writeLog(storage, 0, { protocol }, metadata);
      const error = await Snapshot.load(storage).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(UnsupportedFeatureError);
      expect((error as Error).message).toMatch(message);
    }
    const read: readonly (readonly [object, object])[] = [
      [{ minReaderVersion: 2, minWriterVersion: 5 }, METADATA],
      [
        {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: ["timestampNtz"],
          writerFeatures: ["timestampNtz", "rowTracking", "somethingForWriters"],
        },
        METADATA,
      ],
      [{ minReaderVersion: 1, minWriterVersion: 4 }, withConfiguration({ "delta.enableChangeDataFeed": "true" })],
    ];
    for (const [protocol, metadata] of read) {
      const storage = new MemoryStorage();
      await writeLog(storage, 0, { protocol }, metadata);
      expect((await load(storage)).version).toBe(0);
    }
  });

  test("writing is refused by the name of the feature that forbids it", async () => {
    const cases: readonly (readonly [object, object, RegExp])[] = [
      [
        { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ["icebergCompatV1"] } },
        METADATA,
        /icebergCompatV1/,
      ],
      [{ protocol: { minReaderVersion: 1, minWriterVersion: 8 } }, METADATA, /version 8/],
    ];
    for (const [protocol, metadata, message] of cases) {
      const storage = new MemoryStorage();
      await writeLog(storage, 0, protocol, metadata);
      const snapshot = await load(storage);
      expect(() => snapshot.transaction({ operation: "WRITE" })).toThrow(message);
      expect(() => snapshot.transaction({ operation: "WRITE" })).toThrow(UnsupportedFeatureError);
    }
  });

  test("a wrong or stale _last_checkpoint is only a hint", async () => {
    for (const hint of ["", "{", '{"version":40,"size":1}', '{"version":1,"size":1}', '{"version":"x"}']) {
      let snapshot = await newTable();
      for (const path of ["a", "b", "c"]) snapshot = await append(snapshot, path);
      await writeCheckpoint(await load(snapshot.storage, 2));
      await snapshot.storage.put("_delta_log/_last_checkpoint", new TextEncoder().encode(hint));
      expect(await paths(await load(snapshot.storage))).toEqual(["a", "b", "c"]);
    }
  });

  test("a multi-part checkpoint counts only when it is complete", async () => {
    let snapshot = await newTable();
    for (const path of ["a", "b"]) snapshot = await append(snapshot, path);
    await snapshot.storage.put(
      "_delta_log/00000000000000000001.checkpoint.0000000001.0000000002.parquet",
      new Uint8Array(4),
    );
    expect(await paths(await load(snapshot.storage))).toEqual(["a", "b"]);
  });

  test("refresh reads only what is new and leaves the old snapshot as it was", async () => {
    const first = await append(await newTable(), "a");
    const reader = await load(new FaultyStorage(first.storage));
    await append(await append(first, "b"), "c");
    const calls = (): number => (reader.storage as FaultyStorage).calls;
    const before = calls();
    const newest = await reader.refresh();
    expect(calls() - before).toBe(3);
    expect(await paths(newest)).toEqual(["a", "b", "c"]);
    expect(await paths(reader)).toEqual(["a"]);
    expect(await newest.refresh()).toBe(newest);
  });
});

describe("replay", () => {
  const path = fc.constantFrom("a", "b", "c%20d", "e");
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), path }),
    fc.record({ kind: fc.constant("remove" as const), path }),
    fc.record({
      kind: fc.constant("txn" as const),
      appId: fc.constantFrom("x", "y"),
      version: fc.integer({ min: 0, max: 9 }),
    }),
    fc.record({ kind: fc.constant("domain" as const), domain: fc.constantFrom("p", "q"), removed: fc.boolean() }),
    fc.record({ kind: fc.constant("checkpoint" as const) }),
    fc.record({ kind: fc.constant("metadata" as const), description: fc.string() }),
  );

  test("gives what a simple model gives, at every version, with checkpoints anywhere", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 8 }), async (commits) => {
        const storage = new MemoryStorage();
        await writeLog(storage, 0, PROTOCOL, METADATA);
        const model = {
          files: new Set<string>(),
          txns: new Map<string, bigint>(),
          domains: new Map<string, string>(),
          description: undefined as string | undefined,
        };
        const states = [structuredClone(model)];
        for (const [index, steps] of commits.entries()) {
          const version = index + 1;
          const touched = new Set<string>();
          const actions: object[] = [];
          for (const one of steps) {
            if (one.kind === "add" || one.kind === "remove") {
              // The protocol forbids two actions on one file in one commit.
              if (touched.has(one.path)) continue;
              touched.add(one.path);
              actions.push(one.kind === "add" ? add(one.path) : remove(one.path, { deletionTimestamp: Date.now() }));
              one.kind === "add" ? model.files.add(one.path) : model.files.delete(one.path);
            } else if (one.kind === "txn" && !touched.has(one.appId)) {
              touched.add(one.appId);
              actions.push({ txn: { appId: one.appId, version: one.version } });
              model.txns.set(one.appId, BigInt(one.version));
            } else if (one.kind === "domain" && !touched.has(one.domain)) {
              touched.add(one.domain);
              actions.push({
                domainMetadata: { domain: one.domain, configuration: `v${version}`, removed: one.removed },
              });
              one.removed ? model.domains.delete(one.domain) : model.domains.set(one.domain, `v${version}`);
            } else if (one.kind === "metadata" && !touched.has("metadata")) {
              touched.add("metadata");
              actions.push({ metaData: { ...METADATA.metaData, description: one.description } });
              model.description = one.description;
            }
          }
          await writeLog(storage, version, ...actions);
          states.push(structuredClone(model));
          if (steps.some(({ kind }) => kind === "checkpoint")) await writeCheckpoint(await load(storage));
        }
        for (const [version, state] of states.entries()) {
          const snapshots = [await load(storage, version)];
          if (version === states.length - 1)
            snapshots.push(await load(storage), await (await load(storage, 0)).refresh());
          for (const snapshot of snapshots) {
            expect(snapshot.version).toBe(version);
            expect(await paths(snapshot)).toEqual([...state.files].sort());
            expect(await snapshot.txns(["x", "y", "z"])).toEqual(state.txns);
            for (const domain of ["p", "q", "r"])
              expect(await snapshot.domainMetadata(domain)).toBe(state.domains.get(domain));
            expect(snapshot.metadata.description).toBe(state.description);
          }
        }
      }),
      { numRuns: 40 },
    );
  });
});
