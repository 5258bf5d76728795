import type { AddFile } from "../delta/actions/action.js";
import { readDeletionVector, writeDeletionVectors } from "../delta/deletion_vector.js";
import type { NewFile } from "../delta/transaction.js";
import type { FileTarget } from "./data_files.js";

/** The files with these rows hidden, beside those that were hidden before: one deletion vector each. */
export async function hideRows(
  { storage }: FileTarget,
  files: readonly AddFile[],
  rows: readonly Uint32Array[],
): Promise<readonly NewFile[]> {
  const all = await Promise.all(
    files.map(async ({ deletionVector }, i) => {
      const now = rows[i] ?? new Uint32Array();
      return deletionVector === undefined ? now : merged(await readDeletionVector(storage, deletionVector), now);
    }),
  );
  const vectors = await writeDeletionVectors(storage, all);
  return files.flatMap((file, i): NewFile[] => {
    const deletionVector = vectors[i];
    return deletionVector === undefined
      ? []
      : [{ ...file, dataChange: true, stats: widened(file.stats), deletionVector }];
  });
}

function merged(before: Uint32Array, now: Uint32Array): Uint32Array {
  const all = new Uint32Array(before.length + now.length);
  all.set(before);
  all.set(now, before.length);
  return all.sort();
}

/** Statistics whose bounds hold still, but need not be reached by a row (protocol, "Per-file Statistics"). */
function widened(stats: string | undefined): string | undefined {
  if (stats === undefined || /"tightBounds"\s*:\s*false/.test(stats)) return stats;
  if (/"tightBounds"\s*:\s*true/.test(stats)) return stats.replace(/"tightBounds"\s*:\s*true/, '"tightBounds":false');
  return stats.replace(/}\s*$/, ',"tightBounds":false}');
}
