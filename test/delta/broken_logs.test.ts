import { describe, expect, test } from "vitest";
import { writeCheckpoint } from "../../lib/delta/checkpoint.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { type DeltaError, isTslakeError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field } from "../../lib/types.js";

const commit = (version: number): string => `_delta_log/${String(version).padStart(20, "0")}.json`;
const utf8 = new TextEncoder();

/** Four commits of one file each; with a checkpoint at version 2 when asked for. */
async function made(properties: Readonly<Record<string, string>> = {}, checkpoint = false): Promise<Storage> {
  const storage = new MemoryStorage();
  const table = await DeltaTable.create(storage, { fields: [field("id", "long")], properties });
  for (const id of [1n, 2n, 3n]) {
    await table.append([{ id }]);
    if (checkpoint && id === 2n) await writeCheckpoint(await table.snapshot());
  }
  return storage;
}

async function edit(storage: Storage, path: string, change: (text: string) => string): Promise<void> {
  const text = new TextDecoder().decode(await storage.read(path));
  await storage.put(path, utf8.encode(change(text)));
}

/** What reading the rows says. */
async function complaint(storage: Storage): Promise<DeltaError> {
  const error: unknown = await DeltaTable.open(storage)
    .then((table) => table.read().collect())
    .then(
      (rows) => new Error(`${rows.length} rows`),
      (caught: unknown) => caught,
    );
  expect(isTslakeError(error), String(error)).toBe(true);
  return error as DeltaError;
}

async function checkpointOf(storage: Storage): Promise<string> {
  const found = (await storage.list("_delta_log/")).find(({ path }) => path.includes(".checkpoint."));
  return found?.path ?? "";
}

describe("a broken log is an error that names file and reason:", () => {
  test("a torn line", async () => {
    const storage = await made();
    await edit(storage, commit(2), (text) => text.slice(0, -30));
    expect(await complaint(storage)).toMatchObject({
      message: expect.stringMatching(/00000000000000000002\.json is damaged: line 2 is not complete JSON/),
      where: { file: commit(2), line: 2 },
    });
  });

  test("an action without what it needs", async () => {
    const storage = await made();
    await edit(storage, commit(2), (text) => text.replace('"path":', '"pfad":'));
    expect(await complaint(storage)).toMatchObject({ message: expect.stringMatching(/02\.json.*line 2.*"path"/) });
  });

  test("a gap", async () => {
    const storage = await made();
    await storage.delete(commit(2));
    expect(await complaint(storage)).toMatchObject({
      message: expect.stringContaining("commit 2 is missing although commit 3 exists"),
      where: { file: commit(2) },
    });
  });

  test("no beginning", async () => {
    const storage = await made();
    await storage.delete(commit(0));
    expect(await complaint(storage)).toMatchObject({ message: expect.stringContaining("incomplete") });
  });

  test("a protocol of the future, a feature that nobody knows", async () => {
    const storage = await made();
    await edit(storage, commit(0), (text) => text.replace('"minReaderVersion":1', '"minReaderVersion":9'));
    expect(await complaint(storage)).toMatchObject({ message: expect.stringContaining("reader protocol version 9") });
    await edit(storage, commit(0), (text) =>
      text.replace(
        /"protocol":\{[^}]*\}/,
        '"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["telepathy"],"writerFeatures":["telepathy"]}',
      ),
    );
    expect(await complaint(storage)).toMatchObject({ message: expect.stringContaining("telepathy") });
  });

  test("a checkpoint that is cut, or is none", async () => {
    for (const spoil of [(bytes: Uint8Array) => bytes.subarray(0, 500), () => utf8.encode("PAR1 no PAR1")]) {
      const storage = await made({}, true);
      const path = await checkpointOf(storage);
      await storage.put(path, spoil((await storage.read(path)) ?? new Uint8Array()));
      for (const version of [0, 1, 2]) await storage.delete(commit(version));
      expect(await complaint(storage)).toMatchObject({ where: { file: path } });
    }
  });

  test("a checkpoint whose bytes were changed", async () => {
    const storage = await made({}, true);
    for (const version of [0, 1, 2]) await storage.delete(commit(version));
    const path = await checkpointOf(storage);
    const bytes = (await storage.read(path)) ?? new Uint8Array();
    await storage.put(
      path,
      bytes.map((byte, i) => (i > 4 && i < bytes.length / 2 ? byte ^ 0x5a : byte)),
    );
    expect(await complaint(storage)).toMatchObject({ where: { file: path } });
  });

  test("a sidecar that is gone", async () => {
    const storage = await made({ "delta.checkpointPolicy": "v2" }, true);
    for (const version of [0, 1, 2]) await storage.delete(commit(version));
    const [sidecar] = await storage.list("_delta_log/_sidecars/");
    await storage.delete(sidecar?.path ?? "");
    expect(await complaint(storage)).toMatchObject({ where: { file: sidecar?.path } });
  });

  test("a data file that is gone, or of another size", async () => {
    for (const spoil of [
      (storage: Storage, path: string) => storage.delete(path),
      (storage: Storage, path: string) => storage.put(path, new Uint8Array(10)),
    ]) {
      const storage = await made();
      const data = (await storage.list("part-"))[1]?.path ?? "";
      await spoil(storage, data);
      const { message, where } = await complaint(storage);
      expect(`${message} ${JSON.stringify(where)}`).toContain(data);
    }
  });
});

test("a hint that is wrong is only a hint", async () => {
  for (const hint of ["", "{", '{"version":99,"size":1}', '{"version":"x"}', '{"version":1,"size":1}']) {
    const storage = await made({}, true);
    await storage.put("_delta_log/_last_checkpoint", utf8.encode(hint));
    const rows = await (await DeltaTable.open(storage)).read().collect();
    expect(rows).toHaveLength(3);
  }
});
