import { DUCKDB_TYPES } from "../../engine/duckdb/data_type.js";
import type { DataType } from "../../types.js";
import type { Dialect } from "../driver.js";
import { createColumns, createViewWith, STANDARD, typeNamed, wholeQuotient } from "../standard_dialect.js";

/** DuckDB's SQL. Keys are checked by the load, not enforced: an index of five million texts costs more than the table. */
export const DUCKDB: Dialect = {
  ...STANDARD,
  name: "duckdb",
  type: typeName,
  createTable: (table) => [createColumns("TABLE", table.name, table.columns, typeName)],
  createStaging: (table) => [createColumns("TEMP TABLE", table.name, table.columns, typeName)],
  createView: createViewWith(wholeQuotient("HUGEINT", (dividend, divisor) => `${dividend} // ${divisor}`)),
  afterLoad: () => [],
};

function typeName(type: DataType): string {
  return typeNamed(DUCKDB_TYPES, "DECIMAL", type);
}
