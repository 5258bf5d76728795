import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PolarsEngine } from "../engine/polars/engine.js";
import type { Relation } from "../relation/relation.js";
import { newFolder, removeFolder } from "../storage/temporary_folder.js";

/** Rows in Parquet files of this machine. */
export interface StagedRows {
  /** Absolute paths; none for no rows. */
  readonly files: readonly string[];
  readonly rows: number;
}

/** Hands the rows of a relation, as Parquet files, to an engine's bulk load; the files go when it is done. */
export async function withParquet<T>(
  engine: PolarsEngine,
  relation: Relation,
  load: (staged: StagedRows) => Promise<T>,
): Promise<T> {
  const folder = newFolder(tmpdir());
  try {
    const written = await engine.writeParquet(relation.node, {
      compression: "none",
      newPath: (_, index) => `${index}.parquet`,
      locate: (path) => Promise.resolve({ url: join(folder, path) }),
    });
    return await load({
      files: written.map(({ path }) => join(folder, path)),
      rows: written.reduce((sum, { rows }) => sum + rows, 0),
    });
  } finally {
    removeFolder(folder);
  }
}
