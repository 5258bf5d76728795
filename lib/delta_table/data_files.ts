import { newId } from "../clock.js";
import { encodePath, partitionFolder } from "../delta/file_path.js";
import { serializePartitionValues } from "../delta/partition_values.js";
import type { Scalar } from "../delta/scalar.js";
import type { Snapshot } from "../delta/snapshot.js";
import { serializeStats } from "../delta/stats.js";
import { statsColumns } from "../delta/stats_columns.js";
import type { TableProperties } from "../delta/table_properties.js";
import type { NewFile } from "../delta/transaction.js";
import type { PolarsEngine, WrittenFile } from "../engine/polars/engine.js";
import { DataError } from "../errors.js";
import type { RelationNode } from "../relation/node.js";
import type { Storage } from "../storage/storage.js";
import type { StructType } from "../types.js";

/** What a table's data files are written by and for. */
export interface FileTarget {
  readonly engine: PolarsEngine;
  /** Rooted at the table's folder. */
  readonly storage: Storage;
  /** The table as errors name it. */
  readonly label: string;
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** Which columns statistics are kept of; without it the first 32. */
  readonly properties?: Pick<TableProperties, "statsColumns" | "indexedColumns">;
  /** The table's properties as its metadata holds them; none while the table is being made. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** Whether commits that change rows say which, row by row. */
export function writesChanges({ configuration }: FileTarget): boolean {
  return configuration?.["delta.enableChangeDataFeed"]?.toLowerCase() === "true";
}

/** Whether rows may be hidden by deletion vectors instead of writing their files again. */
export function usesDeletionVectors({ configuration }: FileTarget): boolean {
  return configuration?.["delta.enableDeletionVectors"]?.toLowerCase() === "true";
}

/** How the data files of a table version are written. */
export function fileTarget(
  { engine, storage, label }: Pick<FileTarget, "engine" | "storage" | "label">,
  { schema, partitionColumns, properties, metadata }: Snapshot,
): FileTarget {
  const { configuration } = metadata;
  return { engine, storage, label, schema, partitionColumns, properties, configuration };
}

/** Data files that are written but in no table yet. */
export interface StagedFiles {
  readonly files: readonly NewFile[];
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes the rows of a relation that has the table's columns as data files. Nothing sees them until they are committed.
 * @param options.targetRows rows of a file at most
 * @throws DataError for a null in a column that is not nullable
 */
export async function stageFiles(
  target: FileTarget,
  node: RelationNode,
  options: { readonly targetRows?: number } = {},
): Promise<StagedFiles> {
  const { engine, storage, partitionColumns } = target;
  const written = await engine.writeParquet(node, {
    ...options,
    partitionBy: partitionColumns,
    newPath: (values, index) => dataPath(target, values, index),
    locate: (path) => storage.locate(path),
  });
  const files = await Promise.all(written.map((file) => newFile(target, file)));
  checkNulls(target, nullCounts(written));
  return {
    files,
    rows: written.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}

function dataPath(
  { schema, partitionColumns }: FileTarget,
  values: Readonly<Record<string, Scalar | null>>,
  index: number,
): string {
  const stored = serializePartitionValues(schema, partitionColumns, values);
  return `${partitionFolder(partitionColumns, stored)}part-${String(index).padStart(5, "0")}-${newId()}.parquet`;
}

async function newFile(target: FileTarget, file: WrittenFile): Promise<NewFile> {
  const { storage, schema, partitionColumns, properties } = target;
  const indexed = new Set(statsColumns(schema, partitionColumns, properties).map(({ path }) => JSON.stringify(path)));
  return {
    path: encodePath(file.path),
    partitionValues: serializePartitionValues(schema, partitionColumns, file.partitionValues),
    size: await storage.settle(file.path),
    stats: serializeStats(
      file.rows,
      file.columns.filter(({ path }) => indexed.has(JSON.stringify(path))),
    ),
  };
}

function checkNulls({ label, schema }: FileTarget, nulls: ReadonlyMap<string, number>): void {
  for (const { name, nullable } of schema.fields) {
    const count = nulls.get(name) ?? 0;
    if (nullable || count === 0) continue;
    throw new DataError(`${label}: null in a column that is not nullable, nothing is written`, {
      where: { table: label, column: name },
      expected: "no null",
      actual: `${count} rows`,
      remedy: `filter these rows, give ${name} a default, or make the column nullable`,
    });
  }
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
