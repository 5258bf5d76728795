import { ContractError } from "../../errors.js";
import { type DataType, decimalOf, formatType } from "../../types.js";
import type { Dialect, WarehouseTable } from "../driver.js";
import { comment, identifier, identifiers, literal } from "../sql.js";

/**
 * PostgreSQL's SQL. Rows are removed by DELETE, not by TRUNCATE, which would keep readers waiting and show those with an
 * older snapshot an empty table. Indexes are made after the rows of a new table are in it: that takes half the time. Keys of
 * dimensions in facts are checked by the load, not enforced: checking each of them costs more than loading it.
 */
export const POSTGRES: Dialect = {
  name: "postgres",
  type: typeName,
  createTable: (table) => [createTable("TABLE", table.name, table)],
  createStaging: (name, table) => [`${createTable("TEMP TABLE", name, table)} ON COMMIT DROP`],
  dropTable: (name) => `DROP TABLE IF EXISTS ${identifier(name)}`,
  clear: (name) => `DELETE FROM ${identifier(name)}`,
  createView: (view) => [`CREATE VIEW ${identifier(view.name)} AS\n${view.select}`],
  dropView: (name) => `DROP VIEW IF EXISTS ${identifier(name)}`,
  comments: (kind, { name, description, columns }) => [
    comment(kind, name, description),
    ...columns.map((column) => comment("COLUMN", name, column.description, column.name)),
  ],
  afterLoad: (table) => [...keys(table), `ANALYZE ${identifier(table.name)}`],
};

/** The table that a statement of `createTable` or `createStaging` makes; undefined for every other statement. */
export function createdTable(sql: string): { readonly name: string; readonly isStaging: boolean } | undefined {
  const [, staging, name] = /^CREATE (TEMP )?TABLE "((?:[^"]|"")*)"/.exec(sql) ?? [];
  return name === undefined ? undefined : { name: name.replaceAll('""', '"'), isStaging: staging !== undefined };
}

function createTable(kind: string, name: string, { columns }: Pick<WarehouseTable, "columns">): string {
  const lines = columns.map(
    (column) => `  ${identifier(column.name)} ${typeName(column.type)}${column.nullable ? "" : " NOT NULL"}`,
  );
  return `CREATE ${kind} ${identifier(name)} (\n${lines.join(",\n")}\n)`;
}

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
  const decimal = decimalOf(type);
  if (decimal) return `numeric(${decimal.precision},${decimal.scale})`;
  const name = TYPES[formatType(type)];
  if (name !== undefined) return name;
  throw new ContractError("a warehouse has no column of this type", { actual: formatType(type) });
}
