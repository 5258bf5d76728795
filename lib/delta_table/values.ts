import type { ValuesSource } from "../relation/node.js";
import type { Value } from "../relation/runner.js";
import type { StructField } from "../types.js";

/** Rows as a source: every value as text. */
export function valuesOf(
  fields: readonly StructField[],
  rows: readonly Readonly<Record<string, Value>>[],
): ValuesSource {
  return { kind: "values", rows: rows.map((row) => fields.map((f) => textOf(row[f.name] ?? null))) };
}

function textOf(value: Value): string | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  return Object.is(value, -0) ? "-0" : String(value);
}
