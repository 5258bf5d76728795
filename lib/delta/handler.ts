import type { Storage } from "../storage/storage.js";
import type { StructType } from "../types.js";

/** Some columns of consecutive rows of a Parquet file. */
export interface ColumnBatch {
  readonly rowCount: number;
  /**
   * One value per row; null when it, or a struct above it, is null or the file has no such column. Text is `string`,
   * INT32 `number`, INT64 `bigint`, timestamps and dates are ISO text, maps plain objects, lists arrays, structs plain
   * objects without nulls and decimals; a map or list that has no entry in any row of the batch may be null.
   * With the numbers of some rows, ascending, the values of others may be left out.
   */
  column(path: string, rows?: readonly number[]): readonly unknown[];
  /**
   * Visits the texts of a column in turn, without holding all of them: the row's number, and where in `bytes` its UTF-8
   * stands; null, with 0 and 0, for null. False when the column has no values, or the handler cannot do that. With the
   * numbers of some rows, ascending, others may be left out.
   */
  visitTexts?(path: string, visit: TextVisitor, rows?: readonly number[]): boolean;
}

export type TextVisitor = (row: number, bytes: Uint8Array | null, start: number, end: number) => void;

export interface ReadOptions {
  /** Row groups whose statistics exclude all of these texts in this column may be left out. */
  readonly oneOf?: { readonly column: string; readonly values: readonly string[] };
}

/** What the log needs from an engine that knows Parquet: reading and writing checkpoints. */
export interface ParquetHandler {
  /**
   * Reads columns, each a dotted path into structs (`add.path`) that ends at a primitive, a map, a list or a struct without lists. Row
   * groups in which all of them are null may be left out. Throws DeltaError when the file is absent or no valid Parquet.
   */
  read(storage: Storage, path: string, columns: readonly string[], options?: ReadOptions): AsyncIterable<ColumnBatch>;
  /**
   * Encodes a Parquet file; each list of rows becomes one row group. Longs, timestamps (microseconds) and decimals
   * (unscaled) are `bigint`, dates numbers of days, binary `Uint8Array`, maps and structs plain objects.
   */
  encode(schema: StructType, rowGroups: Iterable<readonly Readonly<Record<string, unknown>>[]>): Promise<Uint8Array>;
}
