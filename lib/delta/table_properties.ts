import { DeltaError } from "../errors.js";

/** The table properties that this engine acts on, read from a table's configuration. */
export interface TableProperties {
  /** Only additions; removes that change data are refused. `delta.appendOnly`, default false. */
  readonly appendOnly: boolean;
  /** Commits from one checkpoint to the next; undefined when the table leaves it to the engine. `delta.checkpointInterval`. */
  readonly checkpointInterval: number | undefined;
  /** What a checkpoint is made of: one file, or, of a table with the feature v2Checkpoint, sidecars. `delta.checkpointPolicy`. */
  readonly checkpointPolicy: "classic" | "v2";
  /** Whether checkpoints hold statistics as JSON text. `delta.checkpoint.writeStatsAsJson`, default true. */
  readonly writeStatsAsJson: boolean;
  /** Whether checkpoints hold statistics and partition values as typed columns, too. `delta.checkpoint.writeStatsAsStruct`, default false. */
  readonly writeStatsAsStruct: boolean;
  /** How long tombstones are kept, in milliseconds. `delta.deletedFileRetentionDuration`, default one week. */
  readonly deletedFileRetention: number;
  /** How long commits are kept behind a checkpoint, in milliseconds. `delta.logRetentionDuration`, default 30 days. */
  readonly logRetention: number;
  /** Whether checkpoints are followed by a clean-up of the log. `delta.enableExpiredLogCleanup`, default true. */
  readonly enableExpiredLogCleanup: boolean;
  /** Leaf columns with statistics, from the schema's start; -1: all. `delta.dataSkippingNumIndexedCols`. */
  readonly indexedColumns: number | undefined;
  /** The columns with statistics, each a path into structs. `delta.dataSkippingStatsColumns`. */
  readonly statsColumns: readonly (readonly string[])[] | undefined;
  /** Bytes that a file made by optimize aims at. `delta.targetFileSize`. */
  readonly targetFileSize: number | undefined;
  /** How long txn actions are kept, in milliseconds; undefined keeps them for ever. `delta.setTransactionRetentionDuration`. */
  readonly setTransactionRetention: number | undefined;
  /** How data files are compressed; readers learn it from each file. `delta.parquet.compression.codec`, default snappy. */
  readonly compression: Compression;
  /** `delta.isolationLevel`, default WriteSerializable. */
  readonly isolationLevel: IsolationLevel;
}

type Compression = "none" | "snappy" | "gzip" | "brotli" | "lz4" | "zstd";

export type IsolationLevel = "Serializable" | "WriteSerializable";

/** Throws DeltaError for a value that cannot be understood. */
export function tableProperties(configuration: Readonly<Record<string, string>>): TableProperties {
  const isolation = configuration["delta.isolationLevel"] ?? "WriteSerializable";
  return {
    appendOnly: flag(configuration, "delta.appendOnly", false),
    checkpointInterval: positive(configuration, "delta.checkpointInterval"),
    checkpointPolicy: configuration["delta.checkpointPolicy"]?.toLowerCase() === "v2" ? "v2" : "classic",
    writeStatsAsJson: flag(configuration, "delta.checkpoint.writeStatsAsJson", true),
    writeStatsAsStruct: flag(configuration, "delta.checkpoint.writeStatsAsStruct", false),
    deletedFileRetention: interval(configuration, "delta.deletedFileRetentionDuration") ?? MILLIS.week,
    logRetention: interval(configuration, "delta.logRetentionDuration") ?? 30 * MILLIS.day,
    enableExpiredLogCleanup: flag(configuration, "delta.enableExpiredLogCleanup", true),
    indexedColumns: indexedColumns(configuration),
    statsColumns: columnList(configuration["delta.dataSkippingStatsColumns"]),
    targetFileSize: bytes(configuration, "delta.targetFileSize"),
    setTransactionRetention: interval(configuration, "delta.setTransactionRetentionDuration"),
    compression: compression(configuration),
    isolationLevel: isolation === "Serializable" ? "Serializable" : "WriteSerializable",
  };
}

const MILLIS = {
  millisecond: 1,
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
};

const PART = /([+-]?\d+(?:\.\d+)?) +(millisecond|second|minute|hour|day|week)s?\b/gi;

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ["none", "none"],
  ["uncompressed", "none"],
  ["snappy", "snappy"],
  ["gzip", "gzip"],
  ["brotli", "brotli"],
  ["lz4", "lz4"],
  ["lz4_raw", "lz4"],
  ["zstd", "zstd"],
]);

function compression(configuration: Readonly<Record<string, string>>): Compression {
  const name = "delta.parquet.compression.codec";
  const text = configuration[name] ?? "snappy";
  const known = COMPRESSIONS.get(text.toLowerCase());
  if (known !== undefined) return known;
  throw invalid(name, text, [...COMPRESSIONS.keys()].join(", "));
}

function positive(configuration: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = configuration[name];
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(name, text, "a whole number above 0");
}

function flag(configuration: Readonly<Record<string, string>>, name: string, otherwise: boolean): boolean {
  const text = configuration[name];
  return text === undefined ? otherwise : text.toLowerCase() === "true";
}

function indexedColumns(configuration: Readonly<Record<string, string>>): number | undefined {
  const name = "delta.dataSkippingNumIndexedCols";
  const text = configuration[name];
  if (text === undefined) return undefined;
  if (/^(?:-1|\d{1,9})$/.test(text.trim())) return Number(text);
  throw invalid(name, text, "a whole number, or -1 for all columns");
}

/** Names between commas, each a path of names between dots; backticks enclose names that hold either. */
function columnList(text: string | undefined): readonly (readonly string[])[] | undefined {
  if (text === undefined) return undefined;
  const columns: string[][] = [[]];
  for (const [, quoted, plain, mark] of text.matchAll(/`((?:[^`]|``)*)`|([^`,.]+)|([,.])/g)) {
    if (mark === ",") columns.push([]);
    else if (mark === undefined) columns.at(-1)?.push(quoted?.replaceAll("``", "`") ?? plain?.trim() ?? "");
  }
  return columns.map((path) => path.filter((name) => name !== "")).filter((path) => path.length > 0);
}

/** Bytes: a number, or one with a unit of binary size (`128mb`). */
function bytes(configuration: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = configuration[name];
  if (text === undefined) return undefined;
  const match = /^\s*(\d+)\s*([kmgt])?i?b?\s*$/i.exec(text);
  const value = Number(match?.[1]) * 1024 ** " kmgt".indexOf(match?.[2]?.toLowerCase() ?? " ");
  if (match !== null && Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(name, text, "a number of bytes such as 134217728 or 128mb");
}

/** Milliseconds of a Spark interval: `interval 30 days`, `interval 1 week 2 hours`. */
function interval(configuration: Readonly<Record<string, string>>, name: string): number | undefined {
  const text = configuration[name];
  if (text === undefined) return undefined;
  const rest = text.replace(/^\s*interval\b/i, "").replace(PART, "");
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0 || rest.trim() !== "") throw invalid(name, text, "an interval such as `interval 7 days`");
  return parts.reduce(
    (sum, [, amount, unit]) => sum + Number(amount) * MILLIS[unit?.toLowerCase() as keyof typeof MILLIS],
    0,
  );
}

function invalid(name: string, actual: string, expected: string): DeltaError {
  return new DeltaError(`The table property ${name} cannot be understood`, { expected, actual });
}
