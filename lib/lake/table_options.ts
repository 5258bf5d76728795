import type { AnyTable } from "../contract/define_table.js";

/** The Delta properties that a table is created with: append-only tables say so. */
export function contractProperties(table: AnyTable): Readonly<Record<string, string>> {
  return {
    ...(table.write === "append" ? { "delta.appendOnly": "true" } : {}),
    ...table.properties,
  };
}
