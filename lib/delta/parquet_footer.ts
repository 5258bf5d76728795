import type { SchemaTree } from "hyparquet";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { type DataType, decimalOf, field, type StructField, type StructType } from "../types.js";
import { parquetDataType } from "./parquet_data_type.js";
import type { Scalar } from "./scalar.js";
import type { ColumnStats } from "./stats.js";

/** What the end of a Parquet file, written by anyone, tells of it. */
export interface ParquetFooter {
  readonly rows: number;
  /** Every column may hold nulls: that a file has none is no promise. */
  readonly schema: StructType;
  /** Of the columns that are not in lists or maps. */
  readonly columns: readonly ColumnStats[];
}

/**
 * Reads the footer of a Parquet file. Bounds are those that hold for every value, exactly: none of floats' greatest values
 * (NaN may be among them), of unsigned and 96-bit integers, and of texts that were cut within a character.
 * Throws DeltaError when the file is absent, no Parquet file, or has a column that Delta has no type for.
 */
export async function readParquetFooter(storage: Storage, path: string): Promise<ParquetFooter> {
  const { parquetMetadata, parquetSchema } = await import("hyparquet/src/metadata.js");
  const { deserializeTCompactProtocol } = await import("hyparquet/src/thrift.js");
  const bytes = await footerBytes(storage, path);
  const root = parsed(path, () => parquetSchema(parquetMetadata(bytes)));
  const length = new DataView(bytes).getUint32(bytes.byteLength - 8, true);
  const reader = { view: new DataView(bytes, bytes.byteLength - 8 - length, length), offset: 0 };
  const metadata = deserializeTCompactProtocol(reader) as Thrift;
  const fields = root.children.map((child) => field(child.element.name, parquetDataType(child, path)));
  const chunks = chunksByColumn((metadata["field_4"] ?? []) as readonly Thrift[]);
  return {
    rows: Number(metadata["field_3"]),
    schema: { type: "struct", fields },
    columns: root.children.flatMap((child, i) => leavesOf(child, fields[i])).map((leaf) => statsOf(leaf, chunks)),
  };
}

/** Thrift structures as the reader gives them: fields by number (parquet.thrift). */
type Thrift = Readonly<Record<string, unknown>>;

const TAIL = 1 << 16;
const MAGIC = 0x31524150;

async function footerBytes(storage: Storage, path: string): Promise<ArrayBuffer> {
  const meta = await storage.head(path);
  if (meta === undefined) throw new DeltaError(`${path} does not exist`, { where: { file: path } });
  let tail = await storage.readRange(path, Math.max(0, meta.size - TAIL), meta.size);
  const view = tail && new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (!tail || !view || tail.length < 12 || view.getUint32(tail.length - 4, true) !== MAGIC) throw noParquet(path);
  const length = view.getUint32(tail.length - 8, true) + 8;
  if (length > meta.size) throw noParquet(path);
  if (length > tail.length) tail = (await storage.readRange(path, meta.size - length, meta.size)) ?? tail;
  return new Uint8Array(tail).buffer;
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw noParquet(path, cause);
  }
}

function noParquet(path: string, cause?: unknown): DeltaError {
  return new DeltaError(`${path} is no Parquet file, or a damaged one`, {
    where: { file: path },
    remedy: "Move it away, or give it a name that begins with _ or a dot.",
    cause,
  });
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: DataType;
  readonly tree: SchemaTree;
}

/** A column, or the fields of a struct; what lies in lists and maps has no statistics. */
function leavesOf(
  tree: SchemaTree,
  { name, type }: StructField = field("", "string"),
  above: readonly string[] = [],
): Leaf[] {
  const path = [...above, name];
  if (typeof type === "string") return [{ path, type, tree }];
  if (type.type !== "struct") return [];
  return tree.children.flatMap((child, i) => leavesOf(child, type.fields[i], path));
}

interface Chunk {
  readonly values: number;
  readonly statistics: Thrift;
}

function chunksByColumn(rowGroups: readonly Thrift[]): ReadonlyMap<string, readonly Chunk[]> {
  const columns = new Map<string, Chunk[]>();
  for (const rowGroup of rowGroups) {
    for (const chunk of rowGroup["field_1"] as readonly Thrift[]) {
      const meta = chunk["field_3"] as Thrift;
      const path = (meta["field_3"] as readonly Uint8Array[]).map((name) => TEXT.decode(name)).join("\0");
      const found = { values: Number(meta["field_5"]), statistics: (meta["field_12"] ?? {}) as Thrift };
      const chunks = columns.get(path);
      if (chunks) chunks.push(found);
      else columns.set(path, [found]);
    }
  }
  return columns;
}

function statsOf({ path, type, tree }: Leaf, columns: ReadonlyMap<string, readonly Chunk[]>): ColumnStats {
  const chunks = columns.get(path.join("\0")) ?? [];
  const counts = chunks.map(({ statistics }) => statistics["field_3"]);
  const known = counts.every((count) => count !== undefined);
  const nullCount = known ? counts.reduce<number>((sum, count) => sum + Number(count), 0) : undefined;
  const filled = chunks.filter(({ statistics, values }) => Number(statistics["field_3"] ?? 0) < values);
  const codec = codecOf(type, tree);
  return {
    path,
    type,
    nullCount,
    min: codec && extreme(filled, "min", codec),
    max: type === "float" || type === "double" ? undefined : codec && extreme(filled, "max", codec),
  };
}

/** The least or greatest of all row groups; undefined when one does not tell. */
function extreme(chunks: readonly Chunk[], side: "min" | "max", codec: Codec): Scalar | undefined {
  let found: Stored | undefined;
  for (const { statistics } of chunks) {
    const [current, former] = side === "min" ? ["field_6", "field_2"] : ["field_5", "field_1"];
    const bytes = statistics[current] ?? (codec.isSigned ? statistics[former] : undefined);
    const value = bytes instanceof Uint8Array ? codec.decode(bytes) : undefined;
    if (value === undefined || Number.isNaN(value)) return undefined;
    if (found === undefined || (side === "min" ? codec.less(value, found) : codec.less(found, value))) found = value;
  }
  return found === undefined ? undefined : codec.scalar(found);
}

type Stored = bigint | number | Uint8Array;

interface Codec {
  decode(bytes: Uint8Array): Stored | undefined;
  less(a: Stored, b: Stored): boolean;
  scalar(value: Stored): Scalar | undefined;
  /** Also in the fields of older writers, whose order was that of signed bytes. */
  readonly isSigned: boolean;
}

function codecOf(type: DataType, { element }: SchemaTree): Codec | undefined {
  const { type: physical, converted_type: converted, logical_type: logical } = element;
  const integer = (scalar: (value: bigint) => Scalar | undefined): Codec => ({
    decode: physical === "INT32" || physical === "INT64" ? littleEndian : bigEndian,
    less: (a, b) => a < b,
    scalar: (value) => scalar(value as bigint),
    isSigned: physical === "INT32" || physical === "INT64",
  });
  if (converted?.startsWith("UINT") || (logical?.type === "INTEGER" && !logical.isSigned) || physical === "INT96")
    return undefined;
  const decimal = decimalOf(type);
  if (decimal !== undefined) return integer((value) => decimalText(value, decimal.scale));
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return integer((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
    case "date":
      return integer((value) => dateText(value));
    case "timestamp":
    case "timestamp_ntz": {
      const isMillis = converted === "TIMESTAMP_MILLIS" || (logical?.type === "TIMESTAMP" && logical.unit === "MILLIS");
      return integer((value) => (isMillis ? value * 1000n : value));
    }
    case "float":
    case "double":
      return {
        decode: (bytes) => (bytes.length === 4 ? view(bytes).getFloat32(0, true) : view(bytes).getFloat64(0, true)),
        less: (a, b) => a < b,
        scalar: (value) => value as number,
        isSigned: true,
      };
    case "string":
      return {
        decode: (bytes) => bytes,
        less: (a, b) => Buffer.compare(a as Uint8Array, b as Uint8Array) < 0,
        scalar: (value) => utf8(value as Uint8Array),
        isSigned: false,
      };
    default:
      return undefined;
  }
}

const TEXT = new TextDecoder();
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Uint8Array): string | undefined {
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function littleEndian(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 4) return BigInt(view(bytes).getInt32(0, true));
  return bytes.length === 8 ? view(bytes).getBigInt64(0, true) : undefined;
}

function bigEndian(bytes: Uint8Array): bigint | undefined {
  if (bytes.length === 0) return undefined;
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), view(bytes).getInt8(0) < 0 ? -1n : 0n);
}

function decimalText(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function dateText(days: bigint): string | undefined {
  const millis = Number(days) * 86_400_000;
  return Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString().slice(0, -14) : undefined;
}
