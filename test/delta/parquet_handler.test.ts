import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parquetHandler } from "../../lib/delta/parquet_handler.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field, type StructType } from "../../lib/types.js";

const LIST = { type: "array", elementType: "string", containsNull: true } as const;
const MAP = { type: "map", keyType: "string", valueType: "string", valueContainsNull: true } as const;
const ACTION: StructType = {
  type: "struct",
  fields: [field("path", "string"), field("size", "long"), field("list", LIST), field("map", MAP)],
};
const SCHEMA: StructType = { type: "struct", fields: [field("add", ACTION)] };
const COLUMNS = ["add.path", "add.size", "add.list", "add.map"];

const text = fc.option(fc.oneof(fc.constantFrom("", "a", "a"), fc.string()), { nil: null, freq: 3 });
const action = fc.record({
  path: text,
  size: fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), { nil: null }),
  list: fc.option(fc.array(text, { maxLength: 3 }), { nil: null }),
  map: fc.option(
    fc.dictionary(
      fc.string().filter((name) => name !== "__proto__"),
      text,
      { maxKeys: 3 },
    ),
    { nil: null },
  ),
});
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;
/** As in a checkpoint: long runs of rows that hold another action. */
const rows = fc
  .array(fc.tuple(fc.option(action, { nil: null, freq: 2 }), fc.constantFrom(1, 1, 3, 40)), { maxLength: 12 })
  .map((runs) => runs.flatMap(([one, times]) => new Array<Action | null>(times).fill(one)));

/** A column's values by row group; groups in which no row has a value are left out. */
async function columnOf(groups: readonly (readonly (Action | null)[])[], name: string, wanted?: readonly number[]) {
  const storage = new MemoryStorage();
  const bytes = await parquetHandler.encode(
    SCHEMA,
    groups.map((group) => group.map((add) => ({ add }))),
  );
  await storage.put("file.parquet", bytes);
  const batches: (readonly unknown[])[] = [];
  for await (const batch of parquetHandler.read(storage, "file.parquet", [name]))
    batches.push(batch.column(name, wanted));
  return batches;
}

const isEmpty = (value: unknown): boolean =>
  Array.isArray(value) ? value.every((one) => one === null) : value === null || isEmptyMap(value);
const isEmptyMap = (value: unknown): boolean => typeof value === "object" && Object.keys(value ?? {}).length === 0;

describe("columns of a Parquet file", () => {
  test.each(COLUMNS)("%s comes back row by row, with nulls above it, empty lists and row groups", async (name) => {
    const key = name.slice(4) as keyof Action;
    await fc.assert(
      fc.asyncProperty(fc.array(rows, { maxLength: 2 }), async (groups) => {
        const expected = groups.map((group) => group.map((add) => add?.[key] ?? null));
        const found = await columnOf(groups, name);
        expect(found).toEqual(expected.filter((values) => !values.every(isEmpty)));
      }),
      { numRuns: 60 },
    );
  });

  test.each(COLUMNS)("%s comes back where it is asked for some rows only", async (name) => {
    const key = name.slice(4) as keyof Action;
    await fc.assert(
      fc.asyncProperty(rows, fc.array(fc.nat(), { maxLength: 3 }), async (group, picks) => {
        const wanted = [...new Set(picks.map((pick) => pick % Math.max(1, group.length)))].sort((a, b) => a - b);
        const [found = []] = await columnOf([group], name, wanted);
        const values = (of: readonly unknown[]) =>
          wanted.map((row) => of[row] ?? null).map((one) => (isEmpty(one) ? null : one));
        expect(values(found)).toEqual(values(group.map((add) => add?.[key] ?? null)));
      }),
      { numRuns: 40 },
    );
  });
});
