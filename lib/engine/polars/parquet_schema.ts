import { deserializeTCompactProtocol, readVarInt } from "hyparquet/src/thrift.js";
import { StorageError } from "../../errors.js";

/** A column, struct, list or map of a Parquet file, as its footer says (parquet.thrift, SchemaElement). */
export interface ParquetNode {
  readonly name: string;
  readonly fieldId: number | undefined;
  readonly repetition: "required" | "optional" | "repeated";
  /** Undefined for groups. */
  readonly physical: PhysicalParquetType | undefined;
  /** Bytes of a value of fixed length. */
  readonly length: number | undefined;
  /** The logical type, or the converted type of older writers that stands for it; undefined for plain values and structs. */
  readonly logical: LogicalParquetType | undefined;
  /** The file names the logical type itself, not only its older converted type. */
  readonly isModern: boolean;
  readonly children: readonly ParquetNode[];
}

export type PhysicalParquetType = (typeof PHYSICAL)[number];

export type LogicalParquetType =
  | { readonly kind: "string" | "map" | "list" | "date" | "variant" }
  | { readonly kind: "decimal"; readonly precision: number; readonly scale: number }
  | { readonly kind: "integer"; readonly bits: number; readonly signed: boolean }
  | { readonly kind: "timestamp"; readonly unit: TimeUnit; readonly utc: boolean }
  | { readonly kind: "other"; readonly name: string };

type TimeUnit = "millis" | "micros" | "nanos";

/** Reads bytes `start` (inclusive) to `end` (exclusive) of a file; undefined when it does not exist. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array | undefined>;

/**
 * The columns of a Parquet file of `size` bytes; undefined when it does not exist. Reads its end only.
 * @throws StorageError when it is no Parquet file
 */
export async function readParquetSchema(
  path: string,
  size: number,
  read: ReadRange,
): Promise<readonly ParquetNode[] | undefined> {
  let tail = await read(Math.max(0, size - TAIL), size);
  if (tail === undefined) return undefined;
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  if (tail.length < 12 || view.getUint32(tail.length - 4, true) !== MAGIC)
    throw new StorageError(`${path} is no Parquet file`, {
      where: { path },
      expected: `PAR1 at the end of ${size} bytes`,
      remedy: "Restore the file; it is damaged, or of another size than the log says.",
    });
  const length = view.getUint32(tail.length - 8, true);
  if (length + 8 > tail.length) tail = await read(size - 8 - length, size);
  const start = tail === undefined ? -1 : tail.length - 8 - length;
  if (tail === undefined || start < 0) throw new StorageError(`${path} is cut off`, { where: { path } });
  return parseSchema(tail.subarray(start, tail.length - 8));
}

const TAIL = 1 << 14;
const MAGIC = 0x31524150;
const PHYSICAL = ["boolean", "int32", "int64", "int96", "float", "double", "bytes", "fixed"] as const;
const REPETITION = ["required", "optional", "repeated"] as const;
const UNITS: readonly TimeUnit[] = ["millis", "micros", "nanos"];

/** Thrift structures as the reader gives them: fields by number. */
type Thrift = Readonly<Record<string, unknown>>;

/** Schemas of footers read before, by their bytes: files of one table begin their footers alike. */
const known: { readonly bytes: Uint8Array; readonly nodes: readonly ParquetNode[] }[] = [];
const KNOWN = 16;

/** The schema is the second field of a footer, behind the version and before all that grows with the file. */
function parseSchema(bytes: Uint8Array): readonly ParquetNode[] {
  const same = known.find((one) => Buffer.compare(one.bytes, bytes.subarray(0, one.bytes.length)) === 0);
  if (same !== undefined) return same.nodes;
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const version = reader.view.getUint8(reader.offset++);
  if (version !== 0x15) throw new RangeError("a Parquet footer begins with its version");
  readVarInt(reader);
  if (reader.view.getUint8(reader.offset++) !== 0x19)
    throw new RangeError("a Parquet footer's version precedes its schema");
  const list = reader.view.getUint8(reader.offset++);
  const count = list >> 4 === 15 ? readVarInt(reader) : list >> 4;
  const elements = Array.from({ length: count }, () => deserializeTCompactProtocol(reader));
  let next = 0;
  const take = (): ParquetNode => {
    const element = elements[next++] ?? {};
    const children = Array.from({ length: Number(element["field_5"] ?? 0) }, take);
    return nodeOf(element, children);
  };
  const nodes = take().children;
  known.unshift({ bytes: Uint8Array.from(bytes.subarray(0, reader.offset)), nodes });
  known.length = Math.min(known.length, KNOWN);
  return nodes;
}

function nodeOf(element: Thrift, children: readonly ParquetNode[]): ParquetNode {
  const physical =
    children.length > 0 || element["field_1"] === undefined ? undefined : PHYSICAL[Number(element["field_1"])];
  const logical = logicalType(element["field_10"] as Thrift | undefined);
  return {
    name: Buffer.from(element["field_4"] as Uint8Array).toString("utf8"),
    fieldId: element["field_9"] as number | undefined,
    repetition: REPETITION[Number(element["field_3"] ?? 0)] ?? "required",
    physical,
    length: element["field_2"] as number | undefined,
    logical: logical ?? convertedType(element),
    isModern: logical !== undefined,
    children,
  };
}

function logicalType(union: Thrift | undefined): LogicalParquetType | undefined {
  const [key, value] = Object.entries(union ?? {})[0] ?? [];
  const fields = (value ?? {}) as Thrift;
  switch (key) {
    case undefined:
    case "field_11":
      return undefined;
    case "field_1":
    case "field_4":
    case "field_12":
      return { kind: "string" };
    case "field_2":
      return { kind: "map" };
    case "field_3":
      return { kind: "list" };
    case "field_5":
      return { kind: "decimal", scale: Number(fields["field_1"] ?? 0), precision: Number(fields["field_2"] ?? 0) };
    case "field_6":
      return { kind: "date" };
    case "field_8": {
      const unit = Object.keys((fields["field_2"] ?? {}) as Thrift)[0] ?? "";
      return { kind: "timestamp", utc: fields["field_1"] === true, unit: UNITS[Number(unit.slice(6)) - 1] ?? "micros" };
    }
    case "field_10":
      return { kind: "integer", bits: Number(fields["field_1"]), signed: fields["field_2"] === true };
    case "field_16":
      return { kind: "variant" };
    default:
      return { kind: "other", name: OTHERS[key] ?? key };
  }
}

const OTHERS: Readonly<Record<string, string>> = {
  field_7: "TIME",
  field_13: "BSON",
  field_14: "UUID",
  field_15: "FLOAT16",
  field_17: "GEOMETRY",
  field_18: "GEOGRAPHY",
};

function convertedType(element: Thrift): LogicalParquetType | undefined {
  const integer = (bits: number, signed: boolean): LogicalParquetType => ({ kind: "integer", bits, signed });
  switch (element["field_6"]) {
    case undefined:
      return undefined;
    case 0:
    case 4:
    case 19:
      return { kind: "string" };
    case 1:
    case 2:
      return { kind: "map" };
    case 3:
      return { kind: "list" };
    case 5:
      return { kind: "decimal", scale: Number(element["field_7"] ?? 0), precision: Number(element["field_8"] ?? 0) };
    case 6:
      return { kind: "date" };
    case 9:
      return { kind: "timestamp", unit: "millis", utc: true };
    case 10:
      return { kind: "timestamp", unit: "micros", utc: true };
    case 11:
    case 12:
    case 13:
    case 14:
      return integer(8 << (Number(element["field_6"]) - 11), false);
    case 15:
    case 16:
    case 17:
    case 18:
      return integer(8 << (Number(element["field_6"]) - 15), true);
    default:
      return { kind: "other", name: `converted type ${String(element["field_6"])}` };
  }
}
