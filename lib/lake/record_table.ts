import { ColumnSpec } from "../contract/column_spec.js";
import { type AnyTable, defineTable } from "../contract/define_table.js";
import type { ValuesSource } from "../relation/node.js";
import type { Value } from "../relation/runner.js";
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

/** Rows as a source: every value as text. */
export function valuesOf(
  fields: readonly StructField[],
  rows: readonly Readonly<Record<string, Value>>[],
): ValuesSource {
  return { kind: "values", rows: rows.map((row) => fields.map((f) => textOf(row[f.name] ?? null))) };
}

function textOf(value: Value): string | boolean | null {
  return value === null || typeof value === "boolean" ? value : String(value);
}
