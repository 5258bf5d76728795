import { expect, test } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { createTable } from "../../lib/delta/create_table.js";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { forEveryFault } from "../storage/faulty_storage.js";
import { append, file, load, newTable, paths, SCHEMA } from "./fixtures.js";

/** A table of two files; its next commit makes a checkpoint due. */
async function table(): Promise<Storage> {
  const created = await newTable({ configuration: { "delta.checkpointInterval": "3" } });
  return (await append(await append(created, "a"), "b")).storage;
}

async function appendC(storage: Storage): Promise<void> {
  await append(await load(storage), "c");
}

/** Replaces all files by one. */
async function overwrite(storage: Storage): Promise<void> {
  const snapshot = await load(storage);
  const transaction = snapshot.transaction({ operation: "WRITE", operationParameters: { mode: "Overwrite" } });
  transaction.read();
  for (const one of await snapshot.files()) transaction.removeFile(one);
  transaction.addFile(file("c"));
  transaction.setTransaction("app", 1);
  await transaction.commit();
}

test("an append leaves the old version or the new one, and keeps what it acknowledged", async () => {
  const runs = await forEveryFault(table, appendC, async (storage, { acknowledged, story }) => {
    const found = await paths(await load(storage));
    expect(
      [
        ["a", "b"],
        ["a", "b", "c"],
      ],
      story,
    ).toContainEqual(found);
    if (acknowledged) expect(found, story).toEqual(["a", "b", "c"]);
    // The table goes on: the next commit succeeds, and repeated loading agrees.
    expect(await paths(await append(await load(storage), "d")), story).toEqual([...found, "d"]);
    expect(await paths(await load(storage)), story).toEqual([...found, "d"]);
  });
  expect(runs).toBeGreaterThan(20);
});

test("an overwrite is all or nothing, and repeating it after a crash does it once", async () => {
  await forEveryFault(table, overwrite, async (storage, { acknowledged, story }) => {
    const found = await paths(await load(storage));
    expect([["a", "b"], ["c"]], story).toContainEqual(found);
    if (acknowledged) expect(found, story).toEqual(["c"]);
    await overwrite(storage);
    const after = await load(storage);
    expect(await paths(after), story).toEqual(["c"]);
    expect(after.version, story).toBe(3);
  });
});

test("a checkpoint changes nothing, wherever it breaks off", async () => {
  const prepare = async (): Promise<Storage> => (await append(await load(await table()), "c")).storage;
  await forEveryFault(
    prepare,
    async (storage) => writeCheckpoint(await load(storage)),
    async (storage, { story }) => {
      expect(await paths(await load(storage)), story).toEqual(["a", "b", "c"]);
      expect((await load(storage)).version, story).toBe(3);
    },
  );
});

test("making a table makes it or leaves nothing", async () => {
  const prepare = async (): Promise<Storage> => new MemoryStorage();
  const make = async (storage: Storage) => (await createTable(storage, { schema: SCHEMA })).commit();
  await forEveryFault(prepare, make, async (storage, { acknowledged, story }) => {
    const snapshot = await Snapshot.load(storage);
    if (acknowledged) expect(snapshot, story).toBeDefined();
    if (snapshot === undefined) await make(storage);
    expect((await load(storage)).version, story).toBe(0);
  });
});

test("a rebase that breaks off leaves the winner's version or both", async () => {
  let stale: Snapshot | undefined;
  await forEveryFault(
    table,
    async (storage) => {
      stale = await load(storage);
      await append(await load(storage), "winner");
      await append(stale, "c");
    },
    async (storage, { acknowledged, story }) => {
      const found = await paths(await load(storage));
      expect(
        [
          ["a", "b"],
          ["a", "b", "winner"],
          ["a", "b", "c", "winner"],
        ],
        story,
      ).toContainEqual(found);
      if (acknowledged) expect(found, story).toEqual(["a", "b", "c", "winner"]);
    },
  );
});
