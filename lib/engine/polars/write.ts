import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";
import { type ColumnStatistics, readFooter, type StoredValue } from "./footer.js";
import type { Frame } from "./native.js";
import { storedValues } from "./rows.js";

/** Of every partition column its value. */
export type PartitionValues = Readonly<Record<string, StoredValue | null>>;

/** How a result becomes Parquet files. */
export interface WriteOptions {
  /** Columns whose values split the result into files and are left out of these. */
  readonly partitionBy?: readonly string[];
  /** Rows in a file, about. */
  readonly targetRows?: number;
  /** The path of a new file, relative to the table. */
  newPath(partitionValues: PartitionValues, index: number): string;
  locate(path: string): Promise<Location>;
}

/** A Parquet file that was written. */
export interface WrittenFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly rows: number;
  readonly bytes: number;
  /** Of the columns in the file that are no lists or structs. */
  readonly columns: readonly ColumnStatistics[];
}

const TARGET_ROWS = 4_000_000;

/** Writes a frame as Parquet: one file per partition, or several of about `targetRows` rows. No rows, no files. */
export async function writeFrame(frame: Frame, fields: readonly StructField[], options: WriteOptions): Promise<readonly WrittenFile[]> {
  const partitionBy = options.partitionBy ?? [];
  const stored = fields.filter((f) => !partitionBy.includes(f.name));
  const written: WrittenFile[] = [];
  for (const { values, rows } of partitionsOf(frame, fields, partitionBy)) {
    for (const part of slices(rows, options.targetRows ?? TARGET_ROWS)) {
      const path = options.newPath(values, written.length);
      written.push(await writeFile(part, stored, path, await options.locate(path), values));
    }
  }
  return written;
}

async function writeFile(
  rows: Frame,
  stored: readonly StructField[],
  path: string,
  location: Location,
  partitionValues: PartitionValues,
): Promise<WrittenFile> {
  await mkdir(dirname(location.url), { recursive: true });
  rows.select(stored.map((f) => f.name)).writeParquet(location.url, "snappy");
  const footer = await readFooter(location.url, stored);
  return { path, partitionValues, ...footer };
}

function partitionsOf(
  frame: Frame,
  fields: readonly StructField[],
  partitionBy: readonly string[],
): readonly { readonly values: PartitionValues; readonly rows: Frame }[] {
  if (frame.rows === 0) return [];
  if (partitionBy.length === 0) return [{ values: {}, rows: frame }];
  const keys = fields.filter((f) => partitionBy.includes(f.name));
  return frame.partitionBy(partitionBy).map((rows) => ({ values: storedValues(rows, keys), rows }));
}

function slices(frame: Frame, rows: number): readonly Frame[] {
  const parts = Math.max(1, Math.ceil(frame.rows / rows));
  const size = Math.ceil(frame.rows / parts);
  return Array.from({ length: parts }, (_, i) => frame.slice(i * size, size));
}
