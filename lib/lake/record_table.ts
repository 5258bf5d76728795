import { ColumnSpec } from "../contract/column_spec.js";
import { type AnyTable, defineTable } from "../contract/define_table.js";
import type { StructField } from "../types.js";

/** The contract of a table that only records what happened; nothing decides by it. */
export function recordTable(name: string, fields: readonly StructField[]): AnyTable {
  return defineTable(name, {
    description: "A record of what happened; nothing decides by it",
    grain: "one record",
    columns: Object.fromEntries(
      fields.map((f) => [f.name, new ColumnSpec({ type: f.type, nullable: f.nullable, parse: { rule: "computed" } })]),
    ),
  });
}
