import { type DataType, decimalOf, formatType } from "../../types.js";
import type { Dialect } from "../driver.js";
import { createColumns, STANDARD } from "../standard_dialect.js";

/** DuckDB's SQL. Keys are checked by the load, not enforced: an index of five million texts costs more than the table. */
export const DUCKDB: Dialect = {
  ...STANDARD,
  name: "duckdb",
  type: typeName,
  createTable: (table) => [createColumns("TABLE", table.name, table.columns, typeName)],
  createStaging: (name, table) => [createColumns("TEMP TABLE", name, table.columns, typeName)],
  afterLoad: () => [],
};

const TYPES: Readonly<Record<string, string>> = {
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

function typeName(type: DataType): string {
  const decimal = decimalOf(type);
  return decimal ? `DECIMAL(${decimal.precision},${decimal.scale})` : (TYPES[formatType(type)] ?? "VARCHAR");
}
