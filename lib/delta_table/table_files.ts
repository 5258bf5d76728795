import type { AddFile, Metadata } from "../delta/actions/action.js";
import { columnMappingMode, fieldId, physicalName } from "../delta/column_mapping.js";
import { readDeletionVector } from "../delta/deletion_vector.js";
import { locateFile, type StoredPath } from "../delta/file_path.js";
import { isPartitionColumn, partitionText, partitionValue } from "../delta/partition_values.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import type { DataFile, OpenFile, TableFiles } from "../engine/polars/engine.js";
import { readParquetSchema } from "../engine/polars/parquet_schema.js";
import { DeltaError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { StructField } from "../types.js";
import { skippingPredicate } from "./skipping_predicate.js";

/** The files of a table version that may hold rows for which the condition is true; with `since`, only those added after that version. */
export async function filesOf(
  snapshot: Snapshot,
  since: number | undefined,
  condition: Expr | undefined,
): Promise<TableFiles> {
  if (since !== undefined) return asTableFiles(snapshot, await addedSince(snapshot, since));
  const predicate = condition && skippingPredicate(condition);
  return asTableFiles(snapshot, await snapshot.files(predicate));
}

/** What data files mean: the columns, and how they are found in files. */
export type TableLayout = Pick<Snapshot, "storage" | "schema" | "partitionColumns"> & {
  readonly metadata: Pick<Metadata, "configuration" | "name">;
};

/** Data files of a table as the engine reads them. */
export function asTableFiles(snapshot: TableLayout, adds: readonly AddFile[]): TableFiles {
  const { fields } = snapshot.schema;
  const partitions = fields.filter(({ name }) => isPartitionColumn(snapshot.partitionColumns, name));
  const byId = columnMappingMode(snapshot.metadata) === "id";
  return {
    files: adds.map((add) => dataFile(snapshot, add, partitions)),
    partitionColumns: partitions.map(({ name }) => name),
    fields,
    placeOf: (field) => {
      const id = byId ? fieldId(field) : undefined;
      return id === undefined ? { name: physicalName(field) } : { id };
    },
  };
}

async function addedSince(snapshot: Snapshot, since: number): Promise<readonly AddFile[]> {
  const changes = await snapshot.addedSince(since);
  if (changes) return changes.flatMap(({ added }) => added);
  throw new DeltaError("the log no longer holds what was added", {
    where: { version: since, path: snapshot.storage.uri },
    expected: `commits ${since + 1} to ${snapshot.version}`,
    remedy: "read the whole table",
  });
}

function dataFile(snapshot: TableLayout, add: AddFile, partitions: readonly StructField[]): DataFile {
  const stats = parseStats(add.stats);
  const rows = stats?.numRecords;
  const value = (field: StructField) => partitionText(field.type, partitionValue(add.partitionValues, field));
  let opened: Promise<OpenFile> | undefined;
  return {
    partitionValues: Object.fromEntries(partitions.map((field) => [field.name, value(field)])),
    ...(rows === undefined ? {} : { rows: Number(rows) - (add.deletionVector?.cardinality ?? 0) }),
    // A query that is evaluated in parts asks for each part.
    open: () => {
      opened ??= openFile(snapshot, add);
      return opened;
    },
  };
}

async function openFile({ storage: root, schema }: TableLayout, add: AddFile): Promise<OpenFile> {
  const file = locateFile(root, add.path);
  const nodes = await parquetSchema(file, add.size);
  const vector = add.deletionVector;
  return {
    location: await file.storage.locate(file.path, "read"),
    schema: nodes,
    read: async () => (await file.storage.read(file.path)) ?? absent(file),
    ...(vector && { deleted: await readDeletionVector(root, vector) }),
    timestamps: (path) => timestampBounds(add, schema.fields, path),
  };
}

async function parquetSchema(file: StoredPath, size: number) {
  const { storage, path } = file;
  const read = (start: number, end: number) => storage.readRange(path, start, end);
  // Some writers get the size wrong: what counts is the file.
  const schema = await readParquetSchema(path, size, read).catch(() => undefined);
  if (schema !== undefined) return schema;
  const meta = await storage.head(path);
  return (meta && (await readParquetSchema(path, meta.size, read))) ?? absent(file);
}

function absent({ storage, path }: StoredPath): never {
  throw new DeltaError(`The table needs the data file ${path}, which does not exist`, {
    where: { path: storage.uri, file: path },
    remedy: "Restore the file, read a version that does not need it, or restore the table to one.",
  });
}

function timestampBounds({ stats: text }: AddFile, fields: readonly StructField[], path: readonly string[]) {
  const stats = parseStats(text);
  const physical: string[] = [];
  let level = fields;
  for (const name of path) {
    const field = level.find((one) => one.name === name);
    if (field === undefined) return undefined;
    physical.push(physicalName(field));
    level = typeof field.type === "object" && field.type.type === "struct" ? field.type.fields : [];
  }
  const nulls = stats?.nullCount(physical);
  if (nulls !== undefined && nulls === stats?.numRecords) return { min: 0n, max: 0n };
  const [min, max] = [stats?.min(physical, "timestamp"), stats?.max(physical, "timestamp")];
  return typeof min === "bigint" && typeof max === "bigint" ? { min, max } : undefined;
}
