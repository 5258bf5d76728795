import { dirname } from "node:path";
import { joinFields } from "./csv_record.js";
import type { PreparedFile } from "./prepared.js";
import { type TemporaryFiles, TextFile } from "./temporary_files.js";

/** Fields that stand before those of the file in every row. */
const ABOUT_ROW = ["line", "_rescued", "_corrupt_record"] as const;

/** Rows written down as plain CSV, because the engine could not read their file as it came. */
export class RowFile {
  readonly #path: string;
  readonly #fields: readonly string[];
  readonly #text: TextFile;
  readonly #nothing: string;
  #rows = 0;
  #corrupt = 0;

  /**
   * @param fields names for the values of a row, in the order in which rows bring them
   * @throws StorageError
   */
  constructor(temporary: TemporaryFiles, fields: readonly string[]) {
    this.#path = temporary.path(".csv");
    this.#fields = fields;
    this.#text = new TextFile(dirname(this.#path), this.#path);
    this.#nothing = joinFields(fields.map(() => null));
    this.#text.write(`${joinFields([...ABOUT_ROW, ...fields])}\n`);
  }

  /** @param rescued names and values of unknown columns, both as JSON */
  add(values: readonly (string | null)[], rescued: readonly string[], line: number): void {
    this.addRecord(joinFields(values), rescued, line);
  }

  /** A row that is plain CSV already. */
  addRecord(record: string, rescued: readonly string[], line: number): void {
    const json = rescued.length === 0 ? "" : joinFields([`{${rescued.join(",")}}`]);
    this.#text.write(`${line},${json},,${record}\n`);
    this.#rows++;
  }

  addCorrupt(record: string, line: number): void {
    this.#text.write(`${line},,${joinFields([record])},${this.#nothing}\n`);
    this.#rows++;
    this.#corrupt++;
  }

  close(): void {
    this.#text.close();
  }

  /**
   * The rows, once the file is closed.
   * @param columns column of the table to field
   */
  prepared(columns: Iterable<readonly [string, string]>, unknown: readonly string[]): PreparedFile {
    const [line, ...others] = ABOUT_ROW;
    return {
      source: { format: "csv" },
      path: this.#path,
      asItIs: false,
      fields: [...ABOUT_ROW, ...this.#fields],
      columns: new Map([["_row", line], ...others.map((name) => [name, name] as const), ...columns]),
      rescue: new Map(),
      corrupt: [],
      counts: { rows: this.#rows, corrupt: this.#corrupt },
      unknown,
    };
  }
}
