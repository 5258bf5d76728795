import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";
import type { ParquetNode } from "./parquet_schema.js";

/** The data files of a table version, as far as a query needs them. */
export interface TableFiles {
  readonly files: readonly DataFile[];
  readonly partitionColumns: readonly string[];
  /** The table's columns; files may lack nullable ones that were added later. */
  readonly fields: readonly StructField[];
  /** How a field, of the table or of a struct, is found in files; by default by its name. */
  readonly placeOf?: (field: StructField) => FieldPlace;
}

/** The name of a field in a file, or its Parquet field id. */
export type FieldPlace = { readonly name: string } | { readonly id: number };

/** Columns that every scan of a table's files can give beside its own: where a row stands. */
export const POSITION = {
  /** The file's number in the list of files, from 0: integer. */
  file: "_metadata.file",
  /** The row's number in its file, from 0, rows that a deletion vector hides included: long. */
  row: "_metadata.row",
} as const;

export interface DataFile {
  /**
   * Partition values by column, null for null, else text as literals have it: dates `YYYY-MM-DD`, times
   * `YYYY-MM-DD HH:MM:SS.ffffff`, decimals with all digits of their scale.
   */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Rows in the file that are not deleted, where the log knows. */
  readonly rows?: number;
  /**
   * Finds the file; called when its rows are asked for.
   * @throws StorageError or DeltaError when it is not there or damaged
   */
  readonly open: () => Promise<OpenFile>;
}

/** What a query needs to know of a file to read it. */
export interface OpenFile {
  readonly location: Location;
  /** The columns that are in it; undefined for files that are known to hold the table's columns as they are. */
  readonly schema?: readonly ParquetNode[];
  /** All of its bytes, for what Polars cannot read. */
  readonly read?: () => Promise<Uint8Array>;
  /** Rows that do not count, by their number from 0, ascending. */
  readonly deleted?: Uint32Array;
  /** The only rows that count, likewise; by default all. */
  readonly only?: Uint32Array;
  /** Bounds of a column of timestamps in microseconds, where the log has them. */
  readonly timestamps?: (path: readonly string[]) => { readonly min: bigint; readonly max: bigint } | undefined;
}
