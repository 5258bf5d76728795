import { UsageError } from "../errors.js";
import { renderTable } from "../picture/table_view.js";
import { formatJson } from "../pipeline/json.js";
import type { Value } from "../relation/runner.js";
import type { StructField } from "../types.js";

/** How rows are printed. */
export const FORMATS = ["table", "csv", "json"] as const;
export type Format = (typeof FORMATS)[number];

export type Rows = readonly Readonly<Record<string, Value>>[];

/**
 * Rows as text. `table` is for people: long texts are cut, control characters shown as `�`. `csv` (RFC 4180, lines ended by
 * LF; null is empty, the empty text is `""`) and `json` (an array, one row a line; decimals, dates, times, NaN and
 * infinity as text) are exact.
 */
export function formatRows(fields: readonly StructField[], rows: Rows, format: Format, caption: string): string {
  switch (format) {
    case "table":
      return printable(String(renderTable(fields, rows, caption)["text/plain"]));
    case "csv":
      return [
        fields.map((field) => csvField(field.name)),
        ...rows.map((row) => fields.map((f) => csvField(row[f.name] ?? null))),
      ]
        .map((line) => line.join(","))
        .join("\n");
    case "json":
      return rows.length === 0 ? "[]" : `[\n${rows.map((row) => formatJson(inOrder(fields, row))).join(",\n")}\n]`;
  }
}

/** @throws UsageError unless the text is a whole number, not negative */
export function wholeNumber(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError("not a number", { expected: "a whole number, 0 or more", actual: text });
}

function inOrder(fields: readonly StructField[], row: Rows[number]): Rows[number] {
  return Object.fromEntries(fields.map(({ name }) => [name, row[name] ?? null]));
}

function csvField(value: Value): string {
  if (value === null) return "";
  const plain =
    value instanceof Uint8Array
      ? Buffer.from(value).toString("base64")
      : isPlain(value)
        ? String(value)
        : formatJson(value);
  return plain === "" || /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

function isPlain(value: Value): value is string | number | bigint | boolean {
  return typeof value !== "object";
}

/** Text without control characters: a terminal obeys these, and data must not command it. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, "�");
}
