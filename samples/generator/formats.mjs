import { gzipSync, strToU8 } from "fflate";
import { parquetWriteBuffer } from "hyparquet-writer";

/** @typedef {"timestamp" | "date" | "long" | "decimal" | "text"} ColumnKind */
/** @typedef {{ readonly name: string, readonly kind: ColumnKind }} Column */
/** @typedef {Readonly<Record<string, string>>} TextRow Values as text by column: `2023-01-31 08:00:00`, `10.50`; empty means none. */

/**
 * @param {readonly string[]} header
 * @param {readonly (readonly string[])[]} rows
 * @param {{ readonly mark?: boolean, readonly newline?: string }} [options] `mark`: begin with a byte order mark.
 */
export function csvBytes(header, rows, { mark = false, newline = "\n" } = {}) {
  const lines = [header, ...rows].map((fields) => fields.map(csvField).join(","));
  return strToU8(`${mark ? "\uFEFF" : ""}${lines.join(newline)}${newline}`);
}

/**
 * @param {readonly Column[]} columns
 * @param {readonly TextRow[]} rows
 */
export function ndjsonBytes(columns, rows) {
  const lines = rows.map(
    (row) => `{${columns.map(({ name, kind }) => `"${name}":${jsonValue(kind, row[name])}`).join(",")}}`,
  );
  return strToU8(`${lines.join("\n")}\n`);
}

/**
 * Typed columns: ids are INT64, days DATE, moments wall-clock microseconds, money DECIMAL(18,2).
 * @param {readonly Column[]} columns
 * @param {readonly TextRow[]} rows
 */
export function parquetBytes(columns, rows) {
  const columnData = columns.map(({ name, kind }) => ({
    name,
    data: rows.map((row) => parquetValue(kind, row[name])),
  }));
  const elements = columns.map(({ name, kind }) => ({ name, repetition_type: "OPTIONAL", ...PARQUET_TYPES[kind] }));
  const schema = /** @type {import("hyparquet").SchemaElement[]} */ ([
    { name: "root", num_children: columns.length },
    ...elements,
  ]);
  return new Uint8Array(parquetWriteBuffer({ columnData, schema, createdBy: "samples" }));
}

/** @param {Uint8Array} bytes */
export function gzipped(bytes) {
  return gzipSync(bytes, { level: 9, mtime: 0 });
}

/** @type {Readonly<Record<ColumnKind, object>>} */
const PARQUET_TYPES = {
  timestamp: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  long: { type: "INT64" },
  decimal: { type: "INT64", converted_type: "DECIMAL", precision: 18, scale: 2 },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
};

/** @param {string} field */
function csvField(field) {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

/**
 * @param {ColumnKind} kind
 * @param {string} text
 */
function jsonValue(kind, text) {
  if (text === "") return "null";
  return kind === "long" || kind === "decimal" ? text : JSON.stringify(text);
}

/**
 * @param {ColumnKind} kind
 * @param {string} text
 */
function parquetValue(kind, text) {
  if (text === "") return null;
  switch (kind) {
    case "timestamp":
      return BigInt(Date.parse(`${text.replace(" ", "T")}Z`)) * 1_000n;
    case "date":
      return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
    case "long":
      return BigInt(text);
    case "decimal":
      return BigInt(text.replace(".", ""));
    case "text":
      return text;
  }
}
