import { createTable } from "../delta/create_table.js";
import { encodePath } from "../delta/file_path.js";
import { LOG_FOLDER } from "../delta/log_path.js";
import { type ParquetFooter, readParquetFooter } from "../delta/parquet_footer.js";
import { serializePartitionValues } from "../delta/partition_values.js";
import { parseScalar, type Scalar } from "../delta/scalar.js";
import { serializeStats } from "../delta/stats.js";
import { statsColumns } from "../delta/stats_columns.js";
import { tableProperties } from "../delta/table_properties.js";
import type { NewFile } from "../delta/transaction.js";
import { DeltaError, UsageError } from "../errors.js";
import type { ObjectMeta, Storage } from "../storage/storage.js";
import { field, formatType, type StructField, type StructType } from "../types.js";
import { type FolderValues, hivePartitions, inferPartitionType } from "./hive_partitions.js";

export interface ConvertOptions {
  /** Types of the columns whose values stand in folders' names (`ano=2014`); without one, a type that fits all values. */
  readonly partitionTypes?: readonly StructField[];
  readonly name?: string;
  readonly description?: string;
  /** Table properties. */
  readonly properties?: Readonly<Record<string, string>>;
}

export interface ConvertResult {
  readonly version: number;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/** Footers that are read at a time. */
const AT_ONCE = 16;

/**
 * Makes the Parquet files of a folder, which stay as and where they are, a Delta table, with statistics from their
 * footers. Columns whose values are in the folders' names partition the table; files whose name begins with `_` or a dot
 * are left alone.
 * @throws DeltaError when a table is there, no Parquet file is, or the files do not fit together, with the file's name
 */
export async function convertFolder(storage: Storage, options: ConvertOptions = {}): Promise<ConvertResult> {
  const { partitionTypes = [], properties = {}, name, description } = options;
  const files = await dataFiles(storage);
  const folders = hivePartitions(files.map(({ path }) => path));
  const footers: ParquetFooter[] = [];
  for (let i = 0; i < files.length; i += AT_ONCE) {
    const some = files.slice(i, i + AT_ONCE);
    footers.push(...(await Promise.all(some.map(({ path }) => readParquetFooter(storage, path)))));
  }
  const stored = mergedFields(files, footers);
  const partitions = partitionFields(folders.columns, folders.values, partitionTypes, stored);
  const data = stored.filter((one) => !partitions.some((partition) => partition.name === one.name));
  const schema: StructType = { type: "struct", fields: [...data, ...partitions] };

  const transaction = await createTable(
    storage,
    {
      schema,
      partitionColumns: folders.columns,
      configuration: properties,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    },
    {
      operation: "CONVERT",
      operationParameters: { numFiles: files.length, partitionedBy: folders.columns, collectStats: true },
    },
  );
  const indexed = statsColumns(schema, folders.columns, tableProperties(properties));
  for (const [i, file] of files.entries()) {
    const values = partitionValues(file, partitions, folders.values[i] ?? new Map());
    transaction.addFile(newFile(file, footers[i], values, { schema, columns: folders.columns, indexed }));
  }
  transaction.setMetrics({ numConvertedFiles: files.length });
  const { version } = await transaction.commit();
  return {
    version,
    files: files.length,
    rows: footers.reduce((sum, { rows }) => sum + rows, 0),
    bytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

async function dataFiles(storage: Storage): Promise<readonly ObjectMeta[]> {
  const listed = await storage.list("");
  if (listed.some(({ path }) => path.startsWith(`${LOG_FOLDER}/`))) {
    throw new DeltaError(`${storage.uri} is a Delta table already`, {
      where: { path: storage.uri },
      remedy: `Use it as it is; npx tslake describe ${storage.uri}`,
    });
  }
  const isHidden = (part: string): boolean => /^[._]/.test(part) && !/^_[^=/]+=/.test(part);
  const files = listed.filter(({ path }) => !path.split("/").some(isHidden));
  if (files.length > 0) return files;
  throw new DeltaError(`There is no Parquet file in ${storage.uri}`, {
    where: { path: storage.uri },
    expected: "a folder with Parquet files, also in folders such as ano=2014",
    actual: listed.length === 0 ? "no files, or no such folder" : `${listed.length} hidden files`,
    remedy: "Check the path.",
  });
}

/** The columns of all files, in the order in which they are first met. */
function mergedFields(files: readonly ObjectMeta[], footers: readonly ParquetFooter[]): readonly StructField[] {
  const merged = new Map<string, { readonly field: StructField; readonly file: string }>();
  for (const [i, { schema }] of footers.entries()) {
    const file = files[i]?.path ?? "";
    for (const one of schema.fields) {
      const known = merged.get(one.name);
      if (known === undefined) merged.set(one.name, { field: one, file });
      else if (formatType(known.field.type) !== formatType(one.type)) throw unlike(one, file, known);
    }
  }
  return [...merged.values()].map((known) => known.field);
}

function unlike(
  { name, type }: StructField,
  file: string,
  known: { readonly field: StructField; readonly file: string },
): DeltaError {
  return new DeltaError(`The files do not have one type of the column ${name}`, {
    where: { file, column: name },
    expected: `${formatType(known.field.type)}, as in ${known.file}`,
    actual: formatType(type),
    remedy: "Write the files of one kind again, or convert the folders apart.",
  });
}

function partitionFields(
  columns: readonly string[],
  values: readonly FolderValues[],
  given: readonly StructField[],
  stored: readonly StructField[],
): readonly StructField[] {
  const unknown = given.find(({ name }) => !columns.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`No folder is named by a value of ${unknown.name}`, {
      expected: columns.length === 0 ? "no partition: the folders have none" : columns.join(", "),
      actual: unknown.name,
    });
  }
  return columns.map((name) => {
    const known = [...given, ...stored].find((one) => one.name === name);
    return known ?? field(name, inferPartitionType(values.map((folder) => folder.get(name) ?? null)));
  });
}

function partitionValues(
  { path }: ObjectMeta,
  partitions: readonly StructField[],
  folder: FolderValues,
): Readonly<Record<string, Scalar | null>> {
  return Object.fromEntries(
    partitions.map(({ name, type }) => {
      const text = folder.get(name) ?? null;
      const value = text === null ? null : parseScalar(type, text);
      if (value !== undefined) return [name, value];
      throw new DeltaError(`A folder's name is no value of the partition column ${name}`, {
        where: { file: path, column: name },
        expected: formatType(type),
        actual: JSON.stringify(text),
        remedy: "Rename the folder, or say the column's type.",
      });
    }),
  );
}

function newFile(
  { path, size, modifiedAt }: ObjectMeta,
  footer: ParquetFooter | undefined,
  values: Readonly<Record<string, Scalar | null>>,
  table: {
    readonly schema: StructType;
    readonly columns: readonly string[];
    readonly indexed: ReturnType<typeof statsColumns>;
  },
): NewFile {
  const isIndexed = new Set(table.indexed.map((column) => JSON.stringify(column.path)));
  const columns = (footer?.columns ?? []).filter((column) => isIndexed.has(JSON.stringify(column.path)));
  return {
    path: encodePath(path),
    partitionValues: serializePartitionValues(table.schema, table.columns, values),
    size,
    modificationTime: modifiedAt,
    stats: serializeStats(footer?.rows ?? 0, columns),
  };
}
