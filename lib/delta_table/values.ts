import { UsageError } from "../errors.js";
import type { ValuesSource } from "../relation/node.js";
import type { StructValue, Value } from "../relation/runner.js";
import { type DataType, formatType, type StructField } from "../types.js";

/**
 * Rows as a source: every value as text, nested ones as JSON of texts (see `ValuesSource`).
 * @throws UsageError for a value that is no list, struct or map where its column is one, and for unknown fields of structs
 */
export function valuesOf(
  fields: readonly StructField[],
  rows: readonly Readonly<Record<string, Value>>[],
): ValuesSource {
  return { kind: "values", rows: rows.map((row) => fields.map((f) => sourceValue(row[f.name] ?? null, f))) };
}

function sourceValue(value: Value, { name, type }: StructField): string | boolean | null {
  if (value === null || typeof value === "boolean") return value;
  return typeof type === "string" ? textOf(value, type, name) : JSON.stringify(inTexts(value, type, name));
}

function textOf(value: Value, type: DataType, at: string): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (type === "binary" || typeof value === "object") throw mismatch(value, type, at);
  return Object.is(value, -0) ? "-0" : String(value);
}

/** A value of JSON with texts in the place of everything that is not nested; maps as lists of `key` and `value`. */
function inTexts(value: Value, type: DataType, at: string): unknown {
  if (value === null) return null;
  if (typeof type === "string") return textOf(value, type, at);
  switch (type.type) {
    case "array":
      return listOf(value, type, at).map((element) => inTexts(element, type.elementType, `${at}.element`));
    case "map":
      return listOf(value, type, at).map((entry) => {
        const [key = null, item = null] = listOf(entry, type, at);
        return { key: inTexts(key, type.keyType, `${at}.key`), value: inTexts(item, type.valueType, `${at}.value`) };
      });
    case "struct": {
      if (typeof value !== "object" || Array.isArray(value) || value instanceof Uint8Array)
        throw mismatch(value, type, at);
      const struct = value as StructValue;
      const unknown = Object.keys(struct).find((name) => !type.fields.some((f) => f.name === name));
      if (unknown !== undefined) throw mismatch(unknown, type, `${at}.${unknown}`);
      return Object.fromEntries(
        type.fields.map((f) => [f.name, inTexts(struct[f.name] ?? null, f.type, `${at}.${f.name}`)]),
      );
    }
  }
}

function listOf(value: Value, type: DataType, at: string): readonly Value[] {
  if (Array.isArray(value)) return value;
  throw mismatch(value, type, at);
}

function mismatch(value: Value, type: DataType, at: string): UsageError {
  return new UsageError(`an object has a value that is none of its column ${at}`, {
    where: { column: at },
    expected: `${formatType(type)}: lists as arrays, structs as objects, maps as arrays of pairs, binary as Uint8Array`,
    actual: String(value).slice(0, 80),
  });
}
