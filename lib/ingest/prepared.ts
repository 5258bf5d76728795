import type { FileSource } from "../relation/node.js";
import type { CorruptRecord } from "./csv_records.js";

/**
 * What a field's text still needs, when it comes from a typed file: a day loses the midnight that some writers give it. JSON
 * is rescued as it is.
 */
export type TextForm = "as is" | "without time" | "json";

/**
 * The rows of a landed file, ready for the engine. Where `path` is undefined they are read from the file itself, which
 * may have moved to the archive by then.
 */
export interface PreparedFile {
  readonly source: Omit<FileSource, "kind" | "path">;
  readonly path: string | undefined;
  /** False when the rows were taken apart here and written down again. */
  readonly asItIs: boolean;
  /** The names by which the engine hands out the file's fields: all of them, in order, for CSV. */
  readonly fields: readonly string[];
  /** Column of the table to the field that holds it; all others are null. */
  readonly columns: ReadonlyMap<string, string>;
  /** Unknown columns that are still to be rescued: name to field. */
  readonly rescue: ReadonlyMap<string, string>;
  /** By field; `as is` where nothing is said. */
  readonly forms?: ReadonlyMap<string, TextForm>;
  /** Records that do not fit the header and are not among the source's rows. */
  readonly corrupt: readonly CorruptRecord[];
  readonly counts: RowCounts;
  /** Unknown columns. */
  readonly unknown: readonly string[];
}

/** What is in a file. */
export interface RowCounts {
  /** Rows that bronze gets, corrupt ones among them. */
  readonly rows: number;
  readonly corrupt: number;
}
