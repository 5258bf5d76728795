import type { AddFile, Commit, RemoveFile } from "./actions/action.js";
import { fileKey } from "./file_path.js";

/** The data files of a table version, by key. */
export type ActiveFiles = ReadonlyMap<string, AddFile>;

/** The files after some commits (protocol, "Action Reconciliation"): the last action on a file decides. */
export function applyCommits(base: ActiveFiles, commits: readonly Commit[]): ActiveFiles {
  if (commits.every((commit) => commit.adds.length === 0 && commit.removes.length === 0)) return base;
  const files = new Map(base);
  for (const commit of commits) {
    for (const remove of commit.removes) files.delete(fileKey(remove));
    for (const add of commit.adds) files.set(fileKey(add), add);
  }
  return files;
}

/** The tombstones after some commits, by key. */
export function applyRemoves(
  base: ReadonlyMap<string, RemoveFile>,
  commits: readonly Commit[],
): ReadonlyMap<string, RemoveFile> {
  const tombstones = new Map(base);
  for (const commit of commits) {
    for (const remove of commit.removes) tombstones.set(fileKey(remove), remove);
    for (const add of commit.adds) tombstones.delete(fileKey(add));
  }
  return tombstones;
}

/** The tombstone that removing a data file leaves. */
export function tombstoneOf(
  file: AddFile,
  removal: { readonly deletionTimestamp: number; readonly dataChange: boolean },
): RemoveFile {
  const { path, partitionValues, size, stats, tags, deletionVector, baseRowId, defaultRowCommitVersion } = file;
  return {
    path,
    ...removal,
    extendedFileMetadata: true,
    partitionValues,
    size,
    stats,
    tags,
    deletionVector,
    baseRowId,
    defaultRowCommitVersion,
  };
}
