import { type DataType, decimalOf, formatType } from "../../types.js";

/** DuckDB's names of column types, but for decimals. */
export const DUCKDB_TYPES: Readonly<Record<string, string>> = {
  boolean: "BOOLEAN",
  byte: "TINYINT",
  short: "SMALLINT",
  integer: "INTEGER",
  long: "BIGINT",
  float: "REAL",
  double: "DOUBLE",
  string: "VARCHAR",
  binary: "BLOB",
  date: "DATE",
  timestamp: "TIMESTAMPTZ",
  timestamp_ntz: "TIMESTAMP",
};

/** DuckDB's name of a column type; undefined for nested types and others that it has none for. */
export function duckdbType(type: DataType): string | undefined {
  const decimal = decimalOf(type);
  return decimal ? `DECIMAL(${decimal.precision},${decimal.scale})` : DUCKDB_TYPES[formatType(type)];
}
