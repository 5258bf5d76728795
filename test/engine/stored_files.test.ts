import { Buffer } from "node:buffer";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { parquetHandler } from "../../lib/delta/parquet_handler.js";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { type ParquetNode, readParquetSchema } from "../../lib/engine/polars/parquet_schema.js";
import type { OpenFile, TableFiles } from "../../lib/engine/polars/table_files.js";
import { scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, field, type StructField } from "../../lib/types.js";

const root = fs.mkdtempSync(join(tmpdir(), "tslake-stored-"));
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
let number = 0;

/** A value as Parquet stores it, and as a relation gives it. */
interface Pair {
  readonly stored: unknown;
  readonly read: Value;
}

interface Column {
  readonly type: DataType;
  readonly pair: fc.Arbitrary<Pair>;
}

const same = <T extends Value>(values: fc.Arbitrary<T>): fc.Arbitrary<Pair> =>
  values.map((value) => ({ stored: value, read: value }));

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 5 }),
  fc.constantFrom("", '"\\', "\u0000\n\u001f", "é😀", "\u2028"),
);

const leaves: readonly Column[] = [
  { type: "boolean", pair: same(fc.boolean()) },
  { type: "integer", pair: same(fc.integer()) },
  { type: "long", pair: same(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })) },
  { type: "double", pair: same(fc.double()) },
  { type: "string", pair: same(text) },
  {
    type: "date",
    pair: fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => ({
      stored: days,
      read: new Date(days * 86_400_000).toISOString().slice(0, 10),
    })),
  },
  {
    type: "binary",
    pair: fc.uint8Array({ maxLength: 4 }).map((bytes) => ({ stored: bytes, read: new Uint8Array(bytes) })),
  },
];

const column: fc.Arbitrary<Column> = fc.letrec<{ column: Column }>((tie) => ({
  column: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(...leaves),
    tie("column").map(listOf),
    fc.array(tie("column"), { minLength: 1, maxLength: 3 }).map(structOf),
    fc.tuple(fc.constantFrom(...leaves), tie("column")).map(([key, item]) => mapOf(key, item)),
  ),
})).column;

describe("a file's columns", () => {
  const table = fc
    .array(column, { minLength: 1, maxLength: 3 })
    .chain((columns) =>
      fc.tuple(
        fc.constant(columns),
        fc.array(fc.tuple(...columns.map(({ pair }) => nullable(pair))), { minLength: 1, maxLength: 8 }),
      ),
    );

  test("are read as they were written, whatever is nested in them, by Polars and by way of another file", async () => {
    await fc.assert(
      fc.asyncProperty(table, async ([columns, rows]) => {
        const fields = columns.map(({ type }, i) => field(`c${i}`, type));
        const cells = (side: keyof Pair) =>
          rows.map((row) => Object.fromEntries(row.map((pair, i) => [`c${i}`, (pair?.[side] ?? null) as Value])));
        const file = await write(fields, [cells("stored")]);
        for (const schema of [file.schema, file.schema?.map(outdated)]) {
          const read = await collect({ ...file, ...(schema && { schema }) }, fields);
          expect(read).toEqual(cells("read"));
        }
        const renamed = await collect(file, fields.map(upperField), {
          placeOf: ({ name }) => ({ name: name.toLowerCase() }),
        });
        expect(renamed).toEqual(cells("read").map(upperValue));
      }),
      { numRuns: 40 },
    );
  });

  test("and rows that do not count are left out, also where statistics leave out row groups", async () => {
    const ids = Array.from({ length: 1_000 }, (_, i) => i);
    const groups = Array.from({ length: 20 }, (_, i) =>
      ids.slice(i * 50, i * 50 + 50).map((id) => ({ id: BigInt(id) })),
    );
    const fields = [field("id", "long")];
    const file = await write(fields, groups);
    const deleted = ids.filter((id) => id % 3 === 0 || (id > 400 && id < 510));
    const left = ids.filter((id) => !deleted.includes(id));
    for (const [from, to] of [
      [0, 1_000],
      [195, 230],
      [395, 520],
      [990, 1_000],
    ] as const) {
      const inRange = (list: readonly number[]) => list.filter((id) => id >= from && id < to).map(BigInt);
      const range = { from: BigInt(from), to: BigInt(to) };
      const read = await collect({ ...file, deleted: Uint32Array.from(deleted) }, fields, range);
      expect(read.map(({ id }) => id)).toEqual(inRange(left));
      const only = await collect({ ...file, only: Uint32Array.from(deleted) }, fields, range);
      expect(only.map(({ id }) => id)).toEqual(inRange(deleted));
    }
  });
});

async function write(
  fields: readonly StructField[],
  rowGroups: readonly (readonly Readonly<Record<string, unknown>>[])[],
): Promise<OpenFile> {
  const bytes = Buffer.from(await parquetHandler.encode({ type: "struct", fields }, rowGroups));
  const url = join(root, `${number++}.parquet`);
  fs.writeFileSync(url, bytes);
  const schema = await readParquetSchema(url, bytes.length, async (start, end) => bytes.subarray(start, end));
  return { location: { url }, read: async () => bytes, ...(schema && { schema }) };
}

interface CollectOptions {
  readonly from?: bigint;
  readonly to?: bigint;
  readonly placeOf?: NonNullable<TableFiles["placeOf"]>;
}

async function collect(file: OpenFile, fields: readonly StructField[], { from, to, placeOf }: CollectOptions = {}) {
  const engine = new PolarsEngine({
    resolveTable: async () => ({
      files: [{ partitionValues: {}, open: async () => file }],
      partitionColumns: [],
      fields,
      ...(placeOf && { placeOf }),
    }),
  });
  const rows = scan<{ id: "long" }>({ kind: "table", table: "t" }, fields);
  const chosen = from === undefined || to === undefined ? rows : rows.filter((t) => t.id.ge(from).and(t.id.lt(to)));
  return engine.collect(chosen.node);
}

/** A field whose name, and every name below it, is in capitals. */
function upperField(inner: StructField): StructField {
  return { ...inner, name: inner.name.toUpperCase(), type: upperType(inner.type) };
}

function upperType(type: DataType): DataType {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return { ...type, elementType: upperType(type.elementType) };
    case "map":
      return { ...type, keyType: upperType(type.keyType), valueType: upperType(type.valueType) };
    case "struct":
      return { ...type, fields: type.fields.map(upperField) };
  }
}

function upperValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(upperValue);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toUpperCase(), upperValue(inner)]));
}

/** A column as old writers declared it, so that Polars is not asked to read it. */
function outdated(node: ParquetNode): ParquetNode {
  return { ...node, isModern: false, children: node.children.map(outdated) };
}

function nullable(pair: fc.Arbitrary<Pair>): fc.Arbitrary<Pair | null> {
  return fc.option(pair, { freq: 4 });
}

function listOf({ type, pair }: Column): Column {
  return {
    type: { type: "array", elementType: type, containsNull: true },
    pair: fc.array(nullable(pair), { maxLength: 3 }).map((items) => ({
      stored: items.map((item) => item?.stored ?? null),
      read: items.map((item) => item?.read ?? null),
    })),
  };
}

function structOf(columns: readonly Column[]): Column {
  return {
    type: { type: "struct", fields: columns.map(({ type }, i) => field(`f${i}`, type)) },
    pair: fc.tuple(...columns.map(({ pair }) => nullable(pair))).map((items) => ({
      stored: Object.fromEntries(items.map((item, i) => [`f${i}`, item?.stored ?? null])),
      read: Object.fromEntries(items.map((item, i) => [`f${i}`, item?.read ?? null])),
    })),
  };
}

function mapOf(key: Column, item: Column): Column {
  return {
    type: { type: "map", keyType: key.type, valueType: item.type, valueContainsNull: true },
    pair: fc.array(fc.tuple(key.pair, nullable(item.pair)), { maxLength: 3 }).map((entries) => ({
      stored: entries.map(([k, v]) => ({ key: k.stored, value: v?.stored ?? null })),
      read: entries.map(([k, v]): Value => [k.read, v?.read ?? null]),
    })),
  };
}
