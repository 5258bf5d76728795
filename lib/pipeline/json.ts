import type { Value } from "../relation/runner.js";

/** What can be written as JSON, exactly. */
export type JsonValue = Value | undefined | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/**
 * JSON on one line, without loss: 64-bit integers with all their digits, binary as base64, and "NaN", "Infinity" and
 * "-Infinity", which no JSON number is, as text. (`JSON.stringify` refuses bigint.) Members that are undefined are left out.
 */
export function formatJson(value: JsonValue): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return JSON.stringify(String(value));
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString("base64"));
  if (isList(value)) return `[${value.map((item) => formatJson(item ?? null)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${formatJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value ?? null);
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
