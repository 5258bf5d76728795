import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "hyparquet-writer";

export type ColumnKind = "timestamp" | "instant" | "nanoseconds" | "date" | "long" | "decimal" | "text";

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** How a CSV file is written. */
export interface CsvStyle {
  readonly mark: boolean;
  readonly newline: "\n" | "\r\n";
  readonly quoteAll: boolean;
  readonly finalNewline: boolean;
}

/** A CSV text; every row may have any number of fields. */
export function csvText(rows: readonly (readonly string[])[], style: CsvStyle): string {
  const field = (text: string): string =>
    style.quoteAll || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const lines = rows.map((fields) => fields.map(field).join(","));
  return `${style.mark ? "\uFEFF" : ""}${lines.join(style.newline)}${style.finalNewline ? style.newline : ""}`;
}

/** An NDJSON text; `bare` kinds are written without quotes. An absent value is null, or left out. */
export function ndjsonText(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  { bare, leaveOut }: { readonly bare: readonly ColumnKind[]; readonly leaveOut: boolean },
): string {
  const line = (row: readonly (string | null)[]): string => {
    const members = columns.flatMap(({ name, kind }, at) => {
      const value = row[at] ?? null;
      if (value === null) return leaveOut ? [] : [`"${name}":null`];
      return [`"${name}":${bare.includes(kind) ? value : JSON.stringify(value)}`];
    });
    return `{${members.join(",")}}`;
  };
  return rows.map((row) => `${line(row)}\n`).join("");
}

/**
 * A typed Parquet file: INT64, DATE, wall-clock microseconds, microseconds in UTC, wall-clock nanoseconds, DECIMAL(18,2), UTF-8.
 * Timestamps and decimals as in CSV, nanoseconds since the epoch.
 */
export function parquetBytes(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
): Uint8Array<ArrayBuffer> {
  const columnData = columns.map(({ name, kind }, at) => ({
    name,
    data: rows.map((row) => storedValue(kind, row[at] ?? null)),
  }));
  const schema = [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, kind }) => ({ name, repetition_type: "OPTIONAL" as const, ...STORED[kind] })),
  ];
  return new Uint8Array(parquetWriteBuffer({ columnData, schema }));
}

export function gzipped(bytes: Uint8Array): Uint8Array {
  return gzipSync(bytes, { level: 1 });
}

const STORED = {
  timestamp: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } },
  instant: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } },
  nanoseconds: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "NANOS" } },
  date: { type: "INT32", converted_type: "DATE" },
  long: { type: "INT64" },
  decimal: { type: "INT64", converted_type: "DECIMAL", precision: 18, scale: 2 },
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
} as const;

function storedValue(kind: ColumnKind, text: string | null): bigint | number | string | null {
  if (text === null) return null;
  switch (kind) {
    case "timestamp":
    case "instant":
      return BigInt(Date.parse(`${text.replace(" ", "T")}Z`)) * 1_000n;
    case "date":
      return Date.parse(`${text}T00:00:00Z`) / 86_400_000;
    case "nanoseconds":
    case "long":
      return BigInt(text);
    case "decimal": {
      const [whole = "", decimals = ""] = text.split(".");
      return BigInt(whole + decimals.padEnd(2, "0"));
    }
    case "text":
      return text;
  }
}
