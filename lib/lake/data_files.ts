import { newId } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import { encodePath, partitionFolder } from "../delta/file_path.js";
import { serializePartitionValues } from "../delta/partition_values.js";
import type { Scalar } from "../delta/scalar.js";
import { serializeStats } from "../delta/stats.js";
import type { NewFile } from "../delta/transaction.js";
import type { PolarsEngine, WrittenFile } from "../engine/polars/engine.js";
import type { RelationNode } from "../relation/node.js";
import type { Storage } from "../storage/storage.js";
import { checkNulls } from "./conform.js";

/** Data files that are written but in no table yet. */
export interface StagedFiles {
  readonly files: readonly NewFile[];
  readonly rows: number;
  readonly bytes: number;
}

/** Writes the rows of a conforming relation as data files of a table. Nothing sees them until they are committed. */
export async function stageFiles(
  engine: PolarsEngine,
  storage: Storage,
  table: AnyTable,
  node: RelationNode,
): Promise<StagedFiles> {
  const written = await engine.writeParquet(node, {
    partitionBy: table.partitionBy,
    newPath: (values, index) => dataPath(table, values, index),
    locate: (path) => storage.locate(path),
  });
  const files = await Promise.all(written.map((file) => newFile(storage, table, file)));
  checkNulls(table, nullCounts(written));
  return {
    files,
    rows: written.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}

function dataPath(table: AnyTable, values: Readonly<Record<string, Scalar | null>>, index: number): string {
  const stored = serializePartitionValues(table.schema, table.partitionBy, values);
  return `${partitionFolder(table.partitionBy, stored)}part-${String(index).padStart(5, "0")}-${newId()}.parquet`;
}

async function newFile(storage: Storage, table: AnyTable, file: WrittenFile): Promise<NewFile> {
  return {
    path: encodePath(file.path),
    partitionValues: serializePartitionValues(table.schema, table.partitionBy, file.partitionValues),
    size: await storage.settle(file.path),
    stats: serializeStats(file.rows, file.columns),
  };
}

function nullCounts(written: readonly WrittenFile[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const file of written) {
    for (const { path, nullCount } of file.columns) {
      const [name] = path;
      if (path.length === 1 && name !== undefined) counts.set(name, (counts.get(name) ?? 0) + (nullCount ?? 0));
    }
    for (const [name, value] of Object.entries(file.partitionValues)) {
      if (value === null) counts.set(name, (counts.get(name) ?? 0) + file.rows);
    }
  }
  return counts;
}
