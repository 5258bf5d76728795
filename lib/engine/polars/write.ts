import { renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { setTimeout } from "node:timers/promises";
import { DataError } from "../../errors.js";
import type { Location } from "../../storage/storage.js";
import { newFolder, removeFolder, removeIfEmpty } from "../../storage/temporary_folder.js";
import type { StructField } from "../../types.js";
import { annotateFooter, needsAnnotation } from "./annotate_footer.js";
import { arrowSchema } from "./arrow_schema.js";
import { type ColumnStatistics, type Footer, readFooter, type StoredValue } from "./footer.js";
import { folderValue, longTexts } from "./partition_folders.js";
import type { Compression } from "./scan_plan.js";
import type { NameOf } from "./stored_names.js";
import { type Queries, streamedFiles, streamToFile, streamToFiles } from "./stream.js";

/** Of every partition column its value. */
export type PartitionValues = Readonly<Record<string, StoredValue | null>>;

/** How a result becomes Parquet files. */
export interface WriteOptions {
  /** Columns whose values split the result into files and are left out of these. */
  readonly partitionBy?: readonly string[];
  /** Rows in a file at most; by default a file holds about a gigabyte of rows in memory, 100 to 250 MB on disk. */
  readonly targetRows?: number;
  /** Default snappy. */
  readonly compression?: Compression | undefined;
  /** The columns, and how files name their fields; by default as the relation does. All that is answered has these names. */
  readonly stored?: { readonly fields: readonly StructField[]; readonly nameOf: NameOf };
  /** The path of a new file, relative to the table. */
  newPath(partitionValues: PartitionValues, index: number): string;
  /** Where it comes to lie, in a folder that is there. */
  locate(path: string): Promise<Location>;
}

/** A Parquet file that was written. */
export interface WrittenFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  readonly rows: number;
  readonly bytes: number;
  /** Of the columns in the file that are not in lists or maps. */
  readonly columns: readonly ColumnStatistics[];
}

/** What is written, and whether it surely fits into one file of each partition. */
export interface WrittenResult {
  readonly queries: Queries;
  readonly fields: readonly StructField[];
  readonly small: boolean;
}

/**
 * Streams a result into Parquet files. No rows, no files.
 * @throws DataError for a map with a null among its keys
 */
export function writeFiles(result: WrittenResult, options: WriteOptions): Promise<readonly WrittenFile[]> {
  const [query, ...others] = result.queries;
  const one =
    result.small && others.length === 0 && options.targetRows === undefined && (options.partitionBy ?? []).length === 0;
  const written = one && query ? writeOne(query, result.fields, options) : writeMany(result, options);
  return written.catch((error: unknown) => {
    throw keyError(error);
  });
}

/** A small result without partitions: one file. */
async function writeOne(
  query: Queries[number],
  fields: readonly StructField[],
  options: WriteOptions,
): Promise<readonly WrittenFile[]> {
  return inStaging(options, async (staging) => {
    const staged = join(staging, "0.parquet");
    const { compression } = options;
    await streamToFile(await query(), staged, { schema: arrowSchema(fields), compression });
    const footer = await finishFile(staged, fields, options);
    if (footer.rows === 0) return [];
    const path = options.newPath({}, 0);
    await move(staged, path, options);
    return [{ path, partitionValues: {}, ...footer }];
  });
}

async function writeMany(result: WrittenResult, options: WriteOptions): Promise<readonly WrittenFile[]> {
  const partitions = result.fields.filter((f) => options.partitionBy?.includes(f.name));
  const stored = result.fields.filter((f) => !partitions.includes(f));
  return inStaging(options, async (staging) => {
    const { compression, targetRows: rowsPerFile } = options;
    await streamToFiles(result.queries, staging, {
      partitions,
      rowsPerFile,
      schema: arrowSchema(stored),
      compression,
    });
    return publish(staging, result.queries, partitions, stored, options);
  });
}

/**
 * Gives a folder `_staging/…` beside the table's files, and removes it at the end. The files of a failed query may be opened
 * after its error is known: without their folder they cannot be.
 */
async function inStaging<T>(options: WriteOptions, use: (folder: string) => Promise<T>): Promise<T> {
  const root = await options.locate("_staging");
  const parent = root.upload === undefined ? root.url : tmpdir();
  const staging = newFolder(parent);
  try {
    return await use(staging);
  } catch (error) {
    removeFolder(staging);
    // Of a query that has failed, some threads may just be making a file.
    await setTimeout(LATE);
    throw error;
  } finally {
    removeFolder(staging);
    if (parent === root.url) removeIfEmpty(parent);
  }
}

/** Milliseconds. */
const LATE = 100;

/** Gives the staged files their names, in the order of partitions and rows. */
async function publish(
  staging: string,
  queries: Queries,
  partitions: readonly StructField[],
  stored: readonly StructField[],
  options: WriteOptions,
): Promise<readonly WrittenFile[]> {
  const written: WrittenFile[] = [];
  const files = await streamedFiles(staging);
  const folders = files.map((staged) => staged.split(sep).slice(1, -1));
  const long = await longTexts(folders.flat(), partitions, queries);
  for (const [i, staged] of files.entries()) {
    const footer = await finishFile(join(staging, staged), stored, options);
    if (footer.rows === 0) continue;
    const partitionValues = Object.fromEntries(
      partitions.map((f, level) => [f.name, folderValue(folders[i]?.[level] ?? "", f.type, long)]),
    );
    const path = options.newPath(partitionValues, written.length);
    await move(join(staging, staged), path, options);
    written.push({ path, partitionValues, ...footer });
  }
  return written;
}

async function finishFile(path: string, fields: readonly StructField[], { stored }: WriteOptions): Promise<Footer> {
  const nameOf = stored?.nameOf ?? (({ name }: StructField) => ({ name }));
  if (needsAnnotation(fields, nameOf)) await annotateFooter(path, fields, nameOf);
  return readFooter(path, fields);
}

/** Nothing but the entries of maps and their keys is written as never null. */
function keyError(error: unknown): unknown {
  if (!(error instanceof Error && error.message.includes("nullable is false but array contained"))) return error;
  return new DataError("a map has a null among its keys, nothing is written", {
    expected: "no null",
    actual: error.message.slice(0, 200),
    remedy: "Leave these entries out.",
  });
}

/** Others remove folders that are empty, perhaps just before a file comes into one. */
const MOVES = 10;

async function move(from: string, path: string, { locate }: WriteOptions): Promise<void> {
  for (let moves = 1; ; moves++) {
    const to = await locate(path);
    if (to.upload !== undefined) return to.upload(from);
    try {
      return renameSync(from, to.url);
    } catch (error) {
      if (moves === MOVES || (error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}
