/**
 * Structures of Thrift's compact protocol as they can be written again byte for byte: values that are neither lists nor
 * structures stay encoded. (hyparquet's reader forgets how long integers were.)
 */
export type Thrift = { readonly type: number; readonly bytes: Uint8Array } | ThriftList | ThriftStruct;

export interface ThriftList {
  readonly type: typeof TYPE.list;
  readonly of: number;
  readonly items: readonly Thrift[];
}

export interface ThriftStruct {
  readonly type: typeof TYPE.struct;
  /** By number, ascending. */
  readonly fields: ReadonlyMap<number, Thrift>;
}

/** The protocol's types that are made here. */
const TYPE = { true: 1, false: 2, i8: 3, i16: 4, i32: 5, i64: 6, double: 7, binary: 8, list: 9, struct: 12 } as const;

/** Reads a structure. Throws RangeError for what no Parquet footer holds. */
export function readThrift(bytes: Uint8Array): ThriftStruct {
  return struct({ bytes, offset: 0 });
}

export function writeThrift(value: ThriftStruct): Buffer {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

export function int32(value: number): Thrift {
  return { type: TYPE.i32, bytes: varInt(zigZag(value)) };
}

export function text(value: string): Thrift {
  const bytes = Buffer.from(value);
  return { type: TYPE.binary, bytes: Buffer.concat([varInt(bytes.length), bytes]) };
}

/** What `text` has made; "" for everything else. */
export function textOf(value: Thrift | undefined): string {
  if (value === undefined || !("bytes" in value) || value.type !== TYPE.binary) return "";
  const cursor = { bytes: value.bytes, offset: 0 };
  const length = takeVarInt(cursor);
  return Buffer.from(value.bytes.subarray(cursor.offset, cursor.offset + length)).toString("utf8");
}

export function textList(values: readonly string[]): ThriftList {
  return { type: TYPE.list, of: TYPE.binary, items: values.map(text) };
}

/** A structure with some fields set, or left out where they are undefined. */
export function withFields(value: ThriftStruct, changes: Readonly<Record<number, Thrift | undefined>>): ThriftStruct {
  const fields = new Map(value.fields);
  for (const [number, field] of Object.entries(changes)) {
    if (field === undefined) fields.delete(Number(number));
    else fields.set(Number(number), field);
  }
  return { type: TYPE.struct, fields: new Map([...fields].sort(([a], [b]) => a - b)) };
}

export function structOf(fields: Readonly<Record<number, Thrift>>): ThriftStruct {
  return withFields({ type: TYPE.struct, fields: new Map() }, fields);
}

/** The structures of a list; none where there is no list. */
export function structsIn(value: Thrift | undefined): readonly ThriftStruct[] {
  const items = value !== undefined && "items" in value ? value.items : [];
  return items.filter((item): item is ThriftStruct => "fields" in item);
}

/** The same list with other structures. */
export function withStructs(list: Thrift | undefined, items: readonly ThriftStruct[]): ThriftList | undefined {
  return list !== undefined && "items" in list ? { ...list, items } : undefined;
}

interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
}

function struct(cursor: Cursor): ThriftStruct {
  const fields = new Map<number, Thrift>();
  let number = 0;
  for (;;) {
    const header = takeByte(cursor);
    if (header === 0) return { type: TYPE.struct, fields };
    const delta = header >> 4;
    number = delta === 0 ? unZigZag(takeVarInt(cursor)) : number + delta;
    const type = header & 15;
    const isTruth = type === TYPE.true || type === TYPE.false;
    fields.set(number, isTruth ? { type, bytes: NOTHING } : read(type, cursor));
  }
}

const NOTHING = new Uint8Array();

function read(type: number, cursor: Cursor): Thrift {
  switch (type) {
    case TYPE.list:
      return list(cursor);
    case TYPE.struct:
      return struct(cursor);
    default:
      return { type, bytes: takeEncoded(type, cursor) };
  }
}

function list(cursor: Cursor): ThriftList {
  const header = takeByte(cursor);
  const of = header & 15;
  const count = header >> 4 === 15 ? takeVarInt(cursor) : header >> 4;
  return { type: TYPE.list, of, items: Array.from({ length: count }, () => read(of, cursor)) };
}

function takeEncoded(type: number, cursor: Cursor): Uint8Array {
  const start = cursor.offset;
  switch (type) {
    case TYPE.true:
    case TYPE.false:
    case TYPE.i8:
      cursor.offset += 1;
      break;
    case TYPE.i16:
    case TYPE.i32:
    case TYPE.i64:
      while (takeByte(cursor) >= 128);
      break;
    case TYPE.double:
      cursor.offset += 8;
      break;
    case TYPE.binary: {
      const length = takeVarInt(cursor);
      cursor.offset += length;
      break;
    }
    default:
      throw new RangeError(`no Parquet footer holds values of Thrift's type ${type}`);
  }
  return cursor.bytes.subarray(start, cursor.offset);
}

function write(value: Thrift, parts: Uint8Array[]): void {
  if ("bytes" in value) {
    parts.push(value.bytes);
  } else if ("items" in value) {
    const { items, of } = value;
    parts.push(Uint8Array.of((Math.min(items.length, 15) << 4) | of));
    if (items.length >= 15) parts.push(varInt(items.length));
    for (const item of items) write(item, parts);
  } else {
    let before = 0;
    for (const [number, field] of value.fields) {
      const delta = number - before;
      if (delta > 0 && delta <= 15) parts.push(Uint8Array.of((delta << 4) | field.type));
      else parts.push(Uint8Array.of(field.type), varInt(zigZag(number)));
      write(field, parts);
      before = number;
    }
    parts.push(Uint8Array.of(0));
  }
}

function takeByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.offset++];
  if (byte === undefined) throw new RangeError("a Thrift structure is cut off");
  return byte;
}

/** Up to 32 bits, unsigned. */
function takeVarInt(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = takeByte(cursor);
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
}

function varInt(value: number): Uint8Array {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return Uint8Array.from([...bytes, left]);
}

function zigZag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unZigZag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
