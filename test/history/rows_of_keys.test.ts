import fc from "fast-check";
import { expect, test } from "vitest";
import { Catalog } from "../../lib/contract/catalog.js";
import { long, text } from "../../lib/contract/column_spec.js";
import { defineTable } from "../../lib/contract/define_table.js";
import { rowsOfKeys } from "../../lib/history/rows_of_keys.js";
import { SOURCES_DOMAIN } from "../../lib/lake/consumed.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { field } from "../../lib/types.js";

const history = defineTable("silver.history", {
  description: "Events",
  grain: "one event",
  columns: { id: long(), kind: text(), version: long().notNull() },
});
const summary = defineTable("gold.summary", {
  description: "Events that were looked up",
  grain: "one event",
  reads: [history],
  columns: { version: long().notNull() },
});

type Key = readonly [id: number | null, kind: string | null];

const key = fc.tuple(
  fc.option(fc.integer({ min: -20, max: 300 }), { freq: 10 }),
  fc.option(fc.constantFrom("a", "b", "ç"), { freq: 10 }),
);

function newLake(): Lake {
  return new Lake({ storage: new MemoryStorage(), catalog: new Catalog([history, summary]), timeZone: "UTC" });
}

function keysOf(lake: Lake, keys: readonly Key[]) {
  const fields = [field("id", "long"), field("kind", "string")];
  const rows = keys.map(([id, kind]) => [id === null ? null : String(id), kind]);
  return scan<{ id: "long"; kind: "string" }>({ kind: "values", rows }, fields, lake);
}

/** One commit per list of keys; versions number all rows. */
async function write(lake: Lake, commits: readonly (readonly Key[])[]): Promise<void> {
  let version = 0;
  for (const keys of commits) {
    const rows = keys.map(([id, kind]) => [id === null ? null : String(id), kind, String(version++)]);
    await lake.write(history, scan({ kind: "values", rows }, history.schema.fields, lake));
  }
}

test("are the rows that a naive look at each row finds, for few keys and for many", async () => {
  const keys = fc.oneof(fc.array(key, { maxLength: 5 }), fc.array(key, { minLength: 101, maxLength: 150 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(key, { maxLength: 30 }), { minLength: 1, maxLength: 4 }),
      keys,
      fc.boolean(),
      async (commits, wanted, both) => {
        const lake = newLake();
        await write(lake, commits);
        const found = await rowsOfKeys(lake, lake.read(history), keysOf(lake, wanted), both ? ["id", "kind"] : ["id"]);
        const same = ([id, kind]: Key, [otherId, otherKind]: Key): boolean =>
          id !== null && id === otherId && (!both || (kind !== null && kind === otherKind));
        const expected = commits
          .flat()
          .flatMap((row, version) => (wanted.some((one) => same(row, one)) ? [BigInt(version)] : []));
        const rows = await found.orderBy((t) => [t.version]).collect();
        expect(rows.map((row) => row.version)).toEqual(expected);
      },
    ),
    { numRuns: 25 },
  );
});

test("stay what they were when the table grows", async () => {
  const lake = newLake();
  await write(lake, [[[1, "a"]]]);
  const found = await rowsOfKeys(lake, lake.read(history), keysOf(lake, [[1, "a"]]), ["id"]);
  await write(lake, [[[1, "a"]]]);
  expect(await found.count()).toBe(1);
});

test.each([
  ["some rows", 1],
  ["no row", 2],
])("tell which version of the table they are from: %s", async (_, id) => {
  const lake = newLake();
  await write(lake, [[[1, "a"]], [[1, "b"]]]);
  const found = await rowsOfKeys(lake, lake.read(history), keysOf(lake, [[id, "a"]]), ["id"]);
  await lake.write(summary, found.select(["version"]));
  const notes = await (await lake.snapshot("gold.summary"))?.domainMetadata(SOURCES_DOMAIN);
  expect(JSON.parse(notes ?? "{}")).toMatchObject({ "silver.history": { version: 1 } });
});

test("are looked for only in files that can hold one of a few keys", async () => {
  const lake = newLake();
  await write(lake, [[[1, "a"]], [[1000, "b"]], [[500, "c"]]]);
  const [file] = (await (await lake.snapshot("silver.history"))?.files()) ?? [];
  const far = (await (await lake.snapshot("silver.history"))?.files())?.filter((add) => add.path !== file?.path);
  for (const add of far ?? []) await lake.tableStorage("silver.history").delete(add.path);
  const found = await rowsOfKeys(lake, lake.read(history), keysOf(lake, [[1, "a"]]), ["id"]);
  expect(await found.count()).toBe(1);
});
