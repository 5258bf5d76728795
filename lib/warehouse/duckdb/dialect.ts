import { type DataType, decimalOf, formatType } from "../../types.js";
import type { Dialect, WarehouseTable } from "../driver.js";
import { comment, identifier } from "../sql.js";

/** DuckDB's SQL. Keys are checked by the load, not enforced: an index of five million texts costs more than the table. */
export const DUCKDB: Dialect = {
  name: "duckdb",
  type: typeName,
  createTable: (table) => [createTable("TABLE", table.name, table)],
  createStaging: (name, table) => [createTable("TEMP TABLE", name, table)],
  dropTable: (name) => `DROP TABLE IF EXISTS ${identifier(name)}`,
  clear: (name) => `DELETE FROM ${identifier(name)}`,
  createView: (view) => [`CREATE VIEW ${identifier(view.name)} AS\n${view.select}`],
  dropView: (name) => `DROP VIEW IF EXISTS ${identifier(name)}`,
  comments: (kind, { name, description, columns }) => [
    comment(kind, name, description),
    ...columns.map((column) => comment("COLUMN", name, column.description, column.name)),
  ],
  afterLoad: () => [],
};

function createTable(kind: string, name: string, { columns }: Pick<WarehouseTable, "columns">): string {
  const lines = columns.map(
    (column) => `  ${identifier(column.name)} ${typeName(column.type)}${column.nullable ? "" : " NOT NULL"}`,
  );
  return `CREATE ${kind} ${identifier(name)} (\n${lines.join(",\n")}\n)`;
}

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
