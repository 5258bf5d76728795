import zlib from "node:zlib";
import type { Compressors, FileMetaData, RowGroup, SchemaElement, SchemaTree } from "hyparquet";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { DataType, StructType } from "../types.js";
import type { ColumnBatch, ParquetHandler, ReadOptions } from "./handler.js";

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
  const { parquetMetadataAsync, parquetRead, parquetSchema } = await import("hyparquet");
  const file = await openFile(storage, path);
  try {
    const metadata = await parquetMetadataAsync(file);
    const nodes = columns.map((column) => findNode(parquetSchema(metadata), column));
    const wanted = new Set(nodes.flatMap((node) => (node === undefined ? [] : leavesOf(node.tree))));
    for (const rowGroup of metadata.row_groups) {
      const chunks = rowGroup.columns.filter((chunk) => wanted.has(pathOf(chunk)));
      const needed = { ...rowGroup, columns: chunks };
      if (isAllNull(needed) || isExcluded(rowGroup, options)) continue;
      const leaves = new Map<string, unknown[]>();
      await parquetRead({
        file,
        metadata: { ...metadata, row_groups: [needed], num_rows: rowGroup.num_rows } satisfies FileMetaData,
        compressors,
        onPage: (page) => {
          const leaf = page.pathInSchema.join(".");
          const values = leaves.get(leaf);
          if (values === undefined) leaves.set(leaf, Array.from(page.columnData));
          else for (const value of page.columnData) values.push(value);
        },
      });
      yield new LeafBatch(Number(rowGroup.num_rows), nodes, leaves);
    }
  } catch (cause) {
    if (cause instanceof DeltaError) throw cause;
    throw new DeltaError(
      `${path} is no valid Parquet file: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        where: { file: path },
        cause,
      },
    );
  }
}

async function encode(
  schema: StructType,
  rowGroups: Iterable<readonly Readonly<Record<string, unknown>>[]>,
): Promise<Uint8Array> {
  const { ByteWriter, ParquetWriter } = await import("hyparquet-writer");
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: schemaElements(schema), createdBy: "tslake" });
  for (const rows of rowGroups) {
    const columnData = schema.fields.map(({ name }) => ({ name, data: rows.map((row) => row[name] ?? null) }));
    if (rows.length > 0) await parquet.write({ columnData, rowGroupSize: rows.length });
  }
  await parquet.finish();
  return new Uint8Array(writer.getBuffer());
}

const compressors: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
};

/** A column that was asked for: its place in the schema and how many optional levels lie above its values. */
interface ColumnNode {
  readonly column: string;
  readonly tree: SchemaTree;
  readonly depth: number;
}

class LeafBatch implements ColumnBatch {
  readonly rowCount: number;
  readonly #nodes: ReadonlyMap<string, ColumnNode>;
  readonly #leaves: ReadonlyMap<string, unknown[]>;

  constructor(rowCount: number, nodes: readonly (ColumnNode | undefined)[], leaves: ReadonlyMap<string, unknown[]>) {
    this.rowCount = rowCount;
    this.#nodes = new Map(nodes.flatMap((node) => (node === undefined ? [] : [[node.column, node]])));
    this.#leaves = leaves;
  }

  column(path: string): readonly unknown[] {
    const node = this.#nodes.get(path);
    if (node === undefined) return new Array<null>(this.rowCount).fill(null);
    const [first, second] = leavesOf(node.tree).map((leaf) => this.#leaves.get(leaf) ?? []);
    const values = (first ?? []).map((value) => unwrap(value, node.depth));
    if (node.tree.element.converted_type !== "MAP" && node.tree.element.logical_type?.type !== "MAP") return values;
    return values.map((keys, row) => (Array.isArray(keys) ? mapOf(keys, unwrap(second?.[row], node.depth)) : null));
  }
}

/** hyparquet wraps a leaf's value in one array for each optional struct above it; an empty one stands for null. */
function unwrap(value: unknown, depth: number): unknown {
  let inner = value;
  for (let level = 0; level < depth && inner !== undefined && inner !== null; level++) inner = (inner as unknown[])[0];
  return inner ?? null;
}

function mapOf(keys: readonly unknown[], values: unknown): Record<string, unknown> {
  const items = Array.isArray(values) ? values : [];
  return Object.fromEntries(keys.map((key, i) => [String(key), items[i] ?? null]));
}

function findNode(root: SchemaTree, column: string): ColumnNode | undefined {
  let tree = root;
  let depth = 0;
  for (const name of column.split(".")) {
    const child = tree.children.find((candidate) => candidate.element.name === name);
    if (child === undefined) return undefined;
    tree = child;
    if (tree.children.length > 0 && tree.element.repetition_type === "OPTIONAL") depth++;
  }
  return { column, tree, depth };
}

function leavesOf(tree: SchemaTree): string[] {
  return tree.children.length === 0 ? [tree.path.join(".")] : tree.children.flatMap(leavesOf);
}

function pathOf(chunk: RowGroup["columns"][number]): string {
  return chunk.meta_data?.path_in_schema.join(".") ?? "";
}

function isAllNull(rowGroup: RowGroup): boolean {
  return rowGroup.columns.every(
    ({ meta_data: meta }) => meta !== undefined && meta.statistics?.null_count === meta.num_values,
  );
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
  const physical = PHYSICAL[type];
  if (physical === undefined) throw new TypeError(`a checkpoint cannot hold a column of type ${type}`);
  return [{ name, repetition_type: repetition, ...physical }];
}

const PHYSICAL: Readonly<Record<string, Pick<SchemaElement, "type" | "converted_type" | "logical_type">>> = {
  string: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  long: { type: "INT64" },
  integer: { type: "INT32" },
  boolean: { type: "BOOLEAN" },
};
