import fs from "node:fs";
import { gunzipSync } from "node:zlib";
import { DataError, UsageError } from "../../errors.js";
import { splitRecord } from "../../ingest/csv_record.js";
import { normalName, snakeCase } from "../../ingest/intake.js";
import { parseMembers, valueText } from "../../ingest/json_object.js";
import { formatOf } from "../../ingest/landing.js";
import { CsvScanner } from "../../ingest/scan_csv.js";

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
 * The columns of a CSV or NDJSON file, `.gz` or not, with the values of its first rows.
 * @throws UsageError for a file that is not there or of another kind; DataError for one without usable columns
 */
export function readSample(path: string): readonly SampleColumn[] {
  const { format, gzip } = formatOf(path);
  if (format === "parquet") {
    throw new UsageError("columns are taken from a CSV or NDJSON file", {
      where: { file: path },
      actual: "a Parquet file",
      remedy: "write a few rows of it as NDJSON, one object per line",
    });
  }
  const { bytes, whole } = readBytes(path, gzip);
  const { headers, rows } = located(path, () => (format === "csv" ? csvRows(bytes, whole) : jsonRows(bytes)));
  const names = columnNames(headers);
  return headers.map((header, place) => ({
    header,
    name: names[place] ?? header,
    values: rows.map((row) => row[place] ?? null),
  }));
}

interface Rows {
  readonly headers: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
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
    throw new UsageError("the sample file cannot be read", {
      where: { file: path },
      remedy: "name a CSV or NDJSON file by --sample",
      cause,
    });
  }
}

function csvRows(bytes: Uint8Array, whole: boolean): Rows {
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

function jsonRows(bytes: Uint8Array): Rows {
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
function located<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const { message, where, expected, actual, remedy, cause } = error;
    throw new DataError(message, { where: { ...where, file: path }, expected, actual, remedy, cause });
  }
}
