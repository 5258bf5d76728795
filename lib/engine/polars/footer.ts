import { open } from "node:fs/promises";
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js";
import { StorageError } from "../../errors.js";
import { type DataType, decimalOf, type StructField } from "../../types.js";

/**
 * A value as a file stores it: integers as number, long and timestamps (microseconds) as bigint, decimals and dates as
 * text, binary as text of one character per byte.
 */
export type StoredValue = boolean | number | bigint | string;

/** What a Parquet file says about a column. `min` and `max` are absent where the file has none: no value, or NaN among them. */
export interface ColumnStatistics {
  /** The column's name, and below it the fields of structs. */
  readonly path: readonly string[];
  readonly type: DataType;
  readonly nullCount: number;
  readonly min?: StoredValue;
  readonly max?: StoredValue;
}

export interface Footer {
  readonly rows: number;
  readonly bytes: number;
  readonly columns: readonly ColumnStatistics[];
}

const TAIL = 1 << 16;
const MAGIC = "PAR1";

/** Reads the footer of a local Parquet file: rows, and exact statistics of the columns that are no lists or structs. */
export async function readFooter(path: string, fields: readonly StructField[]): Promise<Footer> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    let tail = await readAt(file, Math.max(0, size - TAIL), Math.min(size, TAIL));
    if (tail.toString("latin1", tail.length - 4) !== MAGIC)
      throw new StorageError("not a Parquet file", { where: { path } });
    const length = tail.readUInt32LE(tail.length - 8) + 8;
    if (length > tail.length) tail = await readAt(file, size - length, length);
    return { ...parseFooter(tail.subarray(tail.length - length, tail.length - 8), fields), bytes: size };
  } finally {
    await file.close();
  }
}

async function readAt(file: Awaited<ReturnType<typeof open>>, position: number, length: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer;
}

/** Thrift structures as the reader gives them: fields by number (parquet.thrift). */
type Thrift = Readonly<Record<string, unknown>>;

function parseFooter(
  bytes: Buffer,
  fields: readonly StructField[],
): { readonly rows: number; readonly columns: readonly ColumnStatistics[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const metadata = deserializeTCompactProtocol({ view, offset: 0 });
  const rowGroups = (metadata["field_4"] ?? []) as readonly Thrift[];
  const columns = new Map<string, Thrift[]>();
  for (const rowGroup of rowGroups) {
    for (const chunk of rowGroup["field_1"] as readonly Thrift[]) {
      const meta = chunk["field_3"] as Thrift;
      const path = (meta["field_3"] as readonly Uint8Array[]).map(text).join(".");
      const statistics = { ...((meta["field_12"] ?? {}) as Thrift), rows: rowGroup["field_3"] };
      const chunks = columns.get(path);
      if (chunks) chunks.push(statistics);
      else columns.set(path, [statistics]);
    }
  }
  const statistics = leavesOf(fields, []).flatMap(({ path, type }) => {
    const chunks = columns.get(path.join("."));
    return chunks ? [columnStatistics(path, type, chunks)] : [];
  });
  return { rows: Number(metadata["field_3"]), columns: statistics };
}

/** Columns, and the fields of structs; what lies in lists and maps has no statistics. */
function leavesOf(fields: readonly StructField[], above: readonly string[]): { path: string[]; type: DataType }[] {
  return fields.flatMap(({ name, type }) => {
    if (typeof type === "string") return [{ path: [...above, name], type }];
    return type.type === "struct" ? leavesOf(type.fields, [...above, name]) : [];
  });
}

function columnStatistics(path: readonly string[], type: DataType, chunks: readonly Thrift[]): ColumnStatistics {
  const nullCount = chunks.reduce((sum, chunk) => sum + Number(chunk["field_3"] ?? 0), 0);
  const bounds = { path, type, nullCount };
  const bytes = chunks
    .filter((chunk) => Number(chunk["field_3"] ?? 0) < Number(chunk["rows"]))
    .map((chunk) => ({
      max: chunk["field_5"] as Uint8Array | undefined,
      min: chunk["field_6"] as Uint8Array | undefined,
    }));
  const known = bytes.every((chunk) => chunk.min !== undefined && chunk.max !== undefined);
  if (!known || bytes.length === 0) return bounds;
  const codec = codecOf(type);
  if (!codec) return bounds;
  const least = bytes
    .flatMap(({ min }) => (min ? [codec.decode(min)] : []))
    .reduce((a, b) => (codec.less(b, a) ? b : a));
  const greatest = bytes
    .flatMap(({ max }) => (max ? [codec.decode(max)] : []))
    .reduce((a, b) => (codec.less(a, b) ? b : a));
  return { ...bounds, min: codec.show(least), max: codec.show(greatest) };
}

interface Codec {
  decode(bytes: Uint8Array): bigint | number | Uint8Array;
  less(a: bigint | number | Uint8Array, b: bigint | number | Uint8Array): boolean;
  show(value: bigint | number | Uint8Array): StoredValue;
}

function codecOf(type: DataType): Codec | undefined {
  const decimal = decimalOf(type);
  if (decimal)
    return {
      decode: decimal.precision > 18 ? bigEndian : littleEndian,
      less,
      show: (v) => unscaled(v as bigint, decimal.scale),
    };
  switch (type) {
    case "boolean":
      return { decode: (bytes) => bytes[0] ?? 0, less, show: (v) => v === 1 };
    case "byte":
    case "short":
    case "integer":
      return { decode: littleEndian, less, show: Number };
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return { decode: littleEndian, less, show: (v) => v as bigint };
    case "float":
      return { decode: (bytes) => viewOf(bytes).getFloat32(0, true), less, show: (v) => v as number };
    case "double":
      return { decode: (bytes) => viewOf(bytes).getFloat64(0, true), less, show: (v) => v as number };
    case "string":
      return {
        decode: (bytes) => bytes,
        less: (a, b) => Buffer.compare(a as Uint8Array, b as Uint8Array) < 0,
        show: (v) => text(v as Uint8Array),
      };
    case "date":
      return { decode: littleEndian, less, show: (v) => new Date(Number(v) * 86_400_000).toISOString().slice(0, 10) };
    default:
      return undefined;
  }
}

function less(a: bigint | number | Uint8Array, b: bigint | number | Uint8Array): boolean {
  return a < b;
}

/** Signed, of 4 or 8 bytes. */
function littleEndian(bytes: Uint8Array): bigint {
  const view = viewOf(bytes);
  return bytes.length === 4 ? BigInt(view.getInt32(0, true)) : view.getBigInt64(0, true);
}

/** Signed, of any length. */
function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString("hex")}`));
}

function unscaled(value: bigint, scale: number): string {
  if (scale === 0) return String(value);
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
