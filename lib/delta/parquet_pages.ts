import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from "hyparquet";
import { assemble, type ByteCursor, definedRows, levelsOf } from "./parquet_levels.js";
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

export type PageReader = Awaited<ReturnType<typeof loadPageReader>>;

/** A page of values. */
export interface DataPage {
  readonly count: number;
  /** The bytes of a page of texts, where these are not in a dictionary; they hold until the next page. */
  plainTexts(): Uint8Array | undefined;
  /** Appends its values to the rows that came before. */
  appendTo(rows: unknown[]): void;
}

/** The data pages of one leaf column of a row group. */
export function* dataPages(
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
