import zlib from "node:zlib";
import { decompress as decompressZstd } from "fzstd";
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { StorageError, UnsupportedFeatureError } from "../../errors.js";
import { unscaledDecimal, variantReader } from "./variant_column.js";

/**
 * A Parquet file with the rows of another that Polars reads wrongly or not at all: times in 96 bits, decimals in byte
 * arrays, lists and maps of older layouts, variants (at the paths `variants`, which become texts: see variant.ts). The new
 * one has the types and layouts of today; names and field ids stay. All rows are held in memory.
 * @throws UnsupportedFeatureError for types that Delta tables do not have, and for unknown compression
 */
export async function transcode(
  path: string,
  bytes: Uint8Array,
  columns: readonly string[],
  variants: readonly (readonly string[])[] = [],
): Promise<Buffer> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import("hyparquet");
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const metadata = parquetMetadata(bytes, { geoparquet: false });
  checkCompression(metadata, path);
  const trees = parquetSchema(metadata).children.filter(({ element }) => columns.includes(element.name));
  const source: Source = { path, variants: new Set(variants.map((variant) => variant.join("\n"))) };
  const parts = trees.map((tree) => modernise(tree, source));
  const writer = new ByteWriter();
  const elements = [{ name: "schema", num_children: parts.length }, ...parts.flatMap((part) => part.elements)];
  const parquet = new ParquetWriter({ writer, schema: elements, statistics: false });
  let rowStart = 0;
  for (const { num_rows: length } of metadata.row_groups) {
    const rowEnd = rowStart + Number(length);
    const rows = await parquetReadObjects({
      file: { byteLength: bytes.length, slice: (start, end) => Uint8Array.from(bytes.subarray(start, end)).buffer },
      metadata: plain(metadata),
      columns: [...columns],
      rowStart,
      rowEnd,
      utf8: false,
      geoparquet: false,
      parsers: EXACT,
      compressors: COMPRESSORS,
    });
    if (rows.length !== rowEnd - rowStart)
      throw new StorageError(`${path} holds another number of rows than it says`, { where: { path } });
    const columnData = parts.map((part, i) => {
      const name = trees[i]?.element.name ?? "";
      return { name, data: rows.map((row) => part.convert(row[name])) };
    });
    if (rows.length > 0) await parquet.write({ columnData, rowGroupSize: rows.length });
    rowStart = rowEnd;
  }
  await parquet.finish();
  return Buffer.from(writer.getBuffer());
}

function checkCompression({ row_groups }: FileMetaData, path: string): void {
  const codecs = row_groups.flatMap(({ columns }) =>
    columns.map(({ meta_data: meta }) => meta?.codec ?? "UNCOMPRESSED"),
  );
  const unread = codecs.find((codec) => !["UNCOMPRESSED", "SNAPPY", ...Object.keys(COMPRESSORS)].includes(codec));
  if (unread === undefined) return;
  throw new UnsupportedFeatureError(`This engine cannot read columns of older types under the compression ${unread}`, {
    where: { file: path },
    actual: unread,
  });
}

/** A column, or a part of one, in today's form: its schema elements, and what makes a value of the one that was read. */
interface Part {
  readonly elements: readonly SchemaElement[];
  readonly convert: (value: unknown) => unknown;
}

/** The file, and where its variants are. */
interface Source {
  readonly path: string;
  readonly variants: ReadonlySet<string>;
}

type Fields = Readonly<Record<string, unknown>>;

function modernise(tree: SchemaTree, source: Source, name = tree.element.name): Part {
  const { element, children } = tree;
  const { path } = source;
  if (source.variants.has(tree.path.join("\n"))) return variantOf(tree, name);
  if (element.repetition_type === "REPEATED") return listOf(tree, moderniseItem(tree, source), name, (list) => list);
  const kind = element.logical_type?.type ?? element.converted_type;
  if (children.length === 0) return moderniseLeaf(element, path, name);
  if (kind === "LIST") return moderniseList(tree, source, name);
  if (kind === "MAP" || kind === "MAP_KEY_VALUE") return moderniseMap(tree, source, name);
  if (kind !== undefined) throw unknown(path, name, kind);
  return structOf(tree, source, name);
}

function variantOf(tree: SchemaTree, name: string): Part {
  const repetition = repetitionOf(tree.element);
  const text = { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } } as const;
  return {
    elements: [{ name, repetition_type: repetition, ...text, ...idOf(tree.element) }],
    convert: variantReader(tree),
  };
}

function structOf({ element, children }: SchemaTree, source: Source, name: string): Part {
  const parts = children.map((child) => ({ from: child.element.name, part: modernise(child, source) }));
  return {
    elements: [
      { name, num_children: parts.length, repetition_type: repetitionOf(element), ...idOf(element) },
      ...parts.flatMap(({ part }) => part.elements),
    ],
    convert: (value) =>
      value === null || value === undefined
        ? null
        : Object.fromEntries(parts.map(({ from, part }) => [from, part.convert((value as Fields)[from])])),
  };
}

/** The item of a list whose repeated field stands for it itself. */
function moderniseItem(tree: SchemaTree, source: Source): Part {
  const required: SchemaTree = { ...tree, element: { ...tree.element, repetition_type: "REQUIRED" } };
  return modernise(required, source, "element");
}

/** Two or three levels (parquet-format, "Lists", with its rules for older writers). */
function moderniseList(tree: SchemaTree, source: Source, name: string): Part {
  const [repeated] = tree.children;
  if (repeated === undefined) throw unknown(source.path, name, "LIST");
  const [item, ...others] = repeated.children;
  const own = repeated.element.name;
  const isItem = item === undefined || others.length > 0 || own === "array" || own === `${tree.element.name}_tuple`;
  const rows = (value: unknown): unknown => (value as Fields)[own];
  if (isItem) return listOf(tree, moderniseItem(repeated, source), name, rows);
  const from = item.element.name;
  return listOf(tree, modernise(item, source, "element"), name, rows, (entry) => (entry as Fields)[from]);
}

function listOf(
  { element }: SchemaTree,
  item: Part,
  name: string,
  rowsOf: (value: unknown) => unknown,
  itemOf: (entry: unknown) => unknown = (entry) => entry,
): Part {
  return {
    elements: [
      { name, num_children: 1, repetition_type: repetitionOf(element), ...LIST, ...idOf(element) },
      { name: "list", num_children: 1, repetition_type: "REPEATED" },
      ...item.elements,
    ],
    convert: (value) => {
      if (value === null || value === undefined) return null;
      return asList(rowsOf(value)).map((entry) => item.convert(itemOf(entry)));
    },
  };
}

function moderniseMap(tree: SchemaTree, source: Source, name: string): Part {
  const [repeated] = tree.children;
  const [key, value, ...others] = repeated?.children ?? [];
  if (repeated === undefined || key === undefined || value === undefined || others.length > 0)
    throw unknown(source.path, name, "MAP");
  const keyPart = modernise(key, source, "key");
  const valuePart = modernise(value, source, "value");
  return {
    elements: [
      { name, num_children: 1, repetition_type: repetitionOf(tree.element), ...MAP, ...idOf(tree.element) },
      { name: "key_value", num_children: 2, repetition_type: "REPEATED" },
      ...keyPart.elements,
      ...valuePart.elements,
    ],
    convert: (map) => {
      if (map === null || map === undefined) return null;
      return asList((map as Fields)[repeated.element.name]).map((entry) => ({
        key: keyPart.convert((entry as Fields)[key.element.name]),
        value: valuePart.convert((entry as Fields)[value.element.name]),
      }));
    },
  };
}

function moderniseLeaf(element: SchemaElement, path: string, name: string): Part {
  const base = { name, repetition_type: repetitionOf(element), ...idOf(element) };
  const { type, converted_type: converted, logical_type: logical } = element;
  const part = (more: Partial<SchemaElement>, convert: (value: never) => unknown = (value) => value): Part => ({
    elements: [{ ...base, ...more } as SchemaElement],
    convert: (value) => (value === null || value === undefined ? null : convert(value as never)),
  });
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    const { precision = 38, scale = 0 } = logical?.type === "DECIMAL" ? logical : element;
    const decimal = {
      precision,
      scale,
      converted_type: "DECIMAL",
      logical_type: { type: "DECIMAL", precision, scale },
    };
    return part(
      { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16, ...decimal } as Partial<SchemaElement>,
      unscaledDecimal,
    );
  }
  if (type === "INT96") return part(timestamp(true), floorToMicros);
  if (logical?.type === "TIMESTAMP") {
    const micros = { MILLIS: (v: bigint) => v * 1000n, MICROS: (v: bigint) => v, NANOS: floorToMicros }[logical.unit];
    return part(timestamp(logical.isAdjustedToUTC), micros);
  }
  if (converted === "TIMESTAMP_MILLIS") return part(timestamp(true), (value: bigint) => value * 1000n);
  if (converted === "TIMESTAMP_MICROS") return part(timestamp(true));
  if (type === "BYTE_ARRAY") {
    if (logical?.type === "BSON" || converted === "BSON") throw unknown(path, name, "BSON");
    if (logical === undefined && converted === undefined) return part({ type });
    return part({ type, converted_type: "UTF8", logical_type: { type: "STRING" } });
  }
  if (type === "FIXED_LEN_BYTE_ARRAY" || TIMES.has(converted ?? "") || TIMES.has(logical?.type ?? ""))
    throw unknown(path, name, logical?.type ?? converted ?? type ?? "");
  // The writer gets the width of a logical integer type wrong; its converted type says the same.
  if (logical?.type === "INTEGER") {
    const name = `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}` as NonNullable<typeof converted>;
    return part({ ...(type && { type }), converted_type: name });
  }
  return part({
    ...(type && { type }),
    ...(converted && { converted_type: converted }),
    ...(logical && { logical_type: logical }),
  });
}

/** The schema without what the reader would act upon: every group as a struct, decimals as stored. */
function plain(metadata: FileMetaData): FileMetaData {
  const bare = (element: SchemaElement): SchemaElement => {
    const isDecimal = element.converted_type === "DECIMAL" || element.logical_type?.type === "DECIMAL";
    if (element.type !== undefined && !isDecimal) return element;
    const { converted_type: _, logical_type: __, ...rest } = element;
    return rest;
  };
  return { ...metadata, schema: metadata.schema.map(bare) };
}

const LIST = { converted_type: "LIST", logical_type: { type: "LIST" } } as const;
const MAP = { converted_type: "MAP", logical_type: { type: "MAP" } } as const;
const TIMES: ReadonlySet<string> = new Set(["TIME", "TIME_MILLIS", "TIME_MICROS", "INTERVAL"]);

const EXACT = {
  timestampFromMilliseconds: (millis: bigint) => millis,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos,
  dateFromDays: (days: number) => days,
  jsonFromBytes: (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8"),
};

const COMPRESSORS = {
  GZIP: (input: Uint8Array): Uint8Array => zlib.gunzipSync(input),
  BROTLI: (input: Uint8Array): Uint8Array => zlib.brotliDecompressSync(input),
  ZSTD: (input: Uint8Array, size: number): Uint8Array => decompressZstd(input, new Uint8Array(size)),
};

function timestamp(isAdjustedToUTC: boolean): Partial<SchemaElement> {
  return { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC, unit: "MICROS" } };
}

function floorToMicros(nanos: bigint): bigint {
  return (nanos - (((nanos % 1000n) + 1000n) % 1000n)) / 1000n;
}

function repetitionOf({ repetition_type: repetition }: SchemaElement): "REQUIRED" | "OPTIONAL" {
  return repetition === "OPTIONAL" ? "OPTIONAL" : "REQUIRED";
}

function idOf({ field_id: id }: SchemaElement): { readonly field_id?: number } {
  return id === undefined ? {} : { field_id: id };
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function unknown(path: string, column: string, type: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(`This engine cannot read a column of the Parquet type ${type}`, {
    where: { file: path, column },
    actual: type,
  });
}
