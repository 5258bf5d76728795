import { type DataType, decimalOf } from "../../types.js";
import type { Dialect, WarehouseColumn, WarehouseTable } from "../driver.js";
import { identifier, identifiers } from "../sql.js";
import { createViewWith, STANDARD, typeNamed, wholeQuotient } from "../standard_dialect.js";

/**
 * Amazon Redshift's SQL, by its Database Developer Guide ("SQL reference"). What differs from PostgreSQL's, and what follows:
 *
 * - Keys are declared but never enforced; the planner trusts them. The load's own checks keep them true. There are no
 *   indexes: sort keys and distribution do their work.
 * - Surrogate keys are ordinary BIGINTs, not IDENTITY columns: those skip numbers, give others after each rebuild, and take
 *   given values only under EXPLICIT_IDS, while the key maps in the lake keep each key for ever.
 * - Facts are spread by their key where that is one column (`DISTKEY`), else evenly, and sorted by time; dimensions are on
 *   every node (`DISTSTYLE ALL`), so that no join sends rows about. A leading sort key is not compressed (`ENCODE RAW`).
 * - TRUNCATE commits the transaction that it is in: rows are removed by DELETE.
 * - MERGE takes one `WHEN MATCHED` and one `WHEN NOT MATCHED` at most and no ON CONFLICT exists: rows come by COPY into a
 *   staging table, then by DELETE and INSERT within the transaction.
 * - A text column has a length in bytes, and COPY refuses longer values: each has the greatest there is, 65,535.
 * - A quotient of decimals keeps four decimals or more, by their precisions ("Computations with numeric values"): only one
 *   without a remainder is exact.
 * - Views are bound to their tables, so that a mistake in one is found when it is made; the load drops them before a table
 *   that it makes anew. Views of one's own that must outlive that are made `WITH NO SCHEMA BINDING`.
 */
export const REDSHIFT: Dialect = {
  ...STANDARD,
  name: "redshift",
  type: typeName,
  createTable: (table) => [createTable(table)],
  createStaging: ({ name, columns }) => [
    `CREATE TEMP TABLE ${identifier(name)} (\n${columnLines(columns, [])}\n)\nDISTSTYLE EVEN`,
  ],
  createView: createViewWith(
    wholeQuotient("DECIMAL(38,0)", (dividend, divisor) => `(${dividend} - MOD(${dividend}, ${divisor})) / ${divisor}`),
  ),
  afterLoad: (table) => [`ANALYZE ${identifier(table.name)}`],
};

/** Where COPY finds files and by which right. */
export interface CopySource {
  /** `s3://bucket/prefix`: every object whose name begins so is loaded. */
  readonly prefix: string;
  /** ARN of a role of the cluster's, or `default`. */
  readonly iamRole: string;
}

/**
 * Loads Parquet files ("COPY from columnar data formats"): columns are matched by position and must be as many as the
 * table's, a column list is not taken, and the bucket must be in the database's region.
 */
export function copyParquet(table: string, { prefix, iamRole }: CopySource): string {
  const role = iamRole === "default" ? "default" : `'${iamRole.replaceAll("'", "''")}'`;
  return `COPY ${identifier(table)}\nFROM '${prefix.replaceAll("'", "''")}'\nIAM_ROLE ${role}\nFORMAT AS PARQUET`;
}

function createTable(table: WarehouseTable): string {
  const { name, columns, key } = table;
  const sorted = sortKey(table);
  const lines = [columnLines(columns, sorted), ...(key.length === 0 ? [] : [`  PRIMARY KEY (${identifiers(key)})`])];
  const attributes = [distribution(table), ...(sorted.length === 0 ? [] : [`SORTKEY (${identifiers(sorted)})`])];
  return `CREATE TABLE ${identifier(name)} (\n${lines.join(",\n")}\n)\n${attributes.join("\n")}`;
}

function columnLines(columns: readonly WarehouseColumn[], sorted: readonly string[]): string {
  return columns
    .map(({ name, type, nullable }) => {
      const encoding = name === sorted[0] ? "RAW" : encodingOf(type);
      return `  ${identifier(name)} ${typeName(type)} ENCODE ${encoding}${nullable ? "" : " NOT NULL"}`;
    })
    .join(",\n");
}

function distribution({ role, key }: WarehouseTable): string {
  if (role !== "fact") return "DISTSTYLE ALL";
  return key.length === 1 ? `DISTSTYLE KEY\nDISTKEY (${identifiers(key)})` : "DISTSTYLE EVEN";
}

function sortKey({ role, columns, key }: WarehouseTable): readonly string[] {
  if (role === "record") return [];
  const time = role === "fact" ? columns.find(({ type }) => isTime(type)) : undefined;
  return time ? [time.name] : key;
}

function isTime(type: DataType): boolean {
  return type === "date" || type === "timestamp" || type === "timestamp_ntz";
}

/** AZ64 for what it takes (numbers that are exact, dates, times), ZSTD for texts, nothing for what it would not make smaller. */
function encodingOf(type: DataType): string {
  if (decimalOf(type) || isTime(type) || type === "short" || type === "integer" || type === "long") return "AZ64";
  return type === "string" || type === "binary" ? "ZSTD" : "RAW";
}

const TYPES: Readonly<Record<string, string>> = {
  boolean: "BOOLEAN",
  byte: "SMALLINT",
  short: "SMALLINT",
  integer: "INTEGER",
  long: "BIGINT",
  float: "REAL",
  double: "DOUBLE PRECISION",
  string: "VARCHAR(65535)",
  binary: "VARBYTE(1024000)",
  date: "DATE",
  timestamp: "TIMESTAMPTZ",
  timestamp_ntz: "TIMESTAMP",
};

function typeName(type: DataType): string {
  return typeNamed(TYPES, "DECIMAL", type);
}
