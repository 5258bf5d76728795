import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { AddFile, Commit, DeletionVectorDescriptor, PartitionValues, RemoveFile } from "./actions/action.js";
import { readCommits } from "./commit_reader.js";
import { readDeletionVector } from "./deletion_vector.js";
import { fileKey } from "./file_path.js";
import { type CommitFile, listCommits } from "./log_segment.js";
import { Snapshot } from "./snapshot.js";

/** Rows of a file that a commit has changed. */
export interface ChangedRows {
  readonly version: number;
  /** Milliseconds since the epoch: the in-commit timestamp, else the time of the commit's file. */
  readonly timestamp: number;
  /** `cdc`: the file itself says what each row is (`_change_type`). */
  readonly change: "insert" | "delete" | "cdc";
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes; undefined when the log does not say. */
  readonly size: number | undefined;
  /** Rows of the file that do not count. */
  readonly deletionVector: DeletionVectorDescriptor | undefined;
  /** The only rows of the file that count, by their number from 0, ascending; undefined for all. */
  readonly only: Uint32Array | undefined;
}

/**
 * The rows that the commits `from` to `to`, both included, have changed (protocol, "Change Data Files"): what their change
 * files say, else what follows from the files that they added and removed.
 * @throws DeltaError when the log no longer holds all of the commits, or the table did not record changes at one of them
 */
export async function changeDataFeed(storage: Storage, from: number, to: number): Promise<readonly ChangedRows[]> {
  if (from > to || from < 0)
    throw new DeltaError("Changes are read from a version to the same or a later one", {
      actual: `from ${from} to ${to}`,
    });
  const files = (await listCommits(storage, from)).filter(({ version }) => version <= to);
  if (files[0]?.version !== from || files.length !== to - from + 1) throw incomplete(files, from, to);
  const commits = await readCommits(storage, files);
  const first = commits[0]?.metadata ?? (await Snapshot.load(storage, { version: from }))?.metadata;
  checkRecorded(first?.configuration, from);
  const changes: ChangedRows[] = [];
  for (const [index, commit] of commits.entries()) {
    if (commit.metadata) checkRecorded(commit.metadata.configuration, commit.version);
    const timestamp = commit.commitInfo?.inCommitTimestamp ?? files[index]?.modifiedAt ?? 0;
    const base = { version: commit.version, timestamp };
    changes.push(...(commit.cdc?.length ? recorded(commit, base) : await inferred(storage, commit, base)));
  }
  return changes;
}

type Base = Pick<ChangedRows, "version" | "timestamp">;

function recorded({ cdc = [] }: Commit, base: Base): readonly ChangedRows[] {
  return cdc.map(({ path, partitionValues, size }) => ({
    ...base,
    change: "cdc",
    path,
    partitionValues,
    size,
    deletionVector: undefined,
    only: undefined,
  }));
}

async function inferred(storage: Storage, commit: Commit, base: Base): Promise<readonly ChangedRows[]> {
  const removed = new Map(commit.removes.filter(({ dataChange }) => dataChange).map((file) => [pathKey(file), file]));
  const changes: ChangedRows[] = [];
  for (const add of commit.adds.filter(({ dataChange }) => dataChange)) {
    const before = removed.get(pathKey(add));
    removed.delete(pathKey(add));
    if (before === undefined) changes.push(wholeFile(add, "insert", base));
    else changes.push(...(await vectorChanges(storage, add, before, base)));
  }
  for (const remove of removed.values()) changes.push(wholeFile(remove, "delete", base));
  return changes;
}

/** A file that stays with another deletion vector: rows that it newly names are deleted, those it no longer names are back. */
async function vectorChanges(
  storage: Storage,
  add: AddFile,
  before: RemoveFile,
  base: Base,
): Promise<readonly ChangedRows[]> {
  const rows = async (file: AddFile | RemoveFile): Promise<Uint32Array> =>
    file.deletionVector ? readDeletionVector(storage, file.deletionVector) : new Uint32Array();
  const [hiddenNow, hiddenBefore] = [await rows(add), await rows(before)];
  const whole = wholeFile(add, "delete", base);
  const parts = [
    { ...whole, deletionVector: undefined, only: without(hiddenNow, hiddenBefore) },
    { ...whole, change: "insert" as const, deletionVector: undefined, only: without(hiddenBefore, hiddenNow) },
  ];
  return parts.filter(({ only }) => only.length > 0);
}

function wholeFile(file: AddFile | RemoveFile, change: "insert" | "delete", base: Base): ChangedRows {
  const { path, partitionValues, size, deletionVector } = file;
  if (partitionValues === undefined)
    throw new DeltaError("The log does not say which partition a removed file was of", {
      where: { version: base.version, file: path },
      expected: "extended file metadata",
    });
  return { ...base, change, path, partitionValues, size, deletionVector, only: undefined };
}

function without(rows: Uint32Array, others: Uint32Array): Uint32Array {
  const set = new Set(others);
  return rows.filter((row) => !set.has(row));
}

function pathKey({ path }: { readonly path: string }): string {
  return fileKey({ path });
}

function checkRecorded(configuration: Readonly<Record<string, string>> | undefined, version: number): void {
  if (configuration?.["delta.enableChangeDataFeed"]?.toLowerCase() === "true") return;
  throw new DeltaError(`The table did not record its changes at version ${version}`, {
    where: { version },
    expected: "delta.enableChangeDataFeed = true",
    remedy: "Begin at a version from which on it did, or compare two versions of the table.",
  });
}

function incomplete(files: readonly CommitFile[], from: number, to: number): DeltaError {
  return new DeltaError("The log does not hold all of these commits", {
    expected: `commits ${from} to ${to}`,
    actual: files.length === 0 ? "none" : `${files.length} commits from ${files[0]?.version}`,
  });
}
