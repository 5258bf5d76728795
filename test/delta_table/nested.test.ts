import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { DataError, UsageError } from "../../lib/errors.js";
import type { Column } from "../../lib/relation/column.js";
import type { Value } from "../../lib/relation/runner.js";
import { lit } from "../../lib/relation/when.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import {
  type ArrayType,
  type DataType,
  field,
  type MapType,
  type StructField,
  type StructType,
} from "../../lib/types.js";

const struct = (...fields: readonly StructField[]): StructType => ({ type: "struct", fields });
const list = (elementType: ArrayType["elementType"], containsNull = true): ArrayType => ({
  type: "array",
  elementType,
  containsNull,
});

const map = (keyType: DataType, valueType: DataType, valueContainsNull = true): MapType => ({
  type: "map",
  keyType,
  valueType,
  valueContainsNull,
});

type Row = Readonly<Record<string, Value>>;

async function tableOf(column: StructField, properties: Readonly<Record<string, string>> = {}): Promise<DeltaTable> {
  const fields = [field("id", "long"), column];
  return DeltaTable.create(new MemoryStorage(), { fields, properties });
}

async function rowsOf(table: DeltaTable): Promise<readonly Row[]> {
  const rows = await (await DeltaTable.open(table.storage)).read().collect();
  return [...rows].sort((a, b) => Number(a["id"]) - Number(b["id"]));
}

describe("NOT NULL below a column", () => {
  const required = struct(field("a", "long", false), field("b", "string"));
  const cases: readonly (readonly [string, StructField, readonly Value[], Value])[] = [
    ["v.a", field("v", required), [{ a: 1n, b: null }, null, { a: 2n, b: "x" }], { a: null, b: "y" }],
    [
      "v.s.a",
      field("v", struct(field("s", required))),
      [null, { s: null }, { s: { a: 1n, b: null } }],
      { s: { a: null, b: null } },
    ],
    ["v.s", field("v", struct(field("s", required, false))), [null, { s: { a: 1n, b: null } }], { s: null }],
    ["v.element", field("v", list("integer", false)), [null, [], [1, 2]], [1, null]],
    ["v.element.a", field("v", list(required)), [null, [], [null, { a: 1n, b: null }]], [{ a: null, b: "z" }]],
    [
      "v.value",
      field("v", map("string", "long", false)),
      [null, [], [["k", 1n]]],
      [
        ["a", 1n],
        ["b", null],
      ],
    ],
    [
      "v.value.a",
      field("v", map("date", required)),
      [[["2024-01-01", null]], [["2024-01-01", { a: 1n, b: "x" }]]],
      [["2024-01-02", { a: null, b: "x" }]],
    ],
    ["v.element.element", field("v", list(list("long", false))), [null, [null, [], [3n]]], [[1n], [null]]],
  ];

  test.each(cases)("%s", async (path, column, good, bad) => {
    const table = await tableOf(column);
    await table.append(good.map((v, id) => ({ id: BigInt(id), v })));
    const error = await table
      .append([
        { id: 7n, v: good.at(-1) ?? null },
        { id: 8n, v: bad },
      ])
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ where: { column: path }, expected: "no null" });
    expect((error as Error).message).toContain(`NOT NULL of ${path}`);
    expect((error as DataError).actual).toContain("1 rows, for instance id = 8, v = ");
    expect(await rowsOf(table)).toEqual(good.map((v, id) => ({ id: BigInt(id), v })));
    expect((await table.storage.list("")).filter(({ path: name }) => name.endsWith(".parquet"))).toHaveLength(1);
  });

  test("holds for mapped columns, updates and merges", async () => {
    const table = await tableOf(field("v", required), { "delta.columnMapping.mode": "name" });
    await table.append([{ id: 1n, v: { a: 1n, b: "x" } }]);
    const source = await tableOf(field("v", struct(field("a", "long"), field("b", "string"))));
    await source.append([{ id: 1n, v: { a: null, b: "y" } }]);
    const merged = table.merge(source.read(), ["id"]).whenMatchedUpdateAll().execute();
    await expect(merged).rejects.toThrow();
    expect(await rowsOf(table)).toEqual([{ id: 1n, v: { a: 1n, b: "x" } }]);
  });
});

test("an invariant below a column is refused by name", async () => {
  const invariant = { "delta.invariants": JSON.stringify({ expression: { expression: "v.a > 3" } }) };
  const table = await tableOf(field("v", struct(field("a", "long", true, invariant))));
  await expect(table.append([{ id: 1n, v: { a: 4n } }])).rejects.toThrow("an invariant within v");
});

describe("maps", () => {
  const type = map("string", map("integer", list(struct(field("a", map("date", "decimal(20,2)"))))));
  const values: readonly Value[] = [
    null,
    [],
    [["k", null]],
    [
      ["", []],
      ["é", [[1, null]]],
      [
        "z",
        [
          [1, []],
          [
            -2,
            [
              null,
              { a: null },
              { a: [] },
              {
                a: [
                  ["2024-02-29", "1.50"],
                  ["0001-01-01", null],
                ],
              },
            ],
          ],
        ],
      ],
    ],
  ];

  test.each(["none", "name", "id"])("are written as they are read, column mapping %s", async (mode) => {
    const table = await tableOf(field("v", type), { "delta.columnMapping.mode": mode });
    await table.append(values.map((v, id) => ({ id: BigInt(id), v })));
    await table.update({ id: "id + 10" }, "id = 3");
    await table.delete("id = 1");
    const copied = await DeltaTable.open(table.storage);
    await table.append(
      copied
        .read()
        .filter((t) => (t["id"] as Column<"long">).eq(13n))
        .extend(() => ({ id: lit(20n) })),
    );
    await table.optimize();
    const expected = [
      [0, 0],
      [2, 2],
      [13, 3],
      [20, 3],
    ].map(([id = 0, i = 0]) => ({ id: BigInt(id), v: values[i] ?? null }));
    expect(await rowsOf(table)).toEqual(expected);
  });

  test("without an entry in several files are read", async () => {
    const empty = map("string", struct(field("a", "long")));
    const table = await tableOf(field("v", empty), { "delta.columnMapping.mode": "name" });
    for (const id of [1n, 2n, 3n]) await table.append([{ id, v: [] }]);
    expect((await rowsOf(table)).map(({ v }) => v)).toEqual([[], [], []]);
  });

  test("never have a null among their keys", async () => {
    const table = await tableOf(field("v", map("string", "long")));
    const error = await table.append([{ id: 1n, v: [[null, 1n]] }]).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toContain("a null among its keys");
    expect(await rowsOf(table)).toEqual([]);
  });
});

describe("objects with nested values", () => {
  test("are written as they are read", async () => {
    const type = struct(
      field("decimal", "decimal(38,3)"),
      field("bytes", "binary"),
      field("list", list(list("timestamp"))),
      field("real", "double"),
    );
    const table = await tableOf(field("v", type));
    const bytes = new Uint8Array([0, 1, 255]);
    const values: readonly Value[] = [
      {
        decimal: "12345678901234567890123456789012345.678",
        bytes,
        list: [[], null, ["2024-01-01 00:00:00.000001Z"]],
        real: -0,
      },
      { decimal: null, bytes: null, list: null, real: Number.NaN },
      null,
    ];
    await table.append(values.map((v, id) => ({ id: BigInt(id), v })));
    expect(await rowsOf(table)).toEqual(values.map((v, id) => ({ id: BigInt(id), v })));
  });

  test("bytes stay bytes", async () => {
    const table = await tableOf(field("v", "binary"));
    await table.append([{ id: 1n, v: new Uint8Array([0, 200, 10]) }]);
    expect(await rowsOf(table)).toEqual([{ id: 1n, v: new Uint8Array([0, 200, 10]) }]);
  });

  test.each([
    [field("v", list("long")), 1n],
    [field("v", struct(field("a", "long"))), [1n]],
    [field("v", struct(field("a", "long"))), { b: 1n }],
    [field("v", "binary"), "text"],
  ] as const)("of another form are refused: %j", async (column, value) => {
    const table = await tableOf(column);
    await expect(table.append([{ id: 1n, v: value as Value }])).rejects.toBeInstanceOf(UsageError);
  });
});
