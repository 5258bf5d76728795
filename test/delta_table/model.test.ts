import fc from "fast-check";
import { expect, test } from "vitest";
import { stringifyJson } from "../../lib/delta/json.js";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import type { Value } from "../../lib/relation/runner.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field } from "../../lib/types.js";
import { rowIds } from "./tables.js";

type Item = { readonly id: "long"; readonly name: "string"; readonly group: "integer"; readonly price: "decimal" };
interface Row {
  readonly id: bigint;
  readonly name: string | null;
  readonly group: number | null;
  readonly price: string | null;
  readonly tags: readonly Value[] | null;
}

const FIELDS = [
  field("id", "long"),
  field("name", "string"),
  field("group", "integer"),
  field("price", "decimal(10,2)"),
  field("tags", {
    type: "map",
    keyType: "string",
    valueType: { type: "struct", fields: [field("a", "long", false)] },
    valueContainsNull: true,
  }),
];

/** An operation on a table, and the same on the rows that a table holds. */
interface Step {
  readonly name: string;
  run(table: DeltaTable<Item>): Promise<unknown>;
  model(rows: readonly Row[]): readonly Row[];
}

const id = fc.integer({ min: 0, max: 12 }).map(BigInt);
const row: fc.Arbitrary<Row> = fc.record({
  id,
  name: fc.constantFrom("a", "b", "ção", null),
  group: fc.constantFrom(1, 2, 3, null),
  price: fc.constantFrom("1.00", "-2.50", "0.00", null),
  tags: fc.constantFrom<Row["tags"][]>(
    null,
    [],
    [["k", { a: 1n }]],
    [
      ["k", null],
      ["ü", { a: -2n }],
    ],
  ),
});
const rows = fc.array(row, { minLength: 1, maxLength: 6 });
const keyed = fc.uniqueArray(row, { minLength: 1, maxLength: 6, selector: (one) => one.id });

const step: fc.Arbitrary<Step> = fc.oneof(
  rows.map((added) => ({
    name: "append",
    run: (table: DeltaTable<Item>) => table.append(added.map((one) => ({ ...one }))),
    model: (before: readonly Row[]) => [...before, ...added],
  })),
  id.map((bound) => ({
    name: `delete id < ${bound}`,
    run: (table: DeltaTable<Item>) => table.delete((t) => t.id.lt(bound)),
    model: (before: readonly Row[]) => before.filter((one) => one.id >= bound),
  })),
  fc.constant({
    name: "delete by price",
    run: (table: DeltaTable<Item>) => table.delete("price > 0 AND name <> 'b'"),
    model: (before: readonly Row[]) =>
      before.filter((one) => !(one.price === "1.00" && one.name !== null && one.name !== "b")),
  }),
  fc.record({ at: id, group: fc.constantFrom(1, 9) }).map(({ at, group }) => ({
    name: `update at ${at}`,
    run: (table: DeltaTable<Item>) =>
      table.update({ group: `${group}`, name: "concat(name, 'x')" }, (t) => t.id.eq(at)),
    model: (before: readonly Row[]) =>
      before.map((one) => (one.id === at ? { ...one, group, name: one.name && `${one.name}x` } : one)),
  })),
  keyed.map((source) => ({
    name: "upsert",
    run: async (table: DeltaTable<Item>) =>
      table
        .merge(await tableOf(source), ["id"])
        .whenMatchedUpdateAll()
        .whenNotMatchedInsertAll()
        .execute(),
    model: (before: readonly Row[]) => [
      ...before.map((one) => source.find((from) => from.id === one.id) ?? one),
      ...source.filter((from) => !before.some((one) => one.id === from.id)),
    ],
  })),
  keyed.map((source) => ({
    name: "merge",
    run: async (table: DeltaTable<Item>) =>
      table
        .merge(await tableOf(source), ["id"])
        .whenMatchedDelete("source.group = 1")
        .whenMatchedUpdate({ price: "source.price" }, "source.price < 0")
        .whenNotMatchedInsert({ id: "id", name: "name" }, "group > 1")
        .whenNotMatchedBySourceDelete("group = 3")
        .execute(),
    model: (before: readonly Row[]) => [
      ...before.flatMap((one) => {
        const from = source.find((other) => other.id === one.id);
        if (from === undefined) return one.group === 3 ? [] : [one];
        if (from.group === 1) return [];
        return [from.price === "-2.50" ? { ...one, price: from.price } : one];
      }),
      ...source
        .filter((from) => (from.group ?? 0) > 1 && !before.some((one) => one.id === from.id))
        .map((from) => ({ ...from, group: null, price: null, tags: null })),
    ],
  })),
  rows
    .map((given) => given.map((one) => ({ ...one, group: 2 })))
    .map((given) => ({
      name: "replace where",
      run: (table: DeltaTable<Item>) => table.overwrite(given, { replaceWhere: "group = 2" }),
      model: (before: readonly Row[]) => [...before.filter((one) => one.group !== 2), ...given],
    })),
  fc.constant({
    name: "optimize",
    run: (table: DeltaTable<Item>) => table.optimize(),
    model: (before: readonly Row[]) => before,
  }),
);

const options = fc.record({
  partitioned: fc.boolean(),
  "delta.enableDeletionVectors": fc.constantFrom("true", "false"),
  "delta.enableChangeDataFeed": fc.constantFrom("true", "false"),
  "delta.columnMapping.mode": fc.constantFrom("none", "name", "id"),
  "delta.enableRowTracking": fc.constantFrom("true", "false"),
});

test("a table holds what its operations say, whatever its features", { timeout: 60_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.array(step, { minLength: 1, maxLength: 6 }),
      async ({ partitioned, ...properties }, steps) => {
        const table = await DeltaTable.create<Item>(new MemoryStorage(), {
          fields: FIELDS,
          properties,
          partitionBy: partitioned ? ["group"] : [],
        });
        let expected: readonly Row[] = [];
        for (const one of steps) {
          const { version } = table;
          const before = expected;
          await one.run(table);
          expected = one.model(expected);
          const again = await DeltaTable.open<Item>(table.storage);
          if (properties["delta.enableRowTracking"] === "true") await rowIds(table.storage);
          expect(sorted(await again.read().collect()), one.name).toEqual(sorted(expected));
          if (properties["delta.enableChangeDataFeed"] === "true" && again.version > version)
            expect(await applied(again, before, version + 1), `changes of ${one.name}`).toEqual(sorted(expected));
        }
      },
    ),
    { numRuns: 12 },
  );
});

/** The rows before a commit with what its change feed says happened. */
async function applied(table: DeltaTable<Item>, before: readonly Row[], version: number): Promise<readonly string[]> {
  const texts = sorted(before);
  const changes = await (await table.changes({ from: version })).collect();
  const undo = changes.filter((change) => ["delete", "update_preimage"].includes(String(change["_change_type"])));
  const done = changes.filter((change) => ["insert", "update_postimage"].includes(String(change["_change_type"])));
  for (const gone of sorted(undo)) {
    const at = texts.indexOf(gone);
    expect(at, `a row that is gone was there: ${gone}`).toBeGreaterThanOrEqual(0);
    texts.splice(at, 1);
  }
  return [...texts, ...sorted(done)].sort();
}

function sorted(found: readonly object[]): string[] {
  return found
    .map((one) => {
      const { id, name, group, price, tags } = one as Row;
      return `${id}|${name}|${group}|${price}|${stringifyJson(tags)}`;
    })
    .sort();
}

async function tableOf(source: readonly Row[]) {
  const table = await DeltaTable.create<Item>(new MemoryStorage(), { fields: FIELDS });
  await table.append(source.map((one) => ({ ...one })));
  return table.read();
}
