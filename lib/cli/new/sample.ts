import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import { DataError, StorageError, UsageError } from "../../errors.js";
import { splitRecord } from "../../ingest/csv_record.js";
import { normalName, snakeCase } from "../../ingest/intake.js";
import { parseMembers, valueText } from "../../ingest/json_object.js";
import { formatOf } from "../../ingest/landing.js";
import { CsvScanner } from "../../ingest/scan_csv.js";
import type { Lake } from "../../lake/lake.js";
import { parquetSample, type SampleRows } from "./parquet_sample.js";

/** A column of a file: the header that it stands under, the name that the table gives it, and its first values. */
export interface SampleColumn {
  readonly header: string;
  readonly name: string;
  /** As text; null where there is none. */
  readonly values: readonly (string | null)[];
}

/** Rows that are looked at, and bytes that are read for them. */
const ROWS = 1_000;
const BYTES = 4 * 1024 * 1024;

const LF = 10;

/**
 * The columns of a CSV, NDJSON or Parquet file with the values of its first rows, as bronze would hold them. `.gz` may follow
 * the name, not for Parquet.
 * @param lake reads Parquet
 * @throws UsageError for a file that is not there; DataError for one without usable columns
 */
export async function readSample(path: string, lake: Lake): Promise<readonly SampleColumn[]> {
  const { headers, rows } = await located(path, () => readRows(path, lake));
  const names = columnNames(headers);
  return headers.map((header, place) => ({
    header,
    name: names[place] ?? header,
    values: rows.map((row) => row[place] ?? null),
  }));
}

async function readRows(path: string, lake: Lake): Promise<SampleRows> {
  const { format, gzip } = formatOf(path);
  if (format === "parquet") return parquetRows(path, lake);
  const { bytes, whole } = readBytes(path, gzip);
  return format === "csv" ? csvRows(bytes, whole) : jsonRows(bytes);
}

function readBytes(path: string, gzip: boolean): { readonly bytes: Uint8Array; readonly whole: boolean } {
  try {
    if (gzip) return { bytes: gunzipSync(fs.readFileSync(path)), whole: true };
    const file = fs.openSync(path, "r");
    try {
      const buffer = new Uint8Array(BYTES);
      const size = fs.readSync(file, buffer, 0, BYTES, 0);
      const whole = size < BYTES;
      return { bytes: buffer.subarray(0, whole ? size : buffer.lastIndexOf(LF, size - 1) + 1), whole };
    } finally {
      fs.closeSync(file);
    }
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function parquetRows(path: string, lake: Lake): Promise<SampleRows> {
  try {
    return await parquetSample(path, lake, ROWS);
  } catch (error) {
    throw error instanceof StorageError ? unreadable(path, error.cause) : error;
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  return new UsageError("the sample file cannot be read", {
    where: { file: path },
    remedy: "name a CSV, NDJSON or Parquet file by --sample",
    cause,
  });
}

function csvRows(bytes: Uint8Array, whole: boolean): SampleRows {
  let headers: readonly string[] = [];
  const rows: (string | null)[][] = [];
  const scanner = new CsvScanner({
    header: (fields) => {
      headers = fields.map((field, place) => normalName(field) || `column ${place + 1}`);
    },
    record: ({ text, corrupt }) => {
      if (!corrupt && rows.length < ROWS) rows.push(splitRecord(text));
    },
  });
  scanner.push(bytes);
  if (whole) scanner.finish();
  const [only = ""] = headers;
  if (headers.length === 0) throw new DataError("the file has no header", { expected: "names of columns in line 1" });
  if (headers.length === 1 && /[;\t|]/.test(only)) {
    throw new DataError("the fields are not separated by commas", {
      where: { line: 1 },
      actual: only,
      remedy: "export the file with commas between the fields",
    });
  }
  return { headers, rows };
}

function jsonRows(bytes: Uint8Array): SampleRows {
  const lines = new TextDecoder("utf-8").decode(bytes).split("\n").slice(0, ROWS);
  const objects = lines.flatMap((line) => parseMembers(line) ?? []);
  const headers = [...new Set(objects.flatMap((object) => [...object.keys()]))];
  if (headers.length === 0) throw new DataError("no line is a JSON object", { expected: "one JSON object per line" });
  return {
    headers,
    rows: objects.map((object) => headers.map((header) => valueText(object.get(header) ?? "null"))),
  };
}

/** One name per header, none twice. */
function columnNames(headers: readonly string[]): readonly string[] {
  const twice = headers.find((header, place) => headers.indexOf(header) !== place);
  if (twice !== undefined) {
    throw new DataError(`the header has the column "${twice}" more than once`, { remedy: "rename one of them" });
  }
  const names: string[] = [];
  for (const header of headers) {
    const base = snakeCase(header);
    let name = base;
    for (let n = 2; names.includes(name); n++) name = `${base}_${n}`;
    names.push(name);
  }
  return names;
}

/** Says which file an error is about. */
async function located<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { message, where, expected, actual, remedy, cause } = error;
    throw new DataError(message, { where: { ...where, file: path }, expected, actual, remedy, cause });
  }
}
