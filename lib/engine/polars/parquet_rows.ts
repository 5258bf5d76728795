import type { DataType, StructField } from "../../types.js";
import { polarsType } from "./data_type.js";
import type { ParquetNode } from "./parquet_schema.js";
import { findField } from "./stored_columns.js";
import { storedField } from "./stored_type.js";
import type { DataFile, OpenFile, TableFiles } from "./table_files.js";

/** A Parquet file on this machine whose columns are rows of a source just as they are. */
export interface ParquetRows {
  /** Absolute. */
  readonly path: string;
  /** Where each column comes from: a column of the file, or one value for all rows, as text that can be cast; null for null. */
  readonly columns: ReadonlyMap<string, { readonly column: string } | { readonly value: string | null }>;
  /** Rows that do not count, by their number from 0, ascending. */
  readonly deleted?: Uint32Array;
}

/** The files of a table for whoever reads Parquet; undefined where one of them lies elsewhere or has other types than the table. */
export async function parquetRows(
  table: TableFiles,
  fields: readonly StructField[],
): Promise<readonly ParquetRows[] | undefined> {
  const rows: ParquetRows[] = [];
  for (const file of table.files) {
    const open = await file.open();
    const columns = columnsOf(file, open, table, fields);
    if (columns === undefined || open.location.cloudOptions !== undefined || open.only !== undefined) return undefined;
    rows.push({ path: open.location.url, columns, ...(open.deleted && { deleted: open.deleted }) });
  }
  return rows;
}

function columnsOf(
  file: DataFile,
  { schema }: OpenFile,
  { partitionColumns, placeOf = ({ name }) => ({ name }) }: TableFiles,
  fields: readonly StructField[],
): ParquetRows["columns"] | undefined {
  const columns = new Map<string, { readonly column: string } | { readonly value: string | null }>();
  // Not every reader tells names apart that differ in case only.
  if (schema === undefined || new Set(schema.map(({ name }) => name.toLowerCase())).size < schema.length)
    return undefined;
  for (const field of fields) {
    const node = findField(schema, placeOf(field));
    if (partitionColumns.includes(field.name))
      columns.set(field.name, { value: file.partitionValues[field.name] ?? null });
    else if (node === undefined) columns.set(field.name, { value: null });
    else if (isStoredAs(node, field.type)) columns.set(field.name, { column: node.name });
    else return undefined;
  }
  return columns;
}

function isStoredAs(node: ParquetNode, type: DataType): boolean {
  const stored = storedField(node)?.stored;
  return stored?.kind === "leaf" && stored.dtype === polarsType(type) && stored.isInt96 === undefined;
}
