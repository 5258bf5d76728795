import type { Quotient } from "../contract/view_sql.js";
import { ContractError } from "../errors.js";
import { type DataType, decimalOf, formatType } from "../types.js";
import type { Dialect, WarehouseTable } from "./driver.js";
import { comment, identifier } from "./sql.js";

/** The statements that all engines read alike. */
export const STANDARD: Pick<Dialect, "dropTable" | "clear" | "dropView" | "comments"> = {
  dropTable: (name) => `DROP TABLE IF EXISTS ${identifier(name)}`,
  clear: (name) => `DELETE FROM ${identifier(name)}`,
  dropView: (name) => `DROP VIEW IF EXISTS ${identifier(name)}`,
  comments: (kind, { name, description, columns }) => [
    comment(kind, name, description),
    ...columns.map((column) => comment("COLUMN", name, column.description, column.name)),
  ],
};

/** The statement that makes a view, with an engine's quotients. */
export function createViewWith(divided: Quotient): Dialect["createView"] {
  const quotient: Quotient = (dividend, divisor, decimals) =>
    `CAST(${divided(dividend, divisor, decimals)} AS DECIMAL(38,${decimals}))`;
  return ({ name, select }) => [`CREATE VIEW ${identifier(name)} AS\n${select({ quotient })}`];
}

/**
 * A quotient by division of whole numbers, which is exact: twice the dividend and once the divisor, by twice the divisor.
 * @param type of whole numbers of 38 digits
 * @param divide the whole part of a quotient of two of them
 */
export function wholeQuotient(type: string, divide: (dividend: string, divisor: string) => string): Quotient {
  return (dividend, divisor, decimals) => {
    const over = `CAST((${dividend}) * ${100 * 10 ** decimals} AS ${type})`;
    const under = `CAST((${divisor}) * 100 AS ${type})`;
    const half = `SIGN(${over}) * ABS(${under})`;
    const rounded = divide(`(2 * ${over} + ${half})`, `(2 * ${under})`);
    return `CAST(${rounded} AS DECIMAL(${38 - decimals},0)) * ${(10 ** -decimals).toFixed(decimals)}`;
  };
}

/** A table of columns alone: `kind` is what stands behind CREATE. */
export function createColumns(
  kind: string,
  name: string,
  columns: WarehouseTable["columns"],
  typeName: Dialect["type"],
): string {
  const lines = columns.map(
    (column) => `  ${identifier(column.name)} ${typeName(column.type)}${column.nullable ? "" : " NOT NULL"}`,
  );
  return `CREATE ${kind} ${identifier(name)} (\n${lines.join(",\n")}\n)`;
}

/**
 * The engine's name of a column type.
 * @param decimal its name of decimals
 * @throws ContractError for a type that is not among the names
 */
export function typeNamed(names: Readonly<Record<string, string>>, decimal: string, type: DataType): string {
  const found = decimalOf(type);
  if (found) return `${decimal}(${found.precision},${found.scale})`;
  const name = names[formatType(type)];
  if (name !== undefined) return name;
  throw new ContractError("a warehouse has no column of this type", { actual: formatType(type) });
}
