import type { AddFile } from "../delta/actions/action.js";
import type { MergeChange } from "./merge_rows.js";
import type { FileChange } from "./row_changes.js";

type Metrics = Readonly<Record<string, number>>;

/** Metrics of a DELETE or UPDATE, under the names that Spark gives them. */
export function changeMetrics(change: FileChange, millis: number): Metrics {
  const { counts, staged, removed } = change;
  return {
    numRemovedFiles: removed.length - (change.hidden?.length ?? 0),
    numRemovedBytes: bytes(removed),
    numAddedFiles: staged.files.length,
    numAddedBytes: staged.bytes,
    ...(counts.updated > 0 ? { numUpdatedRows: counts.updated } : {}),
    ...(counts.deleted > 0 ? { numDeletedRows: counts.deleted } : {}),
    numCopiedRows: counts.copied,
    numAddedChangeFiles: change.changeFiles?.length ?? 0,
    ...vectorMetrics("num", change),
    executionTimeMs: millis,
  };
}

/** Metrics of a MERGE. */
export function mergeMetrics(change: MergeChange, millis: number): Metrics {
  const { counts, staged, removed, sourceRows } = change;
  return {
    numSourceRows: sourceRows,
    numTargetRowsInserted: counts.inserted,
    numTargetRowsUpdated: counts.updated,
    numTargetRowsDeleted: counts.deleted,
    numTargetRowsCopied: counts.copied,
    numOutputRows: staged.rows,
    numTargetFilesAdded: staged.files.length,
    numTargetFilesRemoved: removed.length - (change.hidden?.length ?? 0),
    numTargetBytesAdded: staged.bytes,
    numTargetBytesRemoved: bytes(removed),
    numTargetChangeFilesAdded: change.changeFiles?.length ?? 0,
    ...vectorMetrics("numTarget", change),
    executionTimeMs: millis,
  };
}

/** Metrics of a WRITE. */
export function writeMetrics(change: Pick<FileChange, "staged" | "removed">, millis: number): Metrics {
  return {
    numFiles: change.staged.files.length,
    numOutputRows: change.staged.rows,
    numOutputBytes: change.staged.bytes,
    ...(change.removed.length > 0
      ? { numRemovedFiles: change.removed.length, numRemovedBytes: bytes(change.removed) }
      : {}),
    executionTimeMs: millis,
  };
}

function vectorMetrics(prefix: string, { removed, hidden = [] }: FileChange): Metrics {
  const before = new Map(removed.map(({ path, deletionVector }) => [path, deletionVector]));
  const updated = hidden.filter(({ path }) => before.get(path) !== undefined).length;
  const gone = removed.filter(({ deletionVector }) => deletionVector !== undefined).length;
  return {
    [`${prefix}DeletionVectorsAdded`]: hidden.length,
    [`${prefix}DeletionVectorsRemoved`]: gone,
    [`${prefix}DeletionVectorsUpdated`]: updated,
  };
}

function bytes(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
