import { splitRecord } from "./csv_record.js";
import { type HeaderMap, mapHeader } from "./header.js";
import type { Intake } from "./intake.js";
import type { PreparedFile } from "./prepared.js";
import { RowFile } from "./row_file.js";
import { type CsvScan, CsvScanner } from "./scan_csv.js";
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

/**
 * The rows of a CSV file that has been inspected. A plain file is left to the engine; any other, or one with columns that
 * the table does not know, is rewritten.
 */
export async function prepareCsv(
  path: string,
  scan: CsvScan,
  intake: Intake,
  temporary: TemporaryFiles,
): Promise<PreparedFile> {
  const map = mapHeader(intake, scan.header, 1);
  if (!scan.plain || map.unknown.length > 0) return rewriteCsv(path, map, temporary);
  return {
    source: { format: "csv", skip: scan.skip, ...(scan.lines === undefined ? {} : { lines: scan.lines }) },
    path: undefined,
    asItIs: true,
    fields: scan.header.map((_, index) => `field_${index}`),
    columns: new Map([["_row", "_row"], ...[...map.columns].map(([name, index]) => [name, `field_${index}`] as const)]),
    corrupt: scan.corrupt,
    counts: { rows: scan.records - scan.blank, corrupt: scan.corrupt.length },
    unknown: [],
  };
}

/** Takes a CSV file apart, record by record, and writes its rows down again as every reader understands them. */
export async function rewriteCsv(path: string, map: HeaderMap, temporary: TemporaryFiles): Promise<PreparedFile> {
  const target = new RowFile(temporary, [...map.columns.keys()]);
  const places = [...map.columns.values()];
  const scanner = new CsvScanner({
    header: () => undefined,
    record: ({ corrupt, text, line }) => {
      if (corrupt) return target.addCorrupt(text, line);
      const fields = splitRecord(text);
      target.add(
        places.map((place) => fields[place] ?? null),
        rescuedOf(map, fields),
        line,
      );
    },
  });
  try {
    await readChunks(path, (chunk) => scanner.push(chunk));
    scanner.finish();
  } finally {
    target.close();
  }
  return target.prepared(map.unknown.map(({ name }) => name));
}

function rescuedOf({ unknown }: HeaderMap, fields: readonly (string | null)[]): readonly string[] {
  return unknown.flatMap(({ name, index }) =>
    fields[index] ? [`${JSON.stringify(name)}:${JSON.stringify(fields[index])}`] : [],
  );
}
