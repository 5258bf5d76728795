import { createTable, type NewTable } from "../../lib/delta/create_table.js";
import { Snapshot } from "../../lib/delta/snapshot.js";
import { serializeStats } from "../../lib/delta/stats.js";
import type { CommitResult, NewFile } from "../../lib/delta/transaction.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import type { Storage } from "../../lib/storage/storage.js";
import { field, type StructType } from "../../lib/types.js";

export const SCHEMA: StructType = {
  type: "struct",
  fields: [field("id", "long"), field("name", "string"), field("ano", "integer")],
};

/** A new table in memory (or in `storage`), with the columns id, name and, for partitions, ano. */
export async function newTable(
  table: Partial<NewTable> = {},
  storage: Storage = new MemoryStorage(),
): Promise<Snapshot> {
  return committed(await (await createTable(storage, { schema: SCHEMA, ...table })).commit());
}

/** A file of rows with these ids; no data file is written, for the log does not look into them. */
export function file(
  path: string,
  ids: readonly [from: number, to: number] = [0, 9],
  extra: Partial<NewFile> = {},
): NewFile {
  const [min, max] = ids;
  return {
    path,
    partitionValues: {},
    size: 100,
    stats: serializeStats(max - min + 1, [{ path: ["id"], type: "long", min, max, nullCount: 0 }]),
    ...extra,
  };
}

export async function append(snapshot: Snapshot, ...paths: readonly string[]): Promise<Snapshot> {
  const transaction = snapshot.transaction({ operation: "WRITE" });
  for (const path of paths) transaction.addFile(file(path));
  return committed(await transaction.commit());
}

/** The snapshot after a commit that must have succeeded, with its checkpoint if one was due. */
export function committed(result: CommitResult): Snapshot {
  if (!result.committed) throw new Error("nothing was committed");
  if (result.checkpointError !== undefined) throw result.checkpointError;
  return result.snapshot;
}

/** Loads what must be there. */
export async function load(storage: Storage, version?: number): Promise<Snapshot> {
  const snapshot = await Snapshot.load(storage, version === undefined ? {} : { version });
  if (snapshot === undefined) throw new Error("there is no table");
  return snapshot;
}

export async function paths(snapshot: Snapshot): Promise<string[]> {
  return (await snapshot.files()).map(({ path }) => path).sort();
}

const utf8 = new TextEncoder();

/** Writes a commit file by hand, one action a line. */
export async function writeLog(storage: Storage, version: number, ...actions: readonly unknown[]): Promise<void> {
  const text = actions.map((action) => (typeof action === "string" ? action : JSON.stringify(action))).join("\n");
  await storage.put(`_delta_log/${String(version).padStart(20, "0")}.json`, utf8.encode(`${text}\n`));
}

export const PROTOCOL = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
export const METADATA = {
  metaData: {
    id: "6f0f2a8c-0000-4000-8000-000000000000",
    format: { provider: "parquet", options: {} },
    schemaString: JSON.stringify(SCHEMA),
    partitionColumns: [],
    configuration: {},
  },
};
export const add = (path: string, more: object = {}): object => ({
  add: { path, partitionValues: {}, size: 1, modificationTime: 1, dataChange: true, ...more },
});
export const remove = (path: string, more: object = {}): object => ({
  remove: { path, deletionTimestamp: 1, dataChange: true, ...more },
});
