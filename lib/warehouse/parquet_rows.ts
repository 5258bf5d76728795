import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PolarsEngine } from "../engine/polars/engine.js";
import type { Relation } from "../relation/relation.js";
import { newFolder, removeFolder } from "../storage/temporary_folder.js";

/** A Parquet file of rows on their way into a warehouse. */
export interface RowFile {
  /** Absolute. */
  readonly path: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Evaluates a relation into Parquet files of a temporary folder, which is gone when `use` has ended. No rows, no files.
 *
 * @param rowsPerFile at most; undefined where one size is as good as another
 */
export async function withParquetFiles<T>(
  engine: PolarsEngine,
  rows: Pick<Relation, "node">,
  rowsPerFile: number | undefined,
  use: (files: readonly RowFile[]) => Promise<T>,
): Promise<T> {
  const folder = newFolder(tmpdir());
  try {
    const written = await engine.writeParquet(rows.node, {
      ...(rowsPerFile === undefined ? {} : { targetRows: rowsPerFile }),
      compression: "none",
      newPath: (_partition, index) => `${String(index).padStart(6, "0")}.parquet`,
      locate: async (path) => ({ url: join(folder, path) }),
    });
    return await use(written.map((file) => ({ ...file, path: join(folder, file.path) })));
  } finally {
    removeFolder(folder);
  }
}
