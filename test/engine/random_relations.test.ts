import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { count, countDistinct, countRows, max, min } from "../../lib/relation/aggregate.js";
import type { Relation } from "../../lib/relation/relation.js";
import { when } from "../../lib/relation/when.js";
import { lag, lastKnown, rowNumber, runningMax } from "../../lib/relation/window.js";
import { bag, evaluate } from "./naive.js";
import { type Cell, engine, smallEngine, values } from "./support.js";

const TYPES = {
  id: "long",
  k: "long",
  s: "string",
  d: "date",
  v: "decimal(18,2)",
  f: "double",
  i: "integer",
  b: "boolean",
} as const;

const rowArbitrary = fc.tuple(
  fc.option(fc.constantFrom("1", "2", "3", "-9223372036854775808", "9007199254740993")),
  fc.option(fc.constantFrom("", "a", "B", "é", "a b", "\u{10000}")),
  fc.option(fc.constantFrom("2024-02-29", "1969-12-31", "2024-03-01")),
  fc.option(fc.constantFrom("0.01", "-0.01", "9999999999999999.99", "10.00")),
  fc.option(fc.constantFrom("0", "-0", "NaN", "1.5", "-Infinity", "Infinity")),
  fc.option(fc.constantFrom("-7", "0", "7", "2147483647")),
  fc.option(fc.boolean()),
);
/** Rows with an `id` of their own, so that orders have no ties. */
const rowsArbitrary = fc
  .array(rowArbitrary, { maxLength: 14 })
  .map((rows) => rows.map((row, i): Cell[] => [String(i), ...row]));

/** In memory, and by `streamed` also through files, a few rows at a time. */
async function sameAsOracle(relation: { readonly node: Relation["node"] }, streamed = false): Promise<void> {
  const expected = bag(evaluate(relation.node));
  expect(bag(await engine.collect(relation.node))).toEqual(expected);
  if (streamed) await sameWhenStreamed(relation, expected);
}

async function sameWhenStreamed(
  relation: { readonly node: Relation["node"] },
  expected: readonly string[],
): Promise<void> {
  const streamed = await smallEngine.materialize(relation.node);
  expect(bag(await smallEngine.collect(streamed))).toEqual(expected);
  smallEngine.release(streamed);
}

function relationOf(rows: readonly (readonly Cell[])[]) {
  return values(TYPES, rows);
}

const runs = { numRuns: 40 };

describe("like the oracle", () => {
  test("joins of every kind, with and without equal nulls", async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, rowsArbitrary, fc.boolean(), async (left, right, nullsEqual) => {
        const a = relationOf(left).select(["id", "k", "s", "v"]);
        const b = relationOf(right).select(["k", "s", "id", "f"]).rename({ id: "other", s: "t" });
        await sameAsOracle(a.join(b, ["k"], { nullsEqual }));
        await sameAsOracle(a.leftJoin(b, { k: "k", s: "t" }, { nullsEqual }));
        await sameAsOracle(a.fullJoin(b, { k: "k", s: "t" }, { nullsEqual }), true);
        await sameAsOracle(a.semiJoin(b, { s: "t" }, { nullsEqual }));
        await sameAsOracle(a.antiJoin(b, { k: "k", s: "t" }, { nullsEqual }));
      }),
      runs,
    );
  });

  test("rows whose key is one of a few, checked while they are read", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        rowsArbitrary,
        fc.constantFrom("k", "i", "d"),
        fc.boolean(),
        async (left, right, key, nullsEqual) => {
          const some = relationOf(right).filter((t) => t.b);
          const found = relationOf(left).semiJoin(some, [key], { nullsEqual });
          await sameAsOracle(found, true);
          await sameAsOracle(found.filter((t) => t.k.ge(2)).select(["id"]));
        },
      ),
      runs,
    );
    const rows = relationOf([["1", "1", "a", null, null, null, null, true]]);
    expect(await engine.explain(rows.semiJoin(rows, ["k"]).node)).toMatch(/is_in/);
    expect(await engine.explain(rows.semiJoin(rows, ["s"]).node)).toMatch(/SEMI JOIN/);
    const many = Array.from({ length: 20_001 }, (_, k): Cell[] => [String(k)]);
    expect(await engine.explain(rows.semiJoin(values({ k: "long" }, many), ["k"]).node)).toMatch(/SEMI JOIN/);
  });

  test("distinct by keys of every type, in either direction", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.subarray(["k", "s", "d", "v", "i", "b", "f"] as const, { minLength: 1 }),
        fc.boolean(),
        fc.boolean(),
        async (rows, keys, down, by) => {
          const relation = relationOf(rows);
          await sameAsOracle(
            relation.distinct(keys, (t) => [down ? t.d.desc() : t.d.asc(), by ? t.id.desc() : t.id.asc()]),
            true,
          );
          await sameAsOracle(relation.distinct(keys, (t) => [down ? t.id.desc() : t.id.asc()]));
          await sameAsOracle(relation.select(keys).distinct());
          await sameAsOracle(relation.select(["f", "s"]).distinct());
        },
      ),
      runs,
    );
  });

  test("groups and their aggregates", async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, fc.subarray(["k", "s", "d", "b", "f"] as const), async (rows, keys) => {
        const grouped = relationOf(rows)
          .groupBy(...keys)
          .aggregate((t) => ({
            rows: countRows(),
            known: count(t.v),
            different: countDistinct(t.s),
            total: t.v.sum(),
            ids: t.id.sum(),
            small: t.i.sum(),
            least: min(t.s),
            most: max(t.d),
            high: max(t.f),
            low: min(t.f),
            any: max(t.b),
            sums: t.i.sum().plus(t.id.sum()),
          }));
        await sameAsOracle(grouped, true);
      }),
      runs,
    );
  });

  test("windows over any partition and order", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.subarray(["k", "s", "b"] as const),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.boolean(),
        async (rows, keys, back, down, mixed) => {
          const relation = relationOf(rows).extend((t) => {
            const id = down ? t.id.desc() : t.id.asc();
            const over = { partitionBy: keys.map((key) => t[key]), orderBy: mixed ? [t.d.desc(), id] : [id] };
            return {
              n: rowNumber(over),
              before: lag(t.s, over, back),
              known: lastKnown(t.v, over),
              text: lastKnown(t.s, over),
              top: runningMax(t.d, over),
              high: runningMax(t.i, over),
              far: runningMax(t.v, over),
              real: runningMax(t.f, over),
              money: t.v.runningSum(over),
              many: t.i.runningSum(over),
              flag: lag(t.b, over),
            };
          });
          await sameAsOracle(relation, true);
          await sameAsOracle(relation.filter((t) => t.n.eq(1n).and(t.d.isNotNull())));
          await sameAsOracle(relation.filter((t) => t.b).select(["n", "known"]));
        },
      ),
      runs,
    );
  });

  test("windows of windows", async () => {
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, async (rows) => {
        const relation = relationOf(rows).extend((t) => {
          const byKey = { partitionBy: [t.k], orderBy: [t.id] };
          return {
            x: lag(lastKnown(t.s, byKey), { partitionBy: [t.b], orderBy: [t.id.desc()] }),
            n: rowNumber(byKey).plus(rowNumber({ partitionBy: [], orderBy: [t.id] })),
          };
        });
        await sameAsOracle(relation);
      }),
      runs,
    );
  });

  test("chains of operators", async () => {
    const stepArbitrary = fc.constantFrom<"filter" | "null" | "union" | "latest" | "number" | "join" | "case" | "top">(
      "filter",
      "null",
      "union",
      "latest",
      "number",
      "join",
      "case",
      "top",
    );
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, fc.array(stepArbitrary, { maxLength: 4 }), async (rows, names) => {
        let relation = relationOf(rows);
        for (const name of names) {
          if (name === "filter") relation = relation.filter((t) => t.v.ge("0").or(t.b));
          if (name === "null") relation = relation.filter((t) => t.s.isNotNull());
          if (name === "union")
            relation = relation.union(relation.filter((t) => t.i.lt(0)).extend((t) => ({ id: t.id.plus(100n) })));
          if (name === "latest") relation = relation.distinct(["k"], (t) => [t.id.desc()]);
          if (name === "number")
            relation = relation.extend((t) => ({
              id: rowNumber({ partitionBy: [], orderBy: [t.id, t.k, t.s, t.d, t.v, t.i, t.b] }),
            }));
          if (name === "join")
            relation = relation.semiJoin(relation.filter((t) => t.d.isNotNull()).select(["k"]), ["k"]);
          if (name === "case")
            relation = relation.extend((t) => ({ s: when(t.b, t.s.upper()).when(t.k.eq(1n), "one").otherwise(null) }));
          if (name === "top") relation = relation.orderBy((t) => [t.id.desc(), t.k, t.s, t.d, t.v, t.i, t.b]).limit(5);
        }
        await sameAsOracle(relation, true);
      }),
      { numRuns: 80 },
    );
  });

  test("one order after another, some of them there already", async () => {
    const step = fc.constantFrom<
      "by k, d" | "by d, k" | "k down" | "last of k" | "first of k, d" | "first of d" | "renamed" | "last number"
    >("by k, d", "by d, k", "k down", "last of k", "first of k, d", "first of d", "renamed", "last number");
    await fc.assert(
      fc.asyncProperty(rowsArbitrary, fc.array(step, { minLength: 2, maxLength: 4 }), async (rows, names) => {
        let relation = relationOf(rows);
        for (const name of names) {
          relation = relation.filter((t) => t.i.isNull().or(t.i.ne(7)));
          if (name === "by k, d")
            relation = relation.extend((t) => {
              const over = { partitionBy: [t.k], orderBy: [t.d, t.id] };
              return { s: lag(t.s, over), v: lastKnown(t.v, over) };
            });
          if (name === "by d, k")
            relation = relation.extend((t) => ({ i: lag(t.i, { partitionBy: [t.d, t.k], orderBy: [t.id] }) }));
          if (name === "k down")
            relation = relation.extend((t) => ({ b: lastKnown(t.b, { partitionBy: [t.k], orderBy: [t.id.desc()] }) }));
          if (name === "last of k") relation = relation.distinct(["k"], (t) => [t.d.desc(), t.id.desc()]);
          if (name === "first of k, d") relation = relation.distinct(["k", "d"], (t) => [t.id.asc()]);
          if (name === "first of d") relation = relation.distinct(["d"], (t) => [t.id.desc()]);
          if (name === "last number")
            relation = relation
              .extend((t) => ({ n: rowNumber({ partitionBy: [t.k], orderBy: [t.d, t.id.desc()] }) }))
              .distinct(["k", "d"], (t) => [t.n.desc()])
              .drop("n");
          if (name === "renamed") relation = relation.extend((t) => ({ k: t.id, d: t.d.orElse("2024-03-01") }));
        }
        await sameAsOracle(relation, true);
      }),
      { numRuns: 80 },
    );
  });

  test("conditions on keys, which reach what is below joins, groups, windows and distinct rows", async () => {
    const step = fc.constantFrom<"window" | "other window" | "last" | "group" | "left" | "inner" | "full" | "anti">(
      "window",
      "other window",
      "last",
      "group",
      "left",
      "inner",
      "full",
      "anti",
    );
    const wanted = fc.subarray([1n, 2n, 3n, 9007199254740993n]);
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        rowsArbitrary,
        fc.array(step, { maxLength: 3 }),
        wanted,
        async (rows, more, names, keys) => {
          let relation = relationOf(rows).select(["k", "id", "v"]);
          const other = relationOf(more)
            .select((t) => ({ key: t.k, w: t.i }))
            .distinct(["key"], (t) => [t.w]);
          for (const name of names) {
            if (name === "window")
              relation = relation.extend((t) => ({
                v: lastKnown(t.v, { partitionBy: [t.k], orderBy: [t.id] }),
              }));
            if (name === "other window")
              relation = relation.extend((t) => ({ v: lag(t.v, { partitionBy: [], orderBy: [t.id] }) }));
            if (name === "last") relation = relation.distinct(["k"], (t) => [t.id.desc()]);
            if (name === "group") relation = relation.groupBy("k").aggregate((t) => ({ id: min(t.id), v: max(t.v) }));
            if (name === "left") relation = relation.leftJoin(other, { k: "key" }).drop("w");
            if (name === "inner") relation = relation.join(other, { k: "key" }).drop("w");
            if (name === "full") relation = relation.fullJoin(other, { k: "key" }).drop("w");
            if (name === "anti") relation = relation.antiJoin(other, { k: "key" });
          }
          await sameAsOracle(
            relation.filter((t) => keys.map((key) => t.k.eq(key)).reduce((any, is) => any.or(is), t.k.eq(2n))),
            true,
          );
          await sameAsOracle(relation.filter((t) => t.k.isNull()));
          await sameAsOracle(relation.filter((t) => t.v.isNotNull()));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("what is known to have no rows is not read", async () => {
    const none = relationOf([]).select((t) => ({ k: t.k, w: t.i }));
    const some = relationOf([["1", "1", "a", null, null, null, null, true]]);
    for (const relation of [
      some.leftJoin(none, ["k"]),
      some.fullJoin(none, ["k"]),
      some.antiJoin(none, ["k"]),
      some.semiJoin(none, ["k"]),
      some.join(none, ["k"]),
      none.fullJoin(some, ["k"]),
      none.leftJoin(some, ["k"]),
      some.union(relationOf([]).filter((t) => t.b)),
      none
        .union(none)
        .groupBy()
        .aggregate(() => ({ rows: countRows() })),
      none
        .union(none)
        .groupBy("k")
        .aggregate(() => ({ rows: countRows() })),
    ]) {
      await sameAsOracle(relation, true);
    }
    expect(await engine.explain(some.leftJoin(none, ["k"]).node)).not.toContain("JOIN");
  });

  test("orders", async () => {
    await fc.assert(
      fc.asyncProperty(
        rowsArbitrary,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom("k", "s", "d", "v", "f", "i", "b"),
        async (rows, first, second, key) => {
          const relation = relationOf(rows).orderBy((t) => [
            first ? t[key].desc() : t[key].asc(),
            second ? t.id.desc() : t.id.asc(),
          ]);
          expect((await engine.collect(relation.node)).map((row) => row["id"])).toEqual(
            evaluate(relation.node).map((row) => row["id"]),
          );
        },
      ),
      runs,
    );
  });
});
