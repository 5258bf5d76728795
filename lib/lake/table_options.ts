import type { AnyTable } from "../contract/define_table.js";
import { checkProperties } from "../delta_table/properties.js";
import { ContractError, isTslakeError } from "../errors.js";

/** The Delta properties that a table is created with: append-only tables say so. */
export function contractProperties(table: AnyTable): Readonly<Record<string, string>> {
  return {
    ...(table.write === "append" ? { "delta.appendOnly": "true" } : {}),
    ...table.properties,
  };
}

/** Throws ContractError for a contract's property that Delta does not know, or whose value cannot be understood. */
export function checkContractProperties({ name: table, properties }: AnyTable): void {
  try {
    checkProperties(properties);
  } catch (error) {
    if (!isTslakeError(error)) throw error;
    const { message, expected, actual, remedy } = error;
    throw new ContractError(`${table}: ${message}`, { where: { table }, expected, actual, remedy });
  }
}
