import { ContractError } from "../errors.js";
import { type DataType, decimalOf, formatType } from "../types.js";
import type { Dialect, WarehouseTable } from "./driver.js";
import { comment, identifier } from "./sql.js";

/** The statements that all engines read alike. */
export const STANDARD: Pick<Dialect, "dropTable" | "clear" | "createView" | "dropView" | "comments"> = {
  dropTable: (name) => `DROP TABLE IF EXISTS ${identifier(name)}`,
  clear: (name) => `DELETE FROM ${identifier(name)}`,
  createView: (view) => [`CREATE VIEW ${identifier(view.name)} AS\n${view.select}`],
  dropView: (name) => `DROP VIEW IF EXISTS ${identifier(name)}`,
  comments: (kind, { name, description, columns }) => [
    comment(kind, name, description),
    ...columns.map((column) => comment("COLUMN", name, column.description, column.name)),
  ],
};

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
