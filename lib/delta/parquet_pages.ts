import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from "hyparquet";
import {
  type ByteCursor,
  type Levels,
  levelsGiven,
  levelsOf,
  type PageLevels,
  placeValues,
  readLevels,
} from "./parquet_levels.js";
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
  /** A page of texts, where these are not in a dictionary; its bytes hold until the next page. */
  plainTexts(): OpenPage | undefined;
  /** Puts its values into rows, which are null as yet, from row `first` on; answers how many rows begin in the page. */
  placeIn(rows: unknown[], first: number): number;
}

/** The levels of a page, and its values from a place in bytes that are not compressed. */
export interface OpenPage {
  readonly levels: PageLevels;
  readonly bytes: Uint8Array;
  readonly at: ByteCursor;
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
  const at = cursorOf(bytes);
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
        if (encoding !== "PLAIN") return undefined;
        return openPage(page, header, levels, (packed, size) => {
          if (decoder.codec !== "SNAPPY") return reader.decompressPage(packed, size, decoder.codec, COMPRESSORS);
          if (scratch.length < size) scratch = Buffer.allocUnsafe(size);
          return uncompressSnappy(packed, size, scratch);
        });
      },
      placeIn: (rows, first) => {
        const read =
          readSparse(reader, page, header, decoder, levels) ?? readDense(reader, page, header, decoder, levels);
        const values = reader.convertWithDictionary(read.values, known, encoding, decoder);
        placeValues(rows, first, read.levels, values, levels);
        return read.levels.rows;
      },
    };
    seen += count;
  }
}

const NOTHING = new Uint8Array();

/** A page's values, not yet looked up in the dictionary, and where they go. */
interface PageValues {
  readonly levels: PageLevels;
  readonly values: DecodedArray;
}

/** Reads a page of which most values may be null; undefined for pages of other forms. */
function readSparse(
  reader: PageReader,
  page: Uint8Array,
  header: PageHeader,
  decoder: ColumnDecoder,
  levels: Levels,
): PageValues | undefined {
  const { encoding } = header.data_page_header ?? header.data_page_header_v2 ?? {};
  const isDictionary = encoding === "PLAIN_DICTIONARY" || encoding === "RLE_DICTIONARY";
  if (!isDictionary && encoding !== "PLAIN") return undefined;
  const open = openPage(page, header, levels, (packed, size) =>
    reader.decompressPage(packed, size, decoder.codec, COMPRESSORS),
  );
  const { defined } = open.levels;
  const values = isDictionary
    ? readIndexes(reader, open.at, defined)
    : readPlainValues(reader, open.at, defined, decoder);
  return { levels: open.levels, values };
}

/** In the second version of data pages the levels are not compressed (format, "Data Pages"). */
function openPage(
  page: Uint8Array,
  { data_page_header: first, data_page_header_v2: second, uncompressed_page_size: size }: PageHeader,
  levels: Levels,
  decompress: (packed: Uint8Array, size: number) => Uint8Array,
): OpenPage {
  if (second === undefined) {
    const bytes = decompress(page, Number(size));
    const at = cursorOf(bytes);
    return { levels: readLevels(at, first?.num_values ?? 0, levels), bytes, at };
  }
  const lengths = {
    repetition: second.repetition_levels_byte_length,
    definition: second.definition_levels_byte_length,
  };
  const behind = lengths.repetition + lengths.definition;
  const packed = page.subarray(behind);
  const bytes = second.is_compressed === false ? packed : decompress(packed, Number(size) - behind);
  return { levels: readLevels(cursorOf(page), second.num_values, levels, lengths), bytes, at: cursorOf(bytes) };
}

function cursorOf(bytes: Uint8Array): ByteCursor {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

function readDense(
  reader: PageReader,
  page: Uint8Array,
  header: PageHeader,
  decoder: ColumnDecoder,
  levels: Levels,
): PageValues {
  const { definitionLevels, repetitionLevels, dataPage } = readDataPage(reader, page, header, decoder);
  const { num_values: count = 0 } = header.data_page_header ?? header.data_page_header_v2 ?? {};
  return { levels: levelsGiven(count, definitionLevels, repetitionLevels, levels), values: dataPage };
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
  const at = cursorOf(plain);
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
