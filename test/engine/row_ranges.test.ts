import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WrittenFile } from "../../lib/engine/polars/engine.js";
import type { Relation } from "../../lib/relation/relation.js";
import { lag, rowNumber } from "../../lib/relation/window.js";
import { type Cell, locateIn, smallEngine, values } from "./support.js";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "row-ranges-"));
});
afterAll(() => rm(root, { recursive: true }));

/** Eight keys of four rows each, no two of them side by side, and two rows without a key. */
const ROWS: readonly Cell[][] = [
  ...Array.from({ length: 32 }, (_, i) => [String((i * 5) % 8), `k${(i * 3) % 8}`, String(i)]),
  [null, null, "32"],
  [null, null, "33"],
];

const input = values({ k: "long", text: "string", v: "long" }, ROWS);

async function filesOf(relation: { readonly node: Relation["node"] }): Promise<readonly WrittenFile[]> {
  const folder = await mkdtemp(join(root, "files-"));
  return smallEngine.writeParquet(relation.node, { newPath: (_, i) => `${i}.parquet`, locate: locateIn(folder) });
}

test.each(["k", "text"] as const)("rows of a step that holds them are taken by ranges of %s", async (key) => {
  const files = await filesOf(
    input.extend((t) => ({
      n: rowNumber({ partitionBy: [t[key]], orderBy: [t.v] }),
      before: lag(t.v, { partitionBy: [t[key]], orderBy: [t.v] }),
    })),
  );
  expect(files.length).toBeGreaterThan(3);
  expect(files.reduce((sum, file) => sum + file.rows, 0)).toBe(ROWS.length);
  const columns = files.flatMap((file) => file.columns.filter(({ path }) => path[0] === key));
  expect(columns.map(({ nullCount }) => nullCount)).toEqual([2, ...files.slice(1).map(() => 0)]);
  const bounds = columns.flatMap(({ min, max }) => (min === undefined || max === undefined ? [] : [[min, max]]));
  expect(bounds.length).toBeGreaterThan(3);
  expect(bounds.flat()).toEqual([...bounds].sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)).flat());
  expect(bounds.slice(1).every(([min = ""], i) => min > (bounds[i]?.[1] ?? ""))).toBe(true);
});

test("a value that repeats is never torn apart", async () => {
  const same = values(
    { k: "long", v: "long" },
    Array.from({ length: 40 }, (_, i) => ["7", String(i)]),
  );
  const numbered = same.extend((t) => ({ n: rowNumber({ partitionBy: [t.k], orderBy: [t.v] }) }));
  const held = await smallEngine.materialize(numbered.node);
  const rows = await smallEngine.collect(held);
  expect(rows.map(({ n }) => n).sort((a, b) => Number(a) - Number(b))).toEqual(rows.map((_, i) => BigInt(i + 1)));
  smallEngine.release(held);
});

test("the order of a sort above such a step is kept", async () => {
  const sorted = input
    .extend((t) => ({ n: rowNumber({ partitionBy: [t.k], orderBy: [t.v] }) }))
    .orderBy((t) => [t.v.desc()]);
  expect((await smallEngine.collect(sorted.node)).map(({ v }) => v)).toEqual(ROWS.map((_, i) => BigInt(33 - i)));
});
