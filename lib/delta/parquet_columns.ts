import { Buffer } from "node:buffer";
import zlib from "node:zlib";
import type { ColumnMetaData, Compressors, DecodedArray, PageHeader, SchemaTree } from "hyparquet";

type ColumnDecoder = Parameters<typeof import("hyparquet/src/convert.js").convert>[1];

/** The page reader of hyparquet, below its assembly of nested rows, which takes most of the time of reading a checkpoint. */
export async function loadPageReader() {
  const [column, convert, datapage, plain] = await Promise.all([
    import("hyparquet/src/column.js"),
    import("hyparquet/src/convert.js"),
    import("hyparquet/src/datapage.js"),
    import("hyparquet/src/plain.js"),
  ]);
  return { ...column, ...convert, ...datapage, ...plain };
}

type PageReader = Awaited<ReturnType<typeof loadPageReader>>;

/**
 * One leaf column of a row group, decoded from its bytes: a value or null for each row; below one repeated level (a
 * list or map), an array of values for each row, or null. Null stands for null at any level. `path` leads from the
 * schema's root to the leaf.
 */
export function readLeaf(
  reader: PageReader,
  bytes: Uint8Array,
  meta: ColumnMetaData,
  path: readonly SchemaTree[],
): unknown[] {
  const leaf = path.at(-1)?.element;
  if (leaf === undefined) throw new RangeError("a leaf column has a path");
  const decoder: ColumnDecoder = {
    ...meta,
    pathInSchema: meta.path_in_schema,
    element: leaf,
    schemaPath: [...path],
    parsers: { ...reader.DEFAULT_PARSERS, ...TIMES, stringFromBytes: decodeText },
    compressors: COMPRESSORS,
  };
  const levels = levelsOf(path);
  const rows: unknown[] = [];
  const at = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  let dictionary: DecodedArray | undefined;
  for (let seen = 0; seen < Number(meta.num_values); ) {
    const header = reader.parquetHeader(at);
    const page = bytes.subarray(at.offset, at.offset + header.compressed_page_size);
    at.offset += header.compressed_page_size;
    if (header.type === "DICTIONARY_PAGE") {
      dictionary = readDictionary(reader, page, header, decoder);
      continue;
    }
    const { definitionLevels, repetitionLevels, dataPage } = readDataPage(reader, page, header, decoder);
    const { num_values: count = 0, encoding = "PLAIN" } = header.data_page_header ?? header.data_page_header_v2 ?? {};
    const values = reader.convertWithDictionary(dataPage, dictionary, encoding, decoder);
    assemble(rows, count, definitionLevels, repetitionLevels, values, levels);
    seen += count;
  }
  return rows;
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
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
};
