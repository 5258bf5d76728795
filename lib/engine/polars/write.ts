import { mkdir, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import type { Location } from "../../storage/storage.js";
import type { StructField } from "../../types.js";
import { newFolder, removeFolder, removeIfEmpty } from "./folders.js";
import { type ColumnStatistics, readFooter, type StoredValue } from "./footer.js";
import { fromPlan } from "./native.js";
import { parquetScan } from "./scan_plan.js";
import { folderValue, type Queries, streamedFiles, streamToFiles } from "./stream.js";

/** Of every partition column its value. */
export type PartitionValues = Readonly<Record<string, StoredValue | null>>;

/** How a result becomes Parquet files. */
export interface WriteOptions {
  /** Columns whose values split the result into files and are left out of these. */
  readonly partitionBy?: readonly string[];
  /** Rows in a file at most; by default a file holds about a gigabyte of rows in memory, 100 to 250 MB on disk. */
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
  /** Of the columns in the file that are not in lists or maps. */
  readonly columns: readonly ColumnStatistics[];
}

/**
 * Streams queries into Parquet files: into a staging folder `_staging/…` beside the table's files first, then each under
 * its name. No rows, no files.
 */
export async function writeFiles(
  queries: Queries,
  fields: readonly StructField[],
  options: WriteOptions,
): Promise<readonly WrittenFile[]> {
  const partitions = fields.filter((f) => options.partitionBy?.includes(f.name));
  const stored = fields.filter((f) => !partitions.includes(f));
  const root = await options.locate("_staging");
  const parent = isCloud(root) ? tmpdir() : root.url;
  const staging = newFolder(parent);
  try {
    await streamToFiles(queries, staging, { partitions, rowsPerFile: options.targetRows });
    return await publish(staging, partitions, stored, options);
  } finally {
    removeFolder(staging);
    if (parent === root.url) removeIfEmpty(parent);
  }
}

/** Gives the staged files their names, in the order of partitions and rows. */
async function publish(
  staging: string,
  partitions: readonly StructField[],
  stored: readonly StructField[],
  options: WriteOptions,
): Promise<readonly WrittenFile[]> {
  const written: WrittenFile[] = [];
  for (const staged of await streamedFiles(staging)) {
    const footer = await readFooter(join(staging, staged), stored);
    if (footer.rows === 0) continue;
    const partitionValues = Object.fromEntries(
      partitions.map((f, i) => [f.name, folderValue(staged.split(sep)[i + 1] ?? "", f.type)]),
    );
    const path = options.newPath(partitionValues, written.length);
    await move(join(staging, staged), await options.locate(path));
    written.push({ path, partitionValues, ...footer });
  }
  return written;
}

async function move(from: string, to: Location): Promise<void> {
  if (isCloud(to)) return fromPlan(parquetScan([from])).sinkParquet(to.url, to.cloudOptions);
  await mkdir(dirname(to.url), { recursive: true });
  await rename(from, to.url);
}

function isCloud(location: Location): boolean {
  return location.cloudOptions !== undefined || /^[a-z][a-z0-9+.-]+:\/\//.test(location.url);
}
