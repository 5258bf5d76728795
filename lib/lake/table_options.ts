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

/**
 * Looks at the Delta properties that a contract names.
 * @throws ContractError for one that Delta does not know, whose value cannot be understood, or that contradicts the contract
 */
export function checkContractProperties(table: AnyTable): void {
  const { name, properties, write } = table;
  try {
    checkProperties(properties);
  } catch (error) {
    if (!isTslakeError(error)) throw error;
    const { message, expected, actual, remedy } = error;
    throw new ContractError(`${name}: ${message}`, { where: { table: name }, expected, actual, remedy });
  }
  refuseOther(name, properties, "delta.columnMapping.mode", "none", "a contract knows columns by one name only");
  refuseOther(name, properties, "delta.appendOnly", String(write === "append"), `write is ${write}`);
}

function refuseOther(
  table: string,
  properties: AnyTable["properties"],
  property: string,
  value: string,
  reason: string,
): void {
  const actual = properties[property];
  if (actual === undefined || actual.toLowerCase() === value) return;
  throw new ContractError(`${table}: ${property} contradicts the contract`, {
    where: { table },
    expected: `${value}, because ${reason}`,
    actual,
    remedy: "leave the property out",
  });
}
