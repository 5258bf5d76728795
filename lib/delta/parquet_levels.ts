import type { DecodedArray, SchemaTree } from "hyparquet";

/** Bytes, and how far they have been read. */
export interface ByteCursor {
  readonly view: DataView;
  offset: number;
}

/**
 * The numbers of the values in a page, counted from 0, whose definition level is the greatest: those that are not null.
 * Runs of nulls cost nothing, however long: in a checkpoint most columns are null in nearly every row. Reads a length of
 * four bytes and levels in Parquet's hybrid of runs and packed bits (format, "Run Length Encoding / Bit-Packing Hybrid").
 */
export function definedRows(at: ByteCursor, count: number, maxLevel: number): number[] {
  const width = 32 - Math.clz32(maxLevel);
  const end = at.offset + 4 + at.view.getUint32(at.offset, true);
  at.offset += 4;
  const rows: number[] = [];
  for (let row = 0; row < count; ) {
    if (at.offset >= end) throw new RangeError(`a page holds levels of ${row} values, not of ${count}`);
    const header = readVarint(at);
    const length = header & 1 ? (header >>> 1) * 8 : header >>> 1;
    const last = Math.min(row + length, count);
    if (header & 1)
      readPacked(at, length, width, (i, level) => level === maxLevel && row + i < last && rows.push(row + i));
    else if (at.view.getUint8(at.offset++) === maxLevel) for (let i = row; i < last; i++) rows.push(i);
    row += length;
  }
  at.offset = end;
  return rows;
}

/** The levels of a leaf column with at most one repeated level. */
export interface Levels {
  /** The definition level of a value that is not null. */
  readonly max: number;
  /** The definition level from which a list has an entry; undefined without a repeated level. */
  readonly entry: number | undefined;
}

export function levelsOf(path: readonly SchemaTree[]): Levels {
  let max = 0;
  let entry: number | undefined;
  for (const { element } of path.slice(1)) {
    if (element.repetition_type !== "REQUIRED") max++;
    if (element.repetition_type !== "REPEATED") continue;
    if (entry !== undefined) throw new RangeError("lists within lists are not read here");
    entry = max;
  }
  return { max, entry };
}

/** Appends values to the rows before them, with nulls and lists as their levels say. */
export function assemble(
  rows: unknown[],
  count: number,
  definition: readonly number[] | undefined,
  repetition: readonly number[],
  values: DecodedArray,
  { max, entry }: Levels,
): void {
  const isDefined = definition === undefined || definition.length === 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const level = isDefined ? max : (definition[i] ?? 0);
    const value = level === max ? values[next++] : null;
    if (entry === undefined) rows.push(value);
    else if (level < entry) rows.push(level === entry - 1 ? [] : null);
    else if (repetition[i] === 0) rows.push([value]);
    else (rows.at(-1) as unknown[]).push(value);
  }
}

/** Levels in groups of eight, packed from the least bit. */
function readPacked(
  at: ByteCursor,
  length: number,
  width: number,
  visit: (index: number, level: number) => void,
): void {
  const mask = (1 << width) - 1;
  let [bits, held] = [0, 0];
  for (let i = 0; i < length; i++) {
    if (held < width) {
      bits |= (at.offset < at.view.byteLength ? at.view.getUint8(at.offset++) : 0) << held;
      held += 8;
    }
    visit(i, bits & mask);
    bits >>>= width;
    held -= width;
  }
}

function readVarint(at: ByteCursor): number {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = at.view.getUint8(at.offset++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError("a page holds a number of more than five bytes");
}
