import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";

/** The data files of a table version, as far as a query needs them. */
export interface TableFiles {
  readonly files: readonly DataFile[];
  readonly partitionColumns: readonly string[];
  /** The table's columns; files may lack nullable ones that were added later. */
  readonly fields: readonly StructField[];
}

/** Columns that every scan of a table's files can give beside its own: where a row stands. */
export const POSITION = {
  /** The file's number in the list of files, from 0: integer. */
  file: "_metadata.file",
  /** The row's number in its file, from 0, rows that a deletion vector hides included: long. */
  row: "_metadata.row",
} as const;

export interface DataFile {
  readonly location: Location;
  /** As Delta writes them: text, null for null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Rows in the file, where the log knows. */
  readonly rows?: number;
}
