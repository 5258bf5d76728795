import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PolarsEngine } from "../engine/polars/engine.js";
import { RelationError } from "../errors.js";
import type { Relation } from "../relation/relation.js";
import type { Runner } from "../relation/runner.js";
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
 * @param rowsPerFile at most
 * @throws RelationError for a relation that no lake runs
 */
export async function withParquetFiles<T>(
  rows: Pick<Relation, "node" | "runner">,
  rowsPerFile: number,
  use: (files: readonly RowFile[]) => Promise<T>,
): Promise<T> {
  const { runner } = rows;
  if (!hasEngine(runner)) throw new RelationError("the rows for a warehouse are not of a lake");
  const folder = newFolder(tmpdir());
  try {
    const written = await runner.engine.writeParquet(rows.node, {
      targetRows: rowsPerFile,
      compression: "lz4",
      newPath: (_partition, index) => `${String(index).padStart(6, "0")}.parquet`,
      locate: async (path) => ({ url: join(folder, path) }),
    });
    return await use(written.map((file) => ({ ...file, path: join(folder, file.path) })));
  } finally {
    removeFolder(folder);
  }
}

function hasEngine(runner: Runner | undefined): runner is Runner & { readonly engine: PolarsEngine } {
  return runner !== undefined && "engine" in runner;
}
