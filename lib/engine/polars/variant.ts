import { StorageError } from "../../errors.js";
import type { StructValue, Value } from "../../relation/runner.js";

/**
 * Variants (parquet-format, "Variant Binary Encoding" and "Variant Shredding") as JSON text that keeps the kind of every
 * value: objects, arrays, null, booleans and finite doubles are JSON's own; every other value is a text whose first
 * character tells its kind.
 */
export type VariantText = string;

/** First characters of texts. */
const TAG = { text: "s", integer: "i", decimal: "d", double: "f", binary: "b", other: "o" } as const;

/** A variant's value in JavaScript: integers as bigint; decimals, dates, times and uuids as text; objects as objects. */
export function variantValue(text: VariantText): StructValue {
  return { variant: untagged(JSON.parse(text) as unknown) };
}

function untagged(value: unknown): Value {
  if (Array.isArray(value)) return value.map(untagged);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, untagged(inner)]));
  if (typeof value !== "string") return value as Value;
  const rest = value.slice(1);
  switch (value[0]) {
    case TAG.integer:
      return BigInt(rest);
    case TAG.double:
      return Number(rest);
    case TAG.binary:
      return new Uint8Array(Buffer.from(rest, "base64"));
    default:
      return rest;
  }
}

/** Values of one kind as texts. */
export const variantText = {
  null: "null",
  boolean: (value: boolean): VariantText => String(value),
  integer: (value: number | bigint): VariantText => tagged(TAG.integer, String(value)),
  double: (value: number): VariantText =>
    Number.isFinite(value) && !Object.is(value, -0)
      ? String(value)
      : tagged(TAG.double, Object.is(value, -0) ? "-0" : String(value)),
  decimal: (unscaled: bigint, scale: number): VariantText => tagged(TAG.decimal, decimal(unscaled, scale)),
  text: (value: string): VariantText => tagged(TAG.text, value),
  binary: (bytes: Uint8Array): VariantText => tagged(TAG.binary, Buffer.from(bytes).toString("base64")),
  date: (days: number): VariantText => tagged(TAG.other, isoText(days * 86_400_000).slice(0, -14)),
  /** Microseconds. */
  timestamp: (micros: bigint, utc: boolean): VariantText => {
    const rest = ((micros % 1000n) + 1000n) % 1000n;
    const millis = isoText(Number((micros - rest) / 1000n)).slice(0, -1);
    return tagged(TAG.other, `${millis}${String(rest).padStart(3, "0")}${utc ? "Z" : ""}`);
  },
  uuid: (bytes: Uint8Array): VariantText =>
    tagged(
      TAG.other,
      Buffer.from(bytes)
        .toString("hex")
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
    ),
  array: (items: readonly VariantText[]): VariantText => `[${items.join(",")}]`,
  object: (fields: ReadonlyMap<string, VariantText>): VariantText =>
    `{${[...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`,
};

/** The names that a variant's objects refer to. */
export function variantNames(metadata: Uint8Array): readonly string[] {
  const reader = new Reader(metadata);
  const header = reader.unsigned(1);
  if ((header & 0x0f) !== 1) throw damaged(`metadata of version ${header & 0x0f}`);
  const size = (header >> 6) + 1;
  const count = reader.unsigned(size);
  const offsets = Array.from({ length: count + 1 }, () => reader.unsigned(size));
  const start = reader.offset;
  return Array.from({ length: count }, (_, i) => reader.text(start + (offsets[i] ?? 0), start + (offsets[i + 1] ?? 0)));
}

/** A value in binary form. */
export function decodeVariant(value: Uint8Array, names: readonly string[]): VariantText {
  return decode(new Reader(value), names);
}

/** The fields of an object in binary form; undefined for any other value. */
export function variantFields(value: Uint8Array, names: readonly string[]): Map<string, VariantText> | undefined {
  const reader = new Reader(value);
  const header = reader.unsigned(1);
  return (header & 3) === OBJECT ? fieldsOf(reader, header >> 2, names) : undefined;
}

const SHORT_TEXT = 1;
const OBJECT = 2;
const ARRAY = 3;

function decode(reader: Reader, names: readonly string[]): VariantText {
  const header = reader.unsigned(1);
  switch (header & 3) {
    case SHORT_TEXT:
      return variantText.text(reader.nextText(header >> 2));
    case OBJECT:
      return variantText.object(fieldsOf(reader, header >> 2, names));
    case ARRAY:
      return variantText.array(itemsOf(reader, header >> 2, names));
    default:
      return primitive(reader, header >> 2);
  }
}

function fieldsOf(reader: Reader, header: number, names: readonly string[]): Map<string, VariantText> {
  const count = reader.unsigned(header & 16 ? 4 : 1);
  const ids = Array.from({ length: count }, () => reader.unsigned(((header >> 2) & 3) + 1));
  const offsets = Array.from({ length: count + 1 }, () => reader.unsigned((header & 3) + 1));
  const start = reader.offset;
  return new Map(
    ids.map((id, i) => {
      const name = names[id];
      if (name === undefined) throw damaged(`field ${id} of ${names.length}`);
      return [name, decode(reader.at(start + (offsets[i] ?? 0)), names)];
    }),
  );
}

function itemsOf(reader: Reader, header: number, names: readonly string[]): readonly VariantText[] {
  const count = reader.unsigned(header & 4 ? 4 : 1);
  const offsets = Array.from({ length: count + 1 }, () => reader.unsigned((header & 3) + 1));
  const start = reader.offset;
  return Array.from({ length: count }, (_, i) => decode(reader.at(start + (offsets[i] ?? 0)), names));
}

function primitive(reader: Reader, type: number): VariantText {
  switch (type) {
    case 0:
      return variantText.null;
    case 1:
    case 2:
      return variantText.boolean(type === 1);
    case 3:
    case 4:
    case 5:
    case 6:
      return variantText.integer(reader.signed(1 << (type - 3)));
    case 7:
      return variantText.double(reader.floating(8));
    case 8:
    case 9:
    case 10: {
      const scale = reader.unsigned(1);
      return variantText.decimal(reader.signed(4 << (type - 8)), scale);
    }
    case 11:
      return variantText.date(Number(reader.signed(4)));
    case 12:
    case 13:
      return variantText.timestamp(reader.signed(8), type === 12);
    case 14:
      return variantText.double(reader.floating(4));
    case 15:
      return variantText.binary(reader.bytes(reader.unsigned(4)));
    case 16:
      return variantText.text(reader.nextText(reader.unsigned(4)));
    case 20:
      return variantText.uuid(reader.bytes(16));
    default:
      throw damaged(`a value of type ${type}, which this engine does not know`);
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  offset: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  at(offset: number): Reader {
    return new Reader(this.#bytes, offset);
  }
  /** Little-endian, of up to 4 bytes. */
  unsigned(size: number): number {
    let value = 0;
    for (const byte of this.bytes(size).reverse()) value = value * 256 + byte;
    return value;
  }
  /** Little-endian, of any size. */
  signed(size: number): bigint {
    let value = 0n;
    for (const byte of this.bytes(size).reverse()) value = value * 256n + BigInt(byte);
    return BigInt.asIntN(size * 8, value);
  }
  floating(size: 4 | 8): number {
    const start = this.#take(size);
    return size === 4 ? this.#view.getFloat32(start, true) : this.#view.getFloat64(start, true);
  }
  bytes(size: number): Uint8Array {
    const start = this.#take(size);
    return this.#bytes.slice(start, start + size);
  }
  nextText(size: number): string {
    const start = this.#take(size);
    return this.text(start, start + size);
  }
  text(start: number, end: number): string {
    if (end > this.#bytes.length || start > end) throw damaged(`${this.#bytes.length} bytes, which is too short`);
    return Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, end - start).toString("utf8");
  }
  #take(size: number): number {
    const start = this.offset;
    this.offset += size;
    if (this.offset > this.#bytes.length) throw damaged(`${this.#bytes.length} bytes, which is too short`);
    return start;
  }
}

function tagged(tag: string, text: string): VariantText {
  return JSON.stringify(tag + text);
}

function decimal(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}

function isoText(millis: number): string {
  if (!(Math.abs(millis) <= 8.64e15)) throw damaged("a time beyond the year 275760");
  return new Date(millis).toISOString();
}

function damaged(actual: string): StorageError {
  return new StorageError("A variant cannot be read", { actual });
}
