import type { StructField } from "../../types.js";
import type { ParquetRows } from "../polars/engine.js";
import { duckdbType } from "./data_type.js";
import { identifier, literal } from "./quote.js";

/** A SELECT of the rows of Parquet files; those of the same columns are read together. */
export function parquetSelect(files: readonly ParquetRows[], fields: readonly StructField[]): string {
  if (files.length === 0) return `SELECT ${fields.map(nullOf).join(", ")} LIMIT 0`;
  const groups = new Map<string, { readonly of: ParquetRows; readonly paths: string[] }>();
  for (const file of files) {
    const key = selectOf(file, "", fields);
    const group = groups.get(key) ?? { of: file, paths: [] };
    group.paths.push(literal(file.path));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ of, paths }) => selectOf(of, paths.join(", "), fields)).join(" UNION ALL ");
}

function selectOf({ columns, deleted }: ParquetRows, paths: string, fields: readonly StructField[]): string {
  const select = `SELECT ${fields.map((field) => columnOf(columns, field)).join(", ")}`;
  const from = (options: string): string => `FROM read_parquet([${paths}], hive_partitioning = false${options})`;
  if (deleted === undefined || deleted.length === 0) return `${select} ${from("")}`;
  return `${select} ${from(", file_row_number = true")} WHERE file_row_number NOT IN (${deleted.join(", ")})`;
}

function columnOf(columns: ParquetRows["columns"], field: StructField): string {
  const from = columns.get(field.name) ?? { value: null };
  if ("column" in from) return `${identifier(from.column)} AS ${identifier(field.name)}`;
  return from.value === null ? nullOf(field) : constant(literal(from.value), field);
}

function nullOf(field: StructField): string {
  return constant("NULL", field);
}

function constant(value: string, { name, type }: StructField): string {
  return `CAST(${value} AS ${duckdbType(type) ?? "VARCHAR"}) AS ${identifier(name)}`;
}
