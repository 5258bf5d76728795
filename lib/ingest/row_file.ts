import { dirname } from "node:path";
import { joinRecord } from "./csv_record.js";
import type { PreparedFile } from "./prepared.js";
import { type TemporaryFiles, TextFile } from "./temporary_files.js";

/** Columns that stand before those of the table in every row file. */
const ABOUT_ROW = ["line", "_rescued", "_corrupt_record"] as const;

/** Rows taken apart here and written down as plain CSV, because the engine could not read their file as it came. */
export class RowFile {
  readonly #path: string;
  readonly #columns: readonly string[];
  readonly #text: TextFile;
  readonly #nothing: readonly null[];
  #rows = 0;
  #corrupt = 0;

  /**
   * @param columns of the table, in the order in which rows bring them
   * @throws StorageError
   */
  constructor(temporary: TemporaryFiles, columns: readonly string[]) {
    this.#path = temporary.path(".csv");
    this.#columns = columns;
    this.#nothing = columns.map(() => null);
    this.#text = new TextFile(dirname(this.#path), this.#path);
    this.#text.write(joinRecord([...ABOUT_ROW, ...columns]));
  }

  /** @param rescued names and values of unknown columns, both as JSON */
  add(values: readonly (string | null)[], rescued: readonly string[], line: number): void {
    const json = rescued.length === 0 ? null : `{${rescued.join(",")}}`;
    this.#text.write(joinRecord([String(line), json, null, ...values]));
    this.#rows++;
  }

  addCorrupt(record: string, line: number): void {
    this.#text.write(joinRecord([String(line), null, record, ...this.#nothing]));
    this.#rows++;
    this.#corrupt++;
  }

  close(): void {
    this.#text.close();
  }

  prepared(unknown: readonly string[]): PreparedFile {
    const fields = [...ABOUT_ROW, ...this.#columns];
    return {
      source: { format: "csv" },
      path: this.#path,
      asItIs: false,
      fields,
      columns: new Map([["_row", "line"], ...fields.slice(1).map((name) => [name, name] as const)]),
      corrupt: [],
      counts: { rows: this.#rows, corrupt: this.#corrupt },
      unknown,
    };
  }
}
