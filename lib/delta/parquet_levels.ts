import type { DecodedArray, SchemaTree } from "hyparquet";

/** Bytes, and how far they have been read. */
export interface ByteCursor {
  readonly view: DataView;
  offset: number;
}

/** Which values of a page are there, by their numbers, counted from 0. */
export interface PageLevels {
  /** Rows that begin in the page. */
  readonly rows: number;
  /** Of a flat column the values that are not null, of a list its entries, also null ones, and lists without an entry. */
  readonly present: readonly number[];
  /** The definition level of each of these. */
  readonly levels: readonly number[];
  /** Those that belong to the same list as the value before. */
  readonly continued: readonly number[];
  /** How many values are not null. */
  readonly defined: number;
}

/** Bytes of the levels of a page, where its header tells them. */
export interface LevelLengths {
  readonly repetition: number;
  readonly definition: number;
}

/**
 * Reads the levels before a page's values, in Parquet's hybrid of runs and packed bits (format, "Run Length Encoding /
 * Bit-Packing Hybrid"); without `lengths` a length of four bytes stands before each kind. Runs of nulls cost nothing, however
 * long: in a checkpoint most columns are null in nearly every row.
 */
export function readLevels(at: ByteCursor, count: number, levels: Levels, lengths?: LevelLengths): PageLevels {
  const page = new LevelCollector(count, levels);
  const { max, entry } = levels;
  if (entry !== undefined)
    eachRun(at, count, 1, lengths?.repetition, (from, to, level) => page.repeat(from, to, level));
  if (max > 0) eachRun(at, count, max, lengths?.definition, (from, to, level) => page.define(from, to, level));
  else page.define(0, count, 0);
  return page;
}

/** The same of levels that were read already; without definition levels every value is there. */
export function levelsGiven(
  count: number,
  definition: readonly number[] | undefined,
  repetition: readonly number[],
  levels: Levels,
): PageLevels {
  const page = new LevelCollector(count, levels);
  for (let i = 0; i < repetition.length; i++) page.repeat(i, i + 1, repetition[i] ?? 0);
  if (definition === undefined || definition.length === 0) page.define(0, count, levels.max);
  else for (let i = 0; i < count; i++) page.define(i, i + 1, definition[i] ?? 0);
  return page;
}

class LevelCollector implements PageLevels {
  readonly present: number[] = [];
  readonly levels: number[] = [];
  readonly continued: number[] = [];
  defined = 0;
  readonly #count: number;
  readonly #max: number;
  readonly #least: number;

  constructor(count: number, { max, entry }: Levels) {
    this.#count = count;
    this.#max = max;
    this.#least = entry === undefined ? max : entry - 1;
  }

  get rows(): number {
    return this.#count - this.continued.length;
  }

  repeat(from: number, to: number, level: number): void {
    if (level > 0) for (let i = from; i < to; i++) this.continued.push(i);
  }

  define(from: number, to: number, level: number): void {
    if (level < this.#least) return;
    if (level === this.#max) this.defined += to - from;
    for (let i = from; i < to; i++) {
      this.present.push(i);
      this.levels.push(level);
    }
  }
}

/** Puts a page's values into rows, which are null as yet, from row `first` on. */
export function placeValues(
  rows: unknown[],
  first: number,
  { present, levels, continued }: PageLevels,
  values: DecodedArray,
  { max, entry }: Levels,
): void {
  let [next, before] = [0, 0];
  for (let i = 0; i < present.length; i++) {
    const number = present[i] ?? 0;
    const level = levels[i] ?? 0;
    while ((continued[before] ?? Number.POSITIVE_INFINITY) <= number) before++;
    const row = first + number - before;
    const value = level === max ? values[next++] : null;
    if (entry === undefined) rows[row] = value;
    else if (level < entry) rows[row] = [];
    else if (before > 0 && continued[before - 1] === number) (rows[row] as unknown[]).push(value);
    else rows[row] = [value];
  }
}

/** Calls with each run of values that have one level. */
function eachRun(
  at: ByteCursor,
  count: number,
  maxLevel: number,
  length: number | undefined,
  visit: (from: number, to: number, level: number) => void,
): void {
  const width = 32 - Math.clz32(maxLevel);
  const end = at.offset + (length ?? 4 + at.view.getUint32(at.offset, true));
  if (length === undefined) at.offset += 4;
  for (let value = 0; value < count; ) {
    if (at.offset >= end) throw new RangeError(`a page holds levels of ${value} values, not of ${count}`);
    const header = readVarint(at);
    const size = header & 1 ? (header >>> 1) * 8 : header >>> 1;
    const last = Math.min(value + size, count);
    if (header & 1) {
      readPacked(at, size, width, (i, level) => value + i < last && visit(value + i, value + i + 1, level));
    } else {
      visit(value, last, at.view.getUint8(at.offset++));
    }
    value += size;
  }
  at.offset = end;
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
