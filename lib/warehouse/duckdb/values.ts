import { DuckDBDateValue, DuckDBTimestampTZValue } from "@duckdb/node-api";
import type { Value } from "../../relation/runner.js";
import { type DataType, decimalType, field, type StructField } from "../../types.js";
import { distinctNames } from "../distinct_names.js";
import type { QueryResult } from "../driver.js";

// Texts of instants, also within lists and structs, would be in the machine's time zone.
DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;

/** What a query of `@duckdb/node-api` has given. */
export interface DuckdbRows {
  columnNames(): readonly string[];
  columnTypes(): readonly { toString(): string }[];
  getRows(): readonly (readonly unknown[])[];
}

/** Rows of DuckDB as every warehouse gives them. */
export function resultOf(rows: DuckdbRows): QueryResult {
  const types = rows.columnTypes().map(String);
  const names = distinctNames(rows.columnNames());
  const fields = names.map((name, i): StructField => field(name, typeOf(types[i] ?? "")));
  return {
    fields,
    rows: rows
      .getRows()
      .map((row) => Object.fromEntries(names.map((name, i) => [name, valueOf(row[i], types[i] ?? "")]))),
  };
}

const TYPES: Readonly<Record<string, DataType>> = {
  BOOLEAN: "boolean",
  TINYINT: "byte",
  SMALLINT: "short",
  UTINYINT: "short",
  INTEGER: "integer",
  USMALLINT: "integer",
  BIGINT: "long",
  UINTEGER: "long",
  FLOAT: "float",
  DOUBLE: "double",
  DATE: "date",
  TIMESTAMP: "timestamp_ntz",
  "TIMESTAMP WITH TIME ZONE": "timestamp",
  BLOB: "binary",
  HUGEINT: decimalType(38, 0),
  UBIGINT: decimalType(20, 0),
};

function typeOf(type: string): DataType {
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? (TYPES[type] ?? "string") : decimalType(Number(precision), Number(scale));
}

function valueOf(value: unknown, type: string): Value {
  if (value === null || value === undefined) return null;
  if (type === "HUGEINT" || type === "UBIGINT") return String(value);
  if (type === "BIGINT" || type === "UINTEGER") return BigInt(String(value));
  if (type === "BLOB") return bytesOf(value);
  if (value instanceof DuckDBTimestampTZValue) return String(value).replace(/^(\S+) (\S+)\+00$/, "$1T$2Z");
  if (value instanceof DuckDBDateValue && !value.isFinite) return value.days > 0 ? "infinity" : "-infinity";
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : String(value);
}

function bytesOf(value: unknown): Uint8Array {
  return typeof value === "object" && value !== null && "bytes" in value && value.bytes instanceof Uint8Array
    ? value.bytes
    : new Uint8Array();
}
