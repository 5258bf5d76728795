import { createHash } from "node:crypto";
import type { StructValue, Value } from "../../lib/relation/runner.js";
import type { DataType } from "../../lib/types.js";

/**
 * Rows as canonical lines, as canonical_rows.py writes them for other engines: what we read and what they read is equal when
 * the digests are.
 */
export interface TypedColumn {
  readonly name: string;
  readonly type: DataType;
}

/** The canonical lines of rows that were collected from a relation, sorted by their bytes. */
export function canonicalLines(
  columns: readonly TypedColumn[],
  rows: readonly Readonly<Record<string, Value>>[],
): readonly string[] {
  const lines = rows.map((row) => {
    const members = columns.map(({ name, type }) => `${JSON.stringify(name)}:${canonical(type, row[name] ?? null)}`);
    return Buffer.from(`{${members.join(",")}}`);
  });
  return lines.sort(Buffer.compare).map(String);
}

/** SHA-256 of canonical lines: comparable with the digest of another engine's reading. */
export function digestOf(lines: readonly string[]): string {
  return createHash("sha256").update(lines.join("\n")).digest("hex");
}

function canonical(type: DataType, value: Value): string {
  if (value === null) return "null";
  if (typeof type === "object") {
    if (type.type === "struct") {
      const fields = value as StructValue;
      return `{${type.fields.map((f) => `${JSON.stringify(f.name)}:${canonical(f.type, fields[f.name] ?? null)}`).join(",")}}`;
    }
    if (!Array.isArray(value)) throw new TypeError(`no ${type.type}: ${String(value)}`);
    if (type.type === "map") {
      const entries = (value as readonly (readonly Value[])[]).map(([key = null, item = null]) =>
        Buffer.from(`[${canonical(type.keyType, key)},${canonical(type.valueType, item)}]`),
      );
      return `[${entries.sort(Buffer.compare).join(",")}]`;
    }
    return `[${value.map((item: Value) => canonical(type.elementType, item)).join(",")}]`;
  }
  switch (type) {
    case "boolean":
    case "byte":
    case "short":
    case "integer":
      return String(value);
    case "float":
    case "double":
      return double(Number(value));
    case "binary":
      return JSON.stringify(Buffer.from(value as Uint8Array).toString("base64"));
    case "timestamp":
      return JSON.stringify(`${timestamp(String(value))}Z`);
    case "timestamp_ntz":
      return JSON.stringify(timestamp(String(value)));
    default:
      return JSON.stringify(String(value));
  }
}

/** `YYYY-MM-DDThh:mm:ss.ffffff` of any ISO-like spelling of a time that is not shifted. */
function timestamp(text: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:Z|\+00:00)?$/.exec(text);
  if (match === null) throw new TypeError(`not a time: ${text}`);
  return `${match[1]}T${match[2]}.${(match[3] ?? "").padEnd(6, "0")}`;
}

function double(value: number): string {
  if (Object.is(value, -0)) return `"-0"`;
  return Number.isFinite(value) ? String(value) : JSON.stringify(String(value));
}
