import { expect, test } from "vitest";
import { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { count, countDistinct, max } from "../../lib/relation/aggregate.js";
import { scan } from "../../lib/relation/relation.js";
import { lit, when } from "../../lib/relation/when.js";
import { field } from "../../lib/types.js";

const engine = new PolarsEngine({ resolveTable: () => Promise.reject(new Error("no tables")) });
const rows = scan<{ k: "string" }>({ kind: "values", rows: [["a"], ["a"], ["b"]] }, [field("k", "string")]);

test("a constant is aggregated once per row", async () => {
  const one = when(lit(true), 1n).otherwise(0n);
  const all = rows
    .groupBy()
    .aggregate(() => ({ sum: one.sum(), n: count(lit("x")), d: countDistinct(lit("x")), m: max(lit(7)) }));
  expect(await engine.collect(all.node)).toEqual([{ sum: 3n, n: 3n, d: 1n, m: 7 }]);
  const byKey = rows
    .groupBy("k")
    .aggregate(() => ({ sum: one.sum() }))
    .orderBy((t) => [t.k]);
  expect(await engine.collect(byKey.node)).toEqual([
    { k: "a", sum: 2n },
    { k: "b", sum: 1n },
  ]);
  const none = rows
    .filter((t) => t.k.eq("z"))
    .groupBy()
    .aggregate(() => ({ sum: one.sum(), n: count(lit("x")) }));
  expect(await engine.collect(none.node)).toEqual([{ sum: null, n: 0n }]);
});
