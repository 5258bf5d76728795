import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { type DataType, field } from "../../lib/types.js";
import { append, ids, newTable, rows } from "./tables.js";

type Key = bigint | number | string;

/** Keys of a type, and how `collect` gives them. */
const KEYS: readonly (readonly [DataType, fc.Arbitrary<Key>])[] = [
  ["long", fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)],
  ["integer", fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })],
  [
    "string",
    fc.oneof(fc.constantFrom("", "a", "ação", "Z", "\u{1f600}", "￿", "a\u0000"), fc.string({ unit: "binary" })),
  ],
  ["decimal(38,2)", fc.bigInt(-999n, 999n).map((units) => `${units}.25`.replace(/^0\./, "0."))],
  ["date", fc.constantFrom("0001-01-01", "1969-12-31", "2024-02-29", "9999-12-31")],
  ["timestamp_ntz", fc.constantFrom("1969-12-31 23:59:59.999999", "2024-02-29 00:00:00.000001", "2024-02-29 00:00:00")],
];

describe.each(KEYS)("a merge by keys of type %s", (type, key) => {
  test("finds each row that has a key of the source, also the least and the greatest", async () => {
    const files = fc.array(fc.uniqueArray(key, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(files, fc.uniqueArray(key, { maxLength: 3 }), fc.nat(), async (stored, others, pick) => {
        const table = await DeltaTable.create(new MemoryStorage(), {
          fields: [field("key", type), field("v", "string")],
        });
        const known = new Map<Key, string>();
        for (const one of stored) {
          const added = one.filter((value) => !known.has(value));
          for (const value of added) known.set(value, "old");
          await table.append(added.map((value) => ({ key: value, v: "old" })));
        }
        const taken = [...known.keys()].filter((_, i) => (pick >> i) % 2 === 1);
        const keys = [...new Set([...taken, ...others])];
        for (const value of keys) known.set(value, "new");
        const source = await DeltaTable.create(new MemoryStorage(), { fields: table.fields });
        await source.append(keys.map((value) => ({ key: value, v: "new" })));
        await table.merge(source.read(), ["key"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
        const found = (await table.read().collect()).map((row) => `${row["key"]}=${row["v"]}`);
        expect(found.sort()).toEqual([...known].map(([value, v]) => `${value}=${v}`).sort());
      }),
      { numRuns: 12 },
    );
  });
});

test("a file of which only the last row has a key is written again, files between whose keys none lies are not", async () => {
  const table = await newTable();
  await append(table, rows(0, 60_000));
  await append(table, [...rows(100_000, 100_003), ...rows(100_010, 100_013)]);
  const [before] = await (await table.snapshot()).files();
  const source = await newTable();
  await append(source, [...rows(59_999, 60_001), ...rows(100_005, 100_008)]);
  const write = await table.merge(source.read(), ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute();
  expect(write.metrics).toMatchObject({ numTargetRowsUpdated: 1, numTargetRowsInserted: 4, numTargetFilesRemoved: 1 });
  const after = (await (await table.snapshot()).files()).map(({ path }) => path);
  expect(after).not.toContain(before?.path);
  expect(await ids(table.storage)).toHaveLength(60_010);
});
