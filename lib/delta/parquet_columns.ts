import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from "hyparquet";
import type { TextVisitor } from "./handler.js";
import { type ByteCursor, definedRows } from "./parquet_levels.js";
import { uncompressSnappy } from "./snappy.js";

type ColumnDecoder = Parameters<typeof import("hyparquet/src/convert.js").convert>[1];

/** The page reader of hyparquet, below its assembly of nested rows, which takes most of the time of reading a checkpoint. */
export async function loadPageReader() {
  const [column, convert, datapage, encoding, plain] = await Promise.all([
    import("hyparquet/src/column.js"),
    import("hyparquet/src/convert.js"),
    import("hyparquet/src/datapage.js"),
    import("hyparquet/src/encoding.js"),
    import("hyparquet/src/plain.js"),
  ]);
  return { ...column, ...convert, ...datapage, ...encoding, ...plain };
}

type PageReader = Awaited<ReturnType<typeof loadPageReader>>;

/**
 * One leaf column of a row group, decoded from its bytes: a value or null for each row; below one repeated level (a
 * list or map), an array of values for each row, or null. Null stands for null at any level. `path` leads from the
 * schema's root to the leaf. Of rows that are not wanted the values may be left out.
 */
export function readLeaf(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  wanted?: RowNumbers,
): unknown[] {
  const rows: unknown[] = [];
  const isFlat = levelsOf(path).entry === undefined;
  for (const page of dataPages(reader, bytes, meta, path, decodeText)) {
    // In a flat column each value is a row's.
    if (isFlat && wanted !== undefined && !someBetween(wanted, rows.length, rows.length + page.count)) {
      rows.length += page.count;
    } else {
      page.appendTo(rows);
    }
  }
  return rows;
}

/** Numbers of rows, ascending. */
export type RowNumbers = readonly number[];

/** Whether one of the numbers is at least `from` and less than `to`. */
function someBetween(numbers: RowNumbers, from: number, to: number): boolean {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < from) low = middle + 1;
    else high = middle;
  }
  return (numbers[low] ?? to) < to;
}

/** Visits the texts of a column, one page in memory at a time; false for columns that hold none. See `ColumnBatch`. */
export function visitTexts(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  visit: TextVisitor,
  wanted?: RowNumbers,
): boolean {
  const { max, entry } = levelsOf(path);
  if (meta.type !== "BYTE_ARRAY" || entry !== undefined) return false;
  let row = 0;
  for (const page of dataPages(reader, bytes, meta, path, (text) => text)) {
    if (wanted !== undefined && !someBetween(wanted, row, row + page.count)) {
      row += page.count;
      continue;
    }
    const plain = page.plainTexts();
    if (plain !== undefined) {
      visitPlain(reader, plain, row, page.count, max, visit);
    } else {
      const rows: (Uint8Array | null)[] = [];
      page.appendTo(rows);
      for (const [i, text] of rows.entries()) visit(row + i, text, 0, text?.length ?? 0);
    }
    row += page.count;
  }
  return true;
}

/** Texts that stand one after the other, each behind its length, without making an object of each. */
function visitPlain(
  reader: PageReader,
  page: Uint8Array,
  firstRow: number,
  count: number,
  maxLevel: number,
  visit: TextVisitor,
): void {
  const at = { view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 };
  const levels = new Array<number>(count);
  if (maxLevel === 0) levels.fill(0);
  else reader.readRleBitPackedHybrid(at, 32 - Math.clz32(maxLevel), levels);
  let { offset } = at;
  for (let i = 0; i < count; i++) {
    if (levels[i] !== maxLevel) {
      visit(firstRow + i, null, 0, 0);
      continue;
    }
    const end = offset + 4 + at.view.getUint32(offset, true);
    visit(firstRow + i, page, offset + 4, end);
    offset = end;
  }
}

/** A page of values. */
interface DataPage {
  readonly count: number;
  /** The bytes of a page of texts, where these are not in a dictionary; they hold until the next page. */
  plainTexts(): Uint8Array | undefined;
  /** Appends its values to the rows that came before. */
  appendTo(rows: unknown[]): void;
}

function* dataPages(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
  textOf: (bytes: Uint8Array) => unknown,
): Generator<DataPage> {
  const leaf = path.at(-1)?.element;
  if (leaf === undefined) throw new RangeError("a leaf column has a path");
  const decoder: ColumnDecoder = {
    ...meta,
    pathInSchema: meta.path_in_schema,
    element: leaf,
    schemaPath: [...path],
    parsers: { ...reader.DEFAULT_PARSERS, ...TIMES, stringFromBytes: textOf },
    compressors: COMPRESSORS,
  };
  const levels = levelsOf(path);
  const at = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let dictionary: DecodedArray | undefined;
  let scratch: Uint8Array = NOTHING;
  for (let seen = 0; seen < Number(meta.num_values); ) {
    const header = reader.parquetHeader(at);
    const page = bytes.subarray(at.offset, at.offset + header.compressed_page_size);
    at.offset += header.compressed_page_size;
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = readDictionary(reader, page, header, decoder);
      continue;
    }
    const { num_values: count = 0, encoding = "PLAIN" } = header.data_page_header ?? header.data_page_header_v2 ?? {};
    const known = dictionary;
    yield {
      count,
      plainTexts: () => {
        if (encoding !== "PLAIN" || header.data_page_header === undefined) return undefined;
        const size = Number(header.uncompressed_page_size);
        if (decoder.codec !== "SNAPPY") return reader.decompressPage(page, size, decoder.codec, COMPRESSORS);
        if (scratch.length < size) scratch = Buffer.allocUnsafe(size);
        return uncompressSnappy(page, size, scratch);
      },
      appendTo: (rows) => {
        if (levels.entry === undefined && appendFlat(reader, page, header, decoder, levels.max, known, rows)) return;
        const { definitionLevels, repetitionLevels, dataPage } = readDataPage(reader, page, header, decoder);
        const values = reader.convertWithDictionary(dataPage, known, encoding, decoder);
        assemble(rows, count, definitionLevels, repetitionLevels, values, levels);
      },
    };
    seen += count;
  }
}

const NOTHING = new Uint8Array();

/** Appends the values of a flat column, of which most may be null; false for pages of other forms. */
function appendFlat(
  reader: PageReader,
  page: Uint8Array,
  { data_page_header: header, uncompressed_page_size: size }: PageHeader,
  decoder: ColumnDecoder,
  maxLevel: number,
  dictionary: DecodedArray | undefined,
  rows: unknown[],
): boolean {
  const isDictionary = header?.encoding === "PLAIN_DICTIONARY" || header?.encoding === "RLE_DICTIONARY";
  if (header === undefined || maxLevel === 0 || !(isDictionary || header.encoding === "PLAIN")) return false;
  const plain = reader.decompressPage(page, Number(size), decoder.codec, COMPRESSORS);
  const at = { view: new DataView(plain.buffer, plain.byteOffset, plain.byteLength), offset: 0 };
  const defined = definedRows(at, header.num_values, maxLevel);
  const first = rows.length;
  rows.length += header.num_values;
  rows.fill(null, first);
  const raw = isDictionary
    ? readIndexes(reader, at, defined.length)
    : readPlainValues(reader, at, defined.length, decoder);
  const values = reader.convertWithDictionary(raw, dictionary, header.encoding, decoder);
  for (let i = 0; i < defined.length; i++) rows[first + (defined[i] ?? 0)] = values[i];
  return true;
}

function readPlainValues(reader: PageReader, at: ByteCursor, count: number, { type, element }: ColumnDecoder) {
  return reader.readPlain(at, type, count, element.type_length);
}

function readIndexes(reader: PageReader, at: ByteCursor, count: number): DecodedArray {
  const width = at.offset < at.view.byteLength ? at.view.getUint8(at.offset++) : 0;
  if (width === 0 || count === 0) return new Uint8Array(count);
  const indexes = new Array<number>(count);
  reader.readRleBitPackedHybrid(at, width, indexes, at.view.byteLength - at.offset);
  return indexes;
}

interface Levels {
  /** The definition level of a value that is not null. */
  readonly max: number;
  /** The definition level from which a list has an entry; undefined without a repeated level. */
  readonly entry: number | undefined;
}

function levelsOf(path: readonly SchemaTree[]): Levels {
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

function assemble(
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

function readDataPage(reader: PageReader, page: Uint8Array, header: PageHeader, decoder: ColumnDecoder) {
  if (header.type === "DATA_PAGE_V2") return reader.readDataPageV2(page, header, decoder);
  if (header.data_page_header === undefined) throw new RangeError(`a page of type ${header.type} holds no data`);
  const plain = reader.decompressPage(page, Number(header.uncompressed_page_size), decoder.codec, COMPRESSORS);
  return reader.readDataPage(plain, header.data_page_header, decoder);
}

function readDictionary(
  reader: PageReader,
  page: Uint8Array,
  header: PageHeader,
  decoder: ColumnDecoder,
): DecodedArray {
  const plain = reader.decompressPage(page, Number(header.uncompressed_page_size), decoder.codec, COMPRESSORS);
  const at = { view: new DataView(plain.buffer, plain.byteOffset, plain.byteLength), offset: 0 };
  const { type, element } = decoder;
  const values = reader.readPlain(at, type, header.dictionary_page_header?.num_values ?? 0, element.type_length);
  return reader.convert(values, decoder);
}

function decodeText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

/** Times and dates as the log's JSON has them. */
const TIMES = {
  timestampFromMilliseconds: (millis: bigint) => timestampText(millis * 1000n),
  timestampFromMicroseconds: (micros: bigint) => timestampText(micros),
  timestampFromNanoseconds: (nanos: bigint) => timestampText(nanos / 1000n),
  dateFromDays: (days: number) => isoText(days * 86_400_000)?.slice(0, -14) ?? null,
};

function timestampText(micros: bigint): string | null {
  const millis = (micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n;
  const text = isoText(Number(millis));
  return text === undefined ? null : `${text.slice(0, -1)}${String(micros - millis * 1000n).padStart(3, "0")}Z`;
}

/** Undefined beyond the years that a Date can have. */
function isoText(millis: number): string | undefined {
  return Math.abs(millis) <= 8.64e15 ? new Date(millis).toISOString() : undefined;
}

const COMPRESSORS: Compressors = {
  SNAPPY: (input, size) => uncompressSnappy(input, size),
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  ZSTD: (input, size) => decompressZstd(input, new Uint8Array(size)),
};
