import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { type FileMetaData, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from "hyparquet";
import { type CsvRecord, parseCsv } from "./csv.js";

/** A file as it arrives in landing. */
export interface LandedFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** One row of a landed file, as text. An empty field is null. */
export interface LandedRow {
  readonly file: string;
  /** CSV and NDJSON: the line on which the row begins, the first being 1. Parquet: the number of the row, from 1. */
  readonly line: number;
  /** The number of the row in its file, from 1, a header not counted. */
  readonly record: number;
  /** By the names in the file; undefined when the row has too few or too many fields. */
  readonly values: ReadonlyMap<string, string | null> | undefined;
  /** Every field in the order of the file. */
  readonly fields: readonly string[];
  readonly expectedFields: number;
  /** The row as it stands in a text file; empty for Parquet. */
  readonly raw: string;
}

/** The rows of one file, or why the whole file is refused. */
export type LandedContent =
  | { readonly rejected: undefined; readonly rows: readonly LandedRow[] }
  | { readonly rejected: string; readonly rows: readonly [] };

/** Names that are never looked at: hidden, or still being written. */
export function isIgnored(name: string): boolean {
  return /^[._]/.test(name) || /\.(part|tmp)$/.test(name);
}

/** What makes two files the same content. */
export function contentHash(file: LandedFile): string {
  return createHash("sha256").update(file.content).digest("hex");
}

/** Reads a CSV, NDJSON or Parquet file (CSV and NDJSON also gzipped), judged by its name. */
export async function readLanded(file: LandedFile, required: readonly string[]): Promise<LandedContent> {
  const plainName = file.name.replace(/\.gz$/, "");
  let bytes = file.content;
  if (plainName !== file.name) {
    try {
      bytes = gunzipSync(bytes);
    } catch {
      return reject("broken gzip");
    }
  }
  if (plainName.endsWith(".parquet")) return readParquet(file.name, bytes, required);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return reject("not UTF-8");
  }
  return plainName.endsWith(".csv") ? readCsv(file.name, text, required) : readNdjson(file.name, text);
}

function readCsv(file: string, text: string, required: readonly string[]): LandedContent {
  const { records, openQuote } = parseCsv(text);
  if (openQuote !== undefined) return reject(`quote opened on line ${openQuote} never closes`);
  const header = records[0]?.fields ?? [];
  if (new Set(header).size < header.length) return reject("duplicated header");
  const missing = required.find((name) => !header.includes(name));
  if (missing !== undefined) return reject(`missing column ${missing}`);
  const last = records.at(-1);
  if (last !== undefined && !last.terminated && last.fields.length < header.length)
    return reject("truncated last line");
  return { rejected: undefined, rows: records.slice(1).map((record, at) => csvRow(file, header, record, at + 1)) };
}

function csvRow(file: string, header: readonly string[], { fields, line, raw }: CsvRecord, record: number): LandedRow {
  const complete = fields.length === header.length;
  const values = complete ? new Map(header.map((name, at) => [name, fields[at] || null])) : undefined;
  return { file, line, record, values, fields, expectedFields: header.length, raw };
}

function readNdjson(file: string, text: string): LandedContent {
  const rows: LandedRow[] = [];
  const lines = text.split("\n");
  for (const [at, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const values = parseFlatJson(line);
    if (values === undefined && at === lines.length - 1) return reject("truncated last line");
    const fields = values === undefined ? [line] : [...values.values()].map((value) => value ?? "");
    rows.push({
      file,
      line: at + 1,
      record: rows.length + 1,
      values,
      fields,
      expectedFields: fields.length,
      raw: line,
    });
  }
  return { rejected: undefined, rows };
}

/** A flat JSON object with every number kept as the text that it has in the file; undefined when it is none. */
function parseFlatJson(line: string): ReadonlyMap<string, string | null> | undefined {
  const quoted = line.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
  let object: Record<string, string | null>;
  try {
    object = JSON.parse(quoted);
  } catch {
    return undefined;
  }
  return new Map(Object.entries(object).map(([name, value]) => [name, value === "" ? null : value]));
}

async function readParquet(file: string, bytes: Uint8Array, required: readonly string[]): Promise<LandedContent> {
  const buffer = new Uint8Array(bytes).buffer;
  const metadata = await parquetMetadataAsync(buffer);
  const columns = new Map(metadata.schema.slice(1).map((element) => [element.name, element]));
  const missing = required.find((name) => !columns.has(name));
  if (missing !== undefined) return reject(`missing column ${missing}`);
  const objects = await parquetReadObjects({ file: buffer, metadata: withoutLogicalIntegers(metadata) });
  const rows = objects.map((object, at): LandedRow => {
    const values = new Map<string, string | null>();
    for (const [name, element] of columns) values.set(name, parquetText(object[name], element));
    const fields = [...values.values()].map((value) => value ?? "");
    return { file, line: at + 1, record: at + 1, values, fields, expectedFields: fields.length, raw: "" };
  });
  return { rejected: undefined, rows };
}

/** Without their logical types integers are read as they are stored, so no decimal or timestamp passes through a double. */
function withoutLogicalIntegers(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element): SchemaElement => {
    if (element.type !== "INT32" && element.type !== "INT64") return element;
    const { converted_type: _converted, logical_type: _logical, ...physical } = element;
    return physical;
  });
  return { ...metadata, schema };
}

function parquetText(value: unknown, element: SchemaElement): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value !== "number" && typeof value !== "bigint") return String(value);
  const stored = BigInt(value);
  const kind = element.logical_type?.type ?? element.converted_type ?? "";
  if (kind === "DATE") return new Date(Number(stored) * 86_400_000).toISOString().slice(0, 10);
  if (kind === "DECIMAL") {
    const scale = element.scale ?? 0;
    const digits = (stored < 0n ? -stored : stored).toString().padStart(scale + 1, "0");
    const decimals = scale === 0 ? "" : `.${digits.slice(-scale)}`;
    return `${stored < 0n ? "-" : ""}${digits.slice(0, digits.length - scale)}${decimals}`;
  }
  if (kind.startsWith("TIMESTAMP")) {
    const unit =
      element.logical_type?.type === "TIMESTAMP" ? element.logical_type.unit : kind.slice("TIMESTAMP_".length);
    const micros = unit === "MILLIS" ? stored * 1_000n : unit === "NANOS" ? stored / 1_000n : stored;
    const seconds = (micros - (((micros % 1_000_000n) + 1_000_000n) % 1_000_000n)) / 1_000_000n;
    const fraction = (micros - seconds * 1_000_000n).toString().padStart(6, "0");
    return `${new Date(Number(seconds) * 1_000).toISOString().slice(0, 19).replace("T", " ")}.${fraction}`;
  }
  return stored.toString();
}

function reject(reason: string): LandedContent {
  return { rejected: reason, rows: [] };
}
