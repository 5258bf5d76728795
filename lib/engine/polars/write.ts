import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join, sep } from "node:path";
import type { Location } from "../../storage/storage.js";
import { type DataType, decimalOf, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import { type ColumnStatistics, readFooter, type StoredValue } from "./footer.js";
import { fromPlan, type LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import type { PolarsExpr } from "./polars_expr.js";
import { parquetScan, parquetSink } from "./scan_plan.js";

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

const BYTES_PER_FILE = 2 ** 30;
const ROWS_PER_GROUP = 2 ** 19;
const MOST_ROWS = 2 ** 32 - 1;
const NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__";

let stagingNumber = 0;

/**
 * Streams a query into Parquet files: into a staging folder `_staging/…` beside the table's files first, then each under
 * its name. No rows, no files.
 */
export async function writeFiles(query: LazyFrame, fields: readonly StructField[], options: WriteOptions): Promise<readonly WrittenFile[]> {
  const partitions = fields.filter((f) => options.partitionBy?.includes(f.name));
  const stored = fields.filter((f) => !partitions.includes(f));
  const staging = await stagingFolder(options);
  try {
    const keyed = query.withColumns(partitions.map((f) => p.alias(folderName(p.column(f.name), f.type), f.name)));
    const plan = parquetSink(keyed.serialized(), {
      folder: staging,
      partitionBy: partitions.map((f) => f.name),
      rowsPerFile: options.targetRows ?? MOST_ROWS,
      bytesPerFile: BYTES_PER_FILE,
      rowsPerGroup: ROWS_PER_GROUP,
    });
    await fromPlan(plan).collect();
    return await publish(staging, partitions, stored, options);
  } finally {
    await rm(staging, { recursive: true, force: true });
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
  for (const staged of await stagedFiles(staging)) {
    const footer = await readFooter(join(staging, staged), stored);
    if (footer.rows === 0) continue;
    const partitionValues = Object.fromEntries(partitions.map((f, i) => [f.name, folderValue(staged.split(sep)[i] ?? "", f)]));
    const path = options.newPath(partitionValues, written.length);
    await move(join(staging, staged), await options.locate(path));
    written.push({ path, partitionValues, ...footer });
  }
  return written;
}

async function stagedFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names.filter((name) => name.endsWith(".parquet")).sort();
}

async function move(from: string, to: Location): Promise<void> {
  if (isCloud(to)) return fromPlan(parquetScan([from])).sinkParquet(to.url, to.cloudOptions);
  await mkdir(dirname(to.url), { recursive: true });
  await rename(from, to.url);
}

/** A new folder on the disk of the table's files; those that killed processes of this machine have left are removed. */
async function stagingFolder(options: WriteOptions): Promise<string> {
  const name = `${hostname()}-${process.pid}`;
  const root = await options.locate("_staging");
  const parent = isCloud(root) ? join(tmpdir(), "tslake-staging") : root.url;
  const left = await readdir(parent).catch(() => []);
  await Promise.all(left.filter(isLeft).map((folder) => rm(join(parent, folder), { recursive: true, force: true })));
  const folder = join(parent, `${name}-${stagingNumber++}`);
  await mkdir(folder, { recursive: true });
  return folder;
}

function isLeft(folder: string): boolean {
  const [, host, pid] = /^(.*)-(\d+)-\d+$/.exec(folder) ?? [];
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function isCloud(location: Location): boolean {
  return location.cloudOptions !== undefined || /^[a-z][a-z0-9+.-]+:\/\//.test(location.url);
}

/** A partition value as text from which it can be read back. */
function folderName(value: PolarsExpr, type: DataType): PolarsExpr {
  if (type === "timestamp" || type === "timestamp_ntz") return p.cast(p.cast(value, "long"), "string");
  if (type === "binary") return p.call('{"BinaryExpr":"HexEncode"}', value);
  return compileCast(value, type, "string", "Strict");
}

/** The value in a folder's name: `ano=2014`. */
function folderValue(folder: string, { name, type }: StructField): StoredValue | null {
  const text = decodeURIComponent(folder.slice(encodeURIComponent(name).length + 1));
  if (text === NULL_FOLDER) return null;
  if (decimalOf(type)) return text;
  switch (type) {
    case "boolean":
      return text === "true";
    case "byte":
    case "short":
    case "integer":
    case "float":
    case "double":
      return Number(text);
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return BigInt(text);
    case "binary":
      return Buffer.from(text, "hex").toString("latin1");
    default:
      return text;
  }
}
