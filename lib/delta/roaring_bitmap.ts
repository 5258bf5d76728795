import { DeltaError } from "../errors.js";

/**
 * A set of row numbers in the portable form of 64-bit Roaring bitmaps (protocol, "Deletion Vector Format"; Roaring's
 * "Format Specification"): a magic number, the number of 32-bit bitmaps, and for each of them its key, which is the upper
 * half of its values, and the bitmap. Ascending. Throws DeltaError for anything else, and for rows beyond 2^32.
 */
export function decodeRoaringBitmap(bytes: Uint8Array): Uint32Array {
  const reader = new Reader(bytes);
  const magic = reader.uint32();
  if (magic !== MAGIC) throw damaged(`magic number ${magic}`);
  const bitmaps = reader.uint64();
  const rows: number[] = [];
  for (let i = 0n; i < bitmaps; i++) {
    const key = reader.uint32();
    const before = rows.length;
    readBitmap(reader, rows);
    if (key !== 0 && rows.length > before) throw damaged(`a row beyond ${2 ** 32}`);
  }
  return Uint32Array.from(rows);
}

/** The bitmap of rows, which are ascending and below 2^32, each once; without runs. */
export function encodeRoaringBitmap(rows: Uint32Array): Uint8Array {
  const containers = containersOf(rows);
  const data = containers.map(({ values }) => (values.length <= ARRAY_CARDINALITY ? 2 * values.length : BITMAP_BYTES));
  const first = HEADER_BYTES + 8 * containers.length;
  const bytes = new Uint8Array(data.reduce((sum, size) => sum + size, BITMAPS_BYTES + first));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setBigUint64(4, 1n, true);
  view.setUint32(12, 0, true);
  view.setUint32(BITMAPS_BYTES, COOKIE, true);
  view.setUint32(BITMAPS_BYTES + 4, containers.length, true);
  let offset = first;
  for (const [index, { key, values }] of containers.entries()) {
    const header = BITMAPS_BYTES + HEADER_BYTES + 4 * index;
    view.setUint16(header, key, true);
    view.setUint16(header + 2, values.length - 1, true);
    view.setUint32(BITMAPS_BYTES + HEADER_BYTES + 4 * containers.length + 4 * index, offset, true);
    writeContainer(view, BITMAPS_BYTES + offset, values);
    offset += data[index] ?? 0;
  }
  return bytes;
}

const MAGIC = 1_681_511_377;
const COOKIE = 12_346;
const COOKIE_WITH_RUNS = 12_347;
/** Bitmaps with runs and fewer containers than this have no offsets. */
const CONTAINERS_WITH_OFFSETS = 4;
const ARRAY_CARDINALITY = 4_096;
const BITMAP_BYTES = 8_192;
/** Magic number, number of bitmaps, and the key of the only one. */
const BITMAPS_BYTES = 16;
/** Cookie and number of containers. */
const HEADER_BYTES = 8;

class Reader {
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  uint16(): number {
    return this.#view.getUint16(this.skip(2), true);
  }
  uint32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }
  uint64(): bigint {
    return this.#view.getBigUint64(this.skip(8), true);
  }
  byte(): number {
    return this.#view.getUint8(this.skip(1));
  }
  /** Answers where the bytes that are passed over begin. */
  skip(bytes: number): number {
    const start = this.#offset;
    this.#offset += bytes;
    if (this.#offset > this.#view.byteLength) throw damaged(`${this.#view.byteLength} bytes, which is too short`);
    return start;
  }
}

function readBitmap(reader: Reader, rows: number[]): void {
  const cookie = reader.uint32();
  const withRuns = (cookie & 0xffff) === COOKIE_WITH_RUNS;
  if (!withRuns && cookie !== COOKIE) throw damaged(`cookie ${cookie}`);
  const containers = withRuns ? (cookie >>> 16) + 1 : reader.uint32();
  const runs = Array.from({ length: withRuns ? Math.ceil(containers / 8) : 0 }, () => reader.byte());
  const headers = Array.from({ length: containers }, () => ({ key: reader.uint16(), values: reader.uint16() + 1 }));
  if (!withRuns || containers >= CONTAINERS_WITH_OFFSETS) reader.skip(4 * containers);
  for (const [index, { key, values }] of headers.entries()) {
    const base = key * 65_536;
    if (((runs[index >> 3] ?? 0) >> (index & 7)) & 1) readRuns(reader, base, rows);
    else if (values <= ARRAY_CARDINALITY) for (let i = 0; i < values; i++) rows.push(base + reader.uint16());
    else readBits(reader, base, rows);
  }
}

function readRuns(reader: Reader, base: number, rows: number[]): void {
  for (let runs = reader.uint16(); runs > 0; runs--) {
    const start = base + reader.uint16();
    const end = start + reader.uint16();
    for (let row = start; row <= end; row++) rows.push(row);
  }
}

function readBits(reader: Reader, base: number, rows: number[]): void {
  for (let i = 0; i < BITMAP_BYTES; i++) {
    const byte = reader.byte();
    for (let bit = 0; bit < 8; bit++) if ((byte >> bit) & 1) rows.push(base + i * 8 + bit);
  }
}

interface Container {
  /** The upper half of the rows' 32 bits. */
  readonly key: number;
  readonly values: Uint32Array;
}

function containersOf(rows: Uint32Array): readonly Container[] {
  const containers: Container[] = [];
  for (let start = 0; start < rows.length; ) {
    const key = (rows[start] ?? 0) >>> 16;
    let end = start + 1;
    while (end < rows.length && (rows[end] ?? 0) >>> 16 === key) end++;
    containers.push({ key, values: rows.subarray(start, end) });
    start = end;
  }
  return containers;
}

function writeContainer(view: DataView, offset: number, values: Uint32Array): void {
  if (values.length <= ARRAY_CARDINALITY) {
    values.forEach((value, i) => {
      view.setUint16(offset + 2 * i, value & 0xffff, true);
    });
    return;
  }
  for (const value of values) {
    const at = offset + ((value & 0xffff) >>> 3);
    view.setUint8(at, view.getUint8(at) | (1 << (value & 7)));
  }
}

function damaged(actual: string): DeltaError {
  return new DeltaError("A deletion vector is no Roaring bitmap of 64 bits", { actual });
}
