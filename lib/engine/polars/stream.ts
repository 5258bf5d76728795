import { readdirSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { underWay } from "../../progress.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import { type DataType, decimalOf, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import type { StoredValue } from "./footer.js";
import { fromDeepPlan, fromPlan, type LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type Compression, parquetFileSink, parquetFormat, parquetScan, parquetSink } from "./scan_plan.js";

/** A result as one query, or as several whose rows together are the result; each is made when the one before has run. */
export type Queries = readonly (() => Promise<LazyFrame>)[];

export interface StreamOptions {
  /** Columns whose values are folders, `name=value`, and not in the files. */
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
const NULL_FOLDER = "__HIVE_DEFAULT_PARTITION__";

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
  const keyed = frame.withColumns(partitions.map((f) => p.alias(folderText(p.column(f.name), f.type), f.name)));
  const sinkOf = (query: LazyFrame): string =>
    parquetSink(query.serialized(), {
      folder,
      partitionBy: partitions.map((f) => f.name),
      rowsPerFile,
      bytesPerFile: BYTES_PER_FILE,
      format: parquetFormat(ROWS_PER_GROUP, schema, compression),
    });
  await runSink(keyed, sinkOf);
}

/** Streams a result into one Parquet file. */
export async function streamToFile(
  query: LazyFrame,
  path: string,
  { schema, compression }: Pick<StreamOptions, "schema" | "compression"> = {},
): Promise<void> {
  const format = parquetFormat(ROWS_PER_GROUP, schema, compression);
  await runSink(query, (rows) => parquetFileSink(rows.serialized(), path, format));
}

/** Runs a sink; rows of a plan that is too deep for it go through a file. */
async function runSink(query: LazyFrame, sinkOf: (rows: LazyFrame) => string): Promise<void> {
  const sink = fromDeepPlan(sinkOf(query));
  if (sink) return sink.run();
  const between = newFolder(tmpdir());
  try {
    const path = join(between, "rows.parquet");
    await query.sinkParquet(path);
    await fromPlan(sinkOf(fromPlan(parquetScan([path])))).run();
  } finally {
    removeFolder(between);
  }
}

/** The files below a folder, by partition values, then in the order in which they were streamed. */
export async function streamedFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const files = names
    .filter((name) => name.endsWith(".parquet"))
    .map((name) => {
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

/** The value in the name of a partition's folder: `ano=2014`. */
export function folderValue(folder: string, type: DataType): StoredValue | null {
  const text = decodeURIComponent(folder.slice(folder.indexOf("=") + 1));
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

/** A partition value as text from which it can be read back. */
function folderText(value: PolarsExpr, type: DataType): PolarsExpr {
  if (type === "timestamp" || type === "timestamp_ntz") return p.cast(p.cast(value, "long"), "string");
  if (type === "binary") return p.call('{"BinaryExpr":"HexEncode"}', value);
  return compileCast(value, type, "string", "Strict");
}
