import type { DataType } from "../../types.js";
import type { Dialect, WarehouseTable } from "../driver.js";
import { identifier, identifiers, literal } from "../sql.js";
import { createColumns, createViewWith, STANDARD, typeNamed } from "../standard_dialect.js";

/**
 * PostgreSQL's SQL. Rows are removed by DELETE, not by TRUNCATE, which would keep readers waiting and show those with an
 * older snapshot an empty table. Indexes are made after the rows of a new table are in it: that takes half the time. Keys of
 * dimensions in facts are checked by the load, not enforced: checking each of them costs more than loading it.
 */
export const POSTGRES: Dialect = {
  ...STANDARD,
  name: "postgres",
  type: typeName,
  createTable: (table) => [createColumns("TABLE", table.name, table.columns, typeName)],
  createStaging: (table) => [`${createColumns("TEMP TABLE", table.name, table.columns, typeName)} ON COMMIT DROP`],
  // A quotient has the decimals of its dividend at least: so many that rounding twice is rounding once.
  createView: createViewWith(
    (dividend, divisor, decimals) => `ROUND(CAST(${dividend} AS DECIMAL(100,50)) / ${divisor}, ${decimals})`,
  ),
  afterLoad: (table) => [...keys(table), `ANALYZE ${identifier(table.name)}`],
};

/** The primary key and the indexes, where they are not there yet. */
function keys({ name, key, lookups }: WarehouseTable): readonly string[] {
  const primary =
    key.length === 0
      ? []
      : [
          `DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = ${literal(identifier(name))}::regclass AND contype = 'p') THEN
    ALTER TABLE ${identifier(name)} ADD PRIMARY KEY (${identifiers(key)});
  END IF;
END $do$`,
        ];
  const indexes = lookups.map(
    (column) =>
      `CREATE INDEX IF NOT EXISTS ${identifier(`${name}_${column}_idx`)} ON ${identifier(name)} (${identifier(column)})`,
  );
  return [...primary, ...indexes];
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: "boolean",
  byte: "smallint",
  short: "smallint",
  integer: "integer",
  long: "bigint",
  float: "real",
  double: "double precision",
  string: "text",
  binary: "bytea",
  date: "date",
  timestamp: "timestamp with time zone",
  timestamp_ntz: "timestamp",
};

function typeName(type: DataType): string {
  return typeNamed(TYPES, "numeric", type);
}
