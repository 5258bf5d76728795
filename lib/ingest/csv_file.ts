import { splitRecord } from "./csv_record.js";
import type { CsvScan } from "./csv_records.js";
import { type HeaderMap, mapHeader } from "./header.js";
import type { Intake } from "./intake.js";
import type { PreparedFile } from "./prepared.js";
import { RowFile } from "./row_file.js";
import { CsvScanner } from "./scan_csv.js";
import { readChunks } from "./scan_file.js";
import type { TemporaryFiles } from "./temporary_files.js";
import { TextCheck } from "./text_check.js";

/** A first look at a CSV file: what it holds, found without taking its fields apart. */
export class CsvInspection {
  readonly #text = new TextCheck();
  readonly #scanner: CsvScanner;

  constructor(intake: Intake) {
    this.#scanner = new CsvScanner({ header: (fields, line) => void mapHeader(intake, fields, line) });
  }

  /** @throws DataError for a file that cannot be taken */
  push(chunk: Uint8Array): void {
    this.#text.push(chunk, this.#scanner.line);
    this.#scanner.push(chunk);
  }

  /** @throws DataError for a file that cannot be taken */
  finish(): CsvScan {
    this.#text.finish(this.#scanner.line);
    return this.#scanner.finish();
  }
}

/** The rows of a CSV file that has been inspected. A plain file is left to the engine, any other is rewritten. */
export async function prepareCsv(
  path: string,
  scan: CsvScan,
  intake: Intake,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  const map = mapHeader(intake, scan.header, 1);
  if (!scan.plain) return rewriteCsv(path, map, scan.header.length, temporary);
  return {
    source: { format: "csv", skip: scan.skip, ...(scan.lines === undefined ? {} : { lines: scan.lines }) },
    path: undefined,
    asItIs: true,
    fields: scan.header.map((_, index) => fieldName(index)),
    columns: new Map([["_row", "_row"], ...fieldsOf(map)]),
    rescue: new Map(map.unknown.map(({ name, index }) => [name, fieldName(index)])),
    corrupt: scan.corrupt,
    counts: { rows: scan.records - scan.blank, corrupt: scan.corrupt.length },
    unknown: map.unknown.map(({ name }) => name),
  };
}

/**
 * Reads a CSV file record by record and writes its rows down again as every reader understands them.
 * @param width number of its fields
 */
export async function rewriteCsv(
  path: string,
  map: HeaderMap,
  width: number,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  const target = new RowFile(
    temporary,
    Array.from({ length: width }, (_, index) => fieldName(index)),
  );
  const scanner = new CsvScanner({
    header: () => undefined,
    record: ({ corrupt, plain, text, line }) => {
      if (corrupt) return target.addCorrupt(text, line);
      if (plain && map.unknown.length === 0) return target.addRecord(text, [], line);
      const fields = splitRecord(text);
      const rescued = rescuedOf(map, fields);
      if (plain) target.addRecord(text, rescued, line);
      else target.add(fields, rescued, line);
    },
  });
  try {
    await readChunks(path, (chunk) => scanner.push(chunk));
    scanner.finish();
  } finally {
    target.close();
  }
  return target.prepared(
    fieldsOf(map),
    map.unknown.map(({ name }) => name),
  );
}

function fieldName(index: number): string {
  return `field_${index}`;
}

function fieldsOf(map: HeaderMap): readonly (readonly [string, string])[] {
  return [...map.columns].map(([name, index]) => [name, fieldName(index)]);
}

function rescuedOf({ unknown }: HeaderMap, fields: readonly (string | null)[]): readonly string[] {
  return unknown.flatMap(({ name, index }) =>
    fields[index] ? [`${JSON.stringify(name)}:${JSON.stringify(fields[index])}`] : [],
  );
}
