import type { ColumnMetaData, RowGroup, SchemaElement, SchemaTree } from "hyparquet";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import { type DataType, decimalOf, type StructType } from "../types.js";
import type { ColumnBatch, ParquetHandler, ReadOptions, TextVisitor } from "./handler.js";
import { type RowNumbers, readLeaf, visitTexts } from "./parquet_columns.js";
import { loadPageReader } from "./parquet_pages.js";

/**
 * The Parquet handler that needs no engine: hyparquet reads, hyparquet-writer writes, both plain JavaScript and loaded
 * at first use. It stands here because checkpoints have MAP columns, which Polars cannot write, so every lake needs it.
 */
export const parquetHandler: ParquetHandler = { read, encode };

/** Files up to this size are read at once; of larger ones only the columns asked for. */
const WHOLE_BYTES = 8 << 20;

async function* read(
  storage: Storage,
  path: string,
  columns: readonly string[],
  options: ReadOptions = {},
): AsyncGenerator<ColumnBatch> {
  const { parquetMetadataAsync, parquetSchema } = await import("hyparquet/src/metadata.js");
  const reader = await loadPageReader();
  const file = await openFile(storage, path);
  try {
    const metadata = await parquetMetadataAsync(file);
    const nodes = columns.flatMap((column) => findNode(parquetSchema(metadata), column));
    for (const rowGroup of metadata.row_groups) {
      if (isExcluded(rowGroup, options)) continue;
      const count = Number(rowGroup.num_rows);
      const leaves = new Map<string, Leaf>();
      for (const { leaf, trees } of nodes.flatMap((node) => node.leaves)) {
        const meta = rowGroup.columns.find((chunk) => pathOf(chunk) === leaf)?.meta_data;
        if (meta === undefined || isAllNull(meta) || trees.at(-1)?.element.converted_type === "DECIMAL") continue;
        const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
        const bytes = new Uint8Array(await file.slice(start, start + Number(meta.total_compressed_size)));
        leaves.set(leaf, {
          values: onceForAll((rows) => valid(path, () => readLeaf(reader, bytes, meta, trees, count, rows))),
          visitTexts: (visit, rows) => valid(path, () => visitTexts(reader, bytes, meta, trees, visit, rows)),
        });
      }
      if (leaves.size > 0) yield new LeafBatch(count, nodes, leaves);
    }
  } catch (cause) {
    throw invalid(path, cause);
  }
}

/** A leaf column of a row group, decoded when it is first asked for. */
interface Leaf {
  values(rows?: RowNumbers): readonly unknown[];
  visitTexts(visit: TextVisitor, rows?: RowNumbers): boolean;
}

function onceForAll<T>(compute: (rows?: RowNumbers) => T): (rows?: RowNumbers) => T {
  let known: { readonly value: T } | undefined;
  return (rows) => {
    if (rows !== undefined && known === undefined) return compute(rows);
    known ??= { value: compute() };
    return known.value;
  };
}

function valid<T>(path: string, decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    throw invalid(path, cause);
  }
}

function invalid(path: string, cause: unknown): DeltaError {
  if (cause instanceof DeltaError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DeltaError(`${path} is no valid Parquet file: ${reason}`, { where: { file: path }, cause });
}

async function encode(
  schema: StructType,
  rowGroups: Iterable<readonly Readonly<Record<string, unknown>>[]>,
): Promise<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: schemaElements(schema),
    createdBy: "tslake",
    // Long enough to tell application ids apart that share a prefix.
    statisticsTruncateLength: 128,
  });
  for (const rows of rowGroups) {
    const columnData = schema.fields.map(({ name }) => ({ name, data: rows.map((row) => row[name] ?? null) }));
    if (rows.length > 0) await parquet.write({ columnData, rowGroupSize: rows.length });
  }
  await parquet.finish();
  return new Uint8Array(writer.getBuffer());
}

/** A column that was asked for, with the leaves below it and the way to each from the schema's root. */
interface ColumnNode {
  readonly column: string;
  readonly tree: SchemaTree;
  readonly leaves: readonly { readonly leaf: string; readonly trees: readonly SchemaTree[] }[];
}

class LeafBatch implements ColumnBatch {
  readonly rowCount: number;
  readonly #nodes: ReadonlyMap<string, ColumnNode>;
  readonly #leaves: ReadonlyMap<string, Leaf>;
  /** What columns without a value share. */
  #nulls: readonly null[] | undefined;

  constructor(rowCount: number, nodes: readonly ColumnNode[], leaves: ReadonlyMap<string, Leaf>) {
    this.rowCount = rowCount;
    this.#nodes = new Map(nodes.map((node) => [node.column, node]));
    this.#leaves = leaves;
  }

  column(path: string, rows?: RowNumbers): readonly unknown[] {
    const node = this.#nodes.get(path);
    const values = (node?.leaves ?? []).map(({ leaf }) => this.#leaves.get(leaf)?.values(rows));
    if (node === undefined || values.every((leaf) => leaf === undefined)) {
      this.#nulls ??= new Array<null>(this.rowCount).fill(null);
      return this.#nulls;
    }
    const [first, second] = values;
    const { converted_type: converted, logical_type: logical } = node.tree.element;
    if (converted === "MAP" || logical?.type === "MAP")
      return (first ?? []).map((keys, row) => (Array.isArray(keys) ? mapOf(keys, second?.[row]) : null));
    if (node.tree.children.length === 0 || converted === "LIST" || logical?.type === "LIST") return first ?? [];
    return Array.from({ length: this.rowCount }, (_, row) => this.#struct(node, row));
  }

  visitTexts(path: string, visit: TextVisitor, rows?: RowNumbers): boolean {
    const [node, ...others] = this.#nodes.get(path)?.leaves ?? [];
    const leaf = node && this.#leaves.get(node.leaf);
    return leaf !== undefined && others.length === 0 && leaf.visitTexts(visit, rows);
  }

  /** The values below a struct in one row; nulls are left out. */
  #struct({ tree, leaves }: ColumnNode, row: number): Record<string, unknown> {
    const struct: Record<string, unknown> = {};
    for (const { leaf, trees } of leaves) {
      const value = this.#leaves.get(leaf)?.values()[row] ?? null;
      if (value !== null)
        place(
          struct,
          trees.slice(trees.indexOf(tree) + 1).map(({ element }) => element.name),
          value,
        );
    }
    return struct;
  }
}

function place(struct: Record<string, unknown>, [name = "", ...below]: readonly string[], value: unknown): void {
  if (below.length === 0) {
    Object.defineProperty(struct, name, { value, enumerable: true });
    return;
  }
  if (!Object.hasOwn(struct, name)) Object.defineProperty(struct, name, { value: {}, enumerable: true });
  place(struct[name] as Record<string, unknown>, below, value);
}

function mapOf(keys: readonly unknown[], values: unknown): Record<string, unknown> {
  const items = Array.isArray(values) ? values : [];
  return Object.fromEntries(keys.map((key, i) => [String(key), items[i] ?? null]));
}

/** The node of a column, or nothing when the file has no such column. */
function findNode(root: SchemaTree, column: string): ColumnNode[] {
  const trees = [root];
  for (const name of column.split(".")) {
    const child = trees.at(-1)?.children.find((candidate) => candidate.element.name === name);
    if (child === undefined) return [];
    trees.push(child);
  }
  return [{ column, tree: trees.at(-1) ?? root, leaves: leavesBelow(trees) }];
}

function leavesBelow(trees: readonly SchemaTree[]): ColumnNode["leaves"] {
  const children = trees.at(-1)?.children ?? [];
  return children.length === 0
    ? [{ leaf: trees.at(-1)?.path.join(".") ?? "", trees }]
    : children.flatMap((child) => leavesBelow([...trees, child]));
}

function pathOf(chunk: RowGroup["columns"][number]): string {
  return chunk.meta_data?.path_in_schema.join(".") ?? "";
}

/** A map that is null or empty in every row counts as null, too. */
function isAllNull(meta: ColumnMetaData): boolean {
  return meta.statistics?.null_count === meta.num_values;
}

function isExcluded(rowGroup: RowGroup, { oneOf }: ReadOptions): boolean {
  if (oneOf === undefined) return false;
  const statistics = rowGroup.columns.find((chunk) => pathOf(chunk) === oneOf.column)?.meta_data?.statistics;
  const { min_value: min, max_value: max } = statistics ?? {};
  if (typeof min !== "string" || typeof max !== "string") return false;
  // ASCII bounds only: their order is the same in UTF-8 and UTF-16.
  if (/[^ -~]/.test(min + max)) return false;
  return oneOf.values.every((value) => value < min || value > max);
}

async function openFile(storage: Storage, path: string) {
  const absent = (): DeltaError =>
    new DeltaError(`The log needs ${path}, which does not exist`, {
      where: { file: path },
      remedy: "Restore the file; without it the table's state is unknown.",
    });
  const meta = await storage.head(path);
  if (meta === undefined) throw absent();
  const whole = meta.size <= WHOLE_BYTES ? await storage.read(path) : undefined;
  return {
    byteLength: meta.size,
    slice: async (start: number, end: number = meta.size): Promise<ArrayBuffer> => {
      const bytes = whole?.subarray(start, end) ?? (await storage.readRange(path, start, end));
      if (bytes === undefined) throw absent();
      return new Uint8Array(bytes).buffer;
    },
  };
}

function schemaElements(schema: StructType): SchemaElement[] {
  return [
    { name: "schema", num_children: schema.fields.length },
    ...schema.fields.flatMap((f) => elementsOf(f.name, f.type)),
  ];
}

function elementsOf(name: string, type: DataType, repetition: "OPTIONAL" | "REQUIRED" = "OPTIONAL"): SchemaElement[] {
  const group = (converted: "MAP" | "LIST" | undefined, children: SchemaElement[][]): SchemaElement[] => [
    {
      name,
      repetition_type: repetition,
      num_children: children.length,
      ...(converted === undefined ? {} : { converted_type: converted, logical_type: { type: converted } }),
    },
    ...children.flat(),
  ];
  if (typeof type !== "string") {
    if (type.type === "struct")
      return group(
        undefined,
        type.fields.map((f) => elementsOf(f.name, f.type)),
      );
    const repeated = (inner: string, children: SchemaElement[][]): SchemaElement[] => [
      { name: inner, repetition_type: "REPEATED", num_children: children.length },
      ...children.flat(),
    ];
    if (type.type === "array") return group("LIST", [repeated("list", [elementsOf("element", type.elementType)])]);
    const entry = [elementsOf("key", type.keyType, "REQUIRED"), elementsOf("value", type.valueType)];
    return group("MAP", [repeated("key_value", entry)]);
  }
  const physical = PHYSICAL[type] ?? decimalElement(type);
  if (physical === undefined) throw new TypeError(`a checkpoint cannot hold a column of type ${type}`);
  return [{ name, repetition_type: repetition, ...physical }];
}

/** Decimals as Parquet's readers expect them: the shortest integer, else so many bytes. */
function decimalElement(type: DataType): Physical | undefined {
  const decimal = decimalOf(type);
  if (decimal === undefined) return undefined;
  const { precision, scale } = decimal;
  const annotation = { converted_type: "DECIMAL", precision, scale } as const;
  if (precision <= 9) return { type: "INT32", ...annotation };
  if (precision <= 18) return { type: "INT64", ...annotation };
  return { type: "FIXED_LEN_BYTE_ARRAY", type_length: Math.ceil((precision * Math.log2(10) + 1) / 8), ...annotation };
}

type Physical = Omit<SchemaElement, "name" | "repetition_type" | "num_children">;

const PHYSICAL: Readonly<Record<string, Physical>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  binary: { type: "BYTE_ARRAY" },
  long: { type: "INT64" },
  integer: { type: "INT32" },
  short: { type: "INT32", converted_type: "INT_16" },
  byte: { type: "INT32", converted_type: "INT_8" },
  boolean: { type: "BOOLEAN" },
  float: { type: "FLOAT" },
  double: { type: "DOUBLE" },
  date: { type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } },
  timestamp: {
    type: "INT64",
    converted_type: "TIMESTAMP_MICROS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" },
  },
  timestamp_ntz: { type: "INT64", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: false, unit: "MICROS" } },
};
