import { readdirSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { underWay } from "../../progress.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { StructField } from "../../types.js";
import { writeError } from "./engine_error.js";
import { fromDeepPlan, fromPlan, type LazyFrame } from "./native.js";
import { folderKey } from "./partition_folders.js";
import * as p from "./polars_expr.js";
import { type Compression, parquetFileSink, parquetFormat, parquetScan, parquetSink } from "./scan_plan.js";

/** A result as one query, or as several whose rows together are the result; each is made when the one before has run. */
export type Queries = readonly (() => Promise<LazyFrame>)[];

export interface StreamOptions {
  /** Columns whose values are in the names of folders (`partition_folders.ts`), and not in the files. */
  readonly partitions?: readonly StructField[];
  readonly rowsPerFile?: number | undefined;
  /** The files' Arrow schema in Polars' notation, where it says more than the query does. */
  readonly schema?: string;
  /** Default snappy. */
  readonly compression?: Compression | undefined;
}

const BYTES_PER_FILE = 2 ** 30;
const ROWS_PER_GROUP = 2 ** 17;
const MOST_ROWS = 2 ** 32 - 1;

/** Streams results into Parquet files `<number of the query>/[<partition>/…]<number>.parquet` in a folder. */
export async function streamToFiles(queries: Queries, folder: string, options: StreamOptions = {}): Promise<void> {
  await inPairs(queries, async (query, part) => {
    const name = queries.length === 1 ? "rows to files" : `part ${part + 1} of ${queries.length}`;
    const stream = async () => streamPart(await query(), join(folder, String(part).padStart(4, "0")), options);
    await underWay(name, stream, () => sizeOf(folder));
  });
}

/** Two at a time, so that all cores work while one query waits for its last thread; after a failure none is begun. */
async function inPairs<T>(items: readonly T[], run: (item: T, i: number) => Promise<void>): Promise<void> {
  const waiting = [...items.entries()];
  const turn = async (): Promise<void> => {
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) await run(next[1], next[0]);
    } finally {
      waiting.length = 0;
    }
  };
  const ended = await Promise.allSettled([turn(), turn()]);
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}

async function streamPart(frame: LazyFrame, folder: string, options: StreamOptions): Promise<void> {
  const { partitions = [], rowsPerFile = MOST_ROWS, schema, compression } = options;
  const keyed = frame.withColumns(partitions.map((f) => p.alias(folderKey(f), f.name)));
  const sinkOf = (query: LazyFrame): string =>
    parquetSink(query.serialized(), {
      folder,
      partitionBy: partitions.map((f) => f.name),
      rowsPerFile,
      bytesPerFile: BYTES_PER_FILE,
      format: parquetFormat(ROWS_PER_GROUP, schema, compression),
    });
  await runSink(keyed, folder, sinkOf);
}

/** Streams a result into one Parquet file. */
export async function streamToFile(
  query: LazyFrame,
  path: string,
  { schema, compression }: Pick<StreamOptions, "schema" | "compression"> = {},
): Promise<void> {
  const format = parquetFormat(ROWS_PER_GROUP, schema, compression);
  await runSink(query, path, (rows) => parquetFileSink(rows.serialized(), path, format));
}

/** Runs a sink that writes to a path; rows of a plan that is too deep for it go through a file. */
async function runSink(query: LazyFrame, path: string, sinkOf: (rows: LazyFrame) => string): Promise<void> {
  const sink = fromDeepPlan(sinkOf(query));
  if (sink) return written(sink.run(), path);
  const between = newFolder(tmpdir());
  try {
    const rows = join(between, "rows.parquet");
    await written(query.sinkParquet(rows), rows);
    await written(fromPlan(sinkOf(fromPlan(parquetScan([rows])))).run(), path);
  } finally {
    removeFolder(between);
  }
}

async function written(writing: Promise<void>, path: string): Promise<void> {
  return writing.catch((error: unknown) => {
    throw writeError(error, path);
  });
}

/** The files below a folder, by partition values, then in the order in which they were streamed. */
export async function streamedFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const name = relative(folder, join(entry.parentPath, entry.name));
      const [part = "", ...rest] = name.split(sep);
      return { name, order: [...rest.slice(0, -1), part, ...rest.slice(-1)].join("/") };
    });
  return files.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ name }) => name);
}

/** What stands in a folder that is being written. */
function sizeOf(folder: string): string | undefined {
  let files = 0;
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  }
  const megabytes = (bytes / 1e6).toLocaleString("en-US", { maximumFractionDigits: 0 });
  return files === 0 ? undefined : `${files} ${files === 1 ? "file" : "files"}, ${megabytes} MB`;
}
