import { newId } from "../clock.js";
import type { AddCdcFile } from "../delta/actions/action.js";
import { fieldId, physicalName, physicalPartitionColumns, physicalSchema } from "../delta/column_mapping.js";
import { encodePath, partitionFolder } from "../delta/file_path.js";
import { serializePartitionValues } from "../delta/partition_values.js";
import type { Snapshot } from "../delta/snapshot.js";
import { serializeStats } from "../delta/stats.js";
import { statsColumns } from "../delta/stats_columns.js";
import type { TableProperties } from "../delta/table_properties.js";
import type { NewFile } from "../delta/transaction.js";
import type { PolarsEngine, WrittenFile } from "../engine/polars/engine.js";
import type { RelationNode } from "../relation/node.js";
import type { Storage } from "../storage/storage.js";
import { field, type StructField, type StructType } from "../types.js";
import { checkRows, constraintsOf } from "./constraints.js";
import { checkNulls, notNullWithin } from "./not_null.js";
import { asTableFiles, type TableLayout } from "./table_files.js";
import { scanTableFiles } from "./table_reads.js";

/** What a table's data files are written by and for. */
export interface FileTarget {
  readonly engine: PolarsEngine;
  /** Rooted at the table's folder. */
  readonly storage: Storage;
  /** The table as errors name it. */
  readonly label: string;
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** Which columns statistics are kept of (without it the first 32), and how files are compressed (snappy). */
  readonly properties?: Pick<TableProperties, "statsColumns" | "indexedColumns" | "compression">;
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
 * @throws DataError for a null in a column that is not nullable, and for rows that break a constraint; then no file stays
 */
export async function stageFiles(
  target: FileTarget,
  node: RelationNode,
  options: { readonly targetRows?: number } = {},
): Promise<StagedFiles> {
  const written = await writeFiles(target, node, options, (folder, index) => {
    return `${folder}part-${String(index).padStart(5, "0")}-${newId()}.parquet`;
  });
  const files = await Promise.all(written.map((file) => newFile(target, file)));
  try {
    checkNulls(target.schema.fields, written, target.label);
    await checkConstraints(target, files, written);
  } catch (error) {
    await Promise.all(written.map(({ path }) => target.storage.delete(path)));
    throw error;
  }
  return {
    files,
    rows: written.reduce((sum, file) => sum + file.rows, 0),
    bytes: files.reduce((sum, file) => sum + file.size, 0),
  };
}

/** The column of change files that says what happened to a row. */
export const CHANGE_TYPE = "_change_type";

/**
 * Writes rows with a table's columns and `CHANGE_TYPE` as change files (protocol, "Change Data Files"). Nothing sees them
 * until they are committed.
 */
export async function stageChangeFiles(target: FileTarget, node: RelationNode): Promise<readonly AddCdcFile[]> {
  const options = { others: [field(CHANGE_TYPE, "string", false)] };
  const written = await writeFiles(target, node, options, (folder, index) => {
    return `_change_data/${folder}cdc-${String(index).padStart(5, "0")}-${newId()}.parquet`;
  });
  const files = await Promise.all(written.map((file) => newFile(target, file)));
  return files.map(({ path, partitionValues, size }) => ({ path, partitionValues, size }));
}

/** Writes rows with a table's columns, and perhaps more, under the names that the table's files have. */
function writeFiles(
  target: FileTarget,
  node: RelationNode,
  options: { readonly targetRows?: number; readonly others?: readonly StructField[] },
  newPath: (folder: string, index: number) => string,
): Promise<readonly WrittenFile[]> {
  const { engine, storage, schema } = target;
  const { others = [], ...rest } = options;
  const { fields, partitionColumns } = physicalLayout(target);
  return engine.writeParquet(node, {
    ...rest,
    partitionBy: partitionColumns,
    compression: target.properties?.compression,
    stored: {
      fields: [...schema.fields, ...others],
      nameOf: (field) => ({ name: physicalName(field), id: fieldId(field) }),
    },
    newPath: (values, index) => {
      const stored = serializePartitionValues({ type: "struct", fields }, partitionColumns, values);
      return newPath(partitionFolder(partitionColumns, stored), index);
    },
    locate: (path) => storage.locate(path),
  });
}

/** A table's columns under the names that its files have. */
function physicalLayout({ schema, partitionColumns }: FileTarget) {
  const { fields } = physicalSchema(schema);
  return { fields, partitionColumns: physicalPartitionColumns(schema, partitionColumns) };
}

async function newFile(target: FileTarget, file: WrittenFile): Promise<NewFile> {
  const { storage, schema, partitionColumns, properties } = target;
  const stored = physicalLayout(target);
  const indexed = new Set(statsColumns(schema, partitionColumns, properties).map(({ path }) => JSON.stringify(path)));
  return {
    path: encodePath(file.path),
    partitionValues: serializePartitionValues(
      { type: "struct", fields: stored.fields },
      stored.partitionColumns,
      file.partitionValues,
    ),
    size: await storage.settle(file.path),
    stats: serializeStats(
      file.rows,
      file.columns.filter(({ path }) => indexed.has(JSON.stringify(path))),
    ),
  };
}

/** The files are read again, as readers will see them: no plan is made by which a condition decides over rows that never came. */
async function checkConstraints(
  target: FileTarget,
  files: readonly NewFile[],
  written: readonly WrittenFile[],
): Promise<void> {
  const { schema, configuration = {}, label, storage, partitionColumns, engine } = target;
  const constraints = [...notNullWithin(schema.fields, written), ...constraintsOf(schema.fields, configuration, label)];
  if (constraints.length === 0) return;
  const adds = files.map((file) => ({ dataChange: true, modificationTime: 0, ...file }));
  const layout: TableLayout = { schema, storage, partitionColumns, metadata: { configuration } };
  const rows = scanTableFiles(asTableFiles(layout, adds), layout, schema.fields, engine);
  await checkRows(rows, constraints, label);
}
