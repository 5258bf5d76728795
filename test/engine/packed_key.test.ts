import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileCast } from "../../lib/engine/polars/cast.js";
import { type LazyFrame, textFrame } from "../../lib/engine/polars/native.js";
import { packedKey } from "../../lib/engine/polars/packed_key.js";
import * as p from "../../lib/engine/polars/polars_expr.js";
import { compileKeys, sortByRanges, sortFrame } from "../../lib/engine/polars/sort.js";
import { rangeOfValues } from "../../lib/engine/polars/source_range.js";
import { rangeOf, type ValueRange } from "../../lib/engine/polars/value_range.js";
import type { SortKey } from "../../lib/relation/expr.js";
import { type Relation, type Shape, scan } from "../../lib/relation/relation.js";
import { coalesce, lit } from "../../lib/relation/when.js";
import { lag, rowNumber } from "../../lib/relation/window.js";
import { type DataType, field } from "../../lib/types.js";
import { engine, values } from "./support.js";

const TYPES = { n: "long", i: "integer", d: "date", t: "timestamp_ntz", b: "boolean", s: "string" } as const;
type Name = keyof typeof TYPES;

const cell: Readonly<Record<Name, fc.Arbitrary<string>>> = {
  n: fc.oneof(fc.integer({ min: -5, max: 5 }).map(String), fc.constantFrom("9007199254740993", "-9007199254740993")),
  i: fc.constantFrom("-2147483648", "0", "7", "2147483647"),
  d: fc.constantFrom("1969-12-31", "2024-02-29", "9999-12-31"),
  t: fc.constantFrom("1969-12-31 23:59:59.999999", "2024-02-29 00:00:00.000001"),
  b: fc.constantFrom("true", "false"),
  s: fc.constantFrom("", "ção", "a", "z", "🦆", "\uFFFD", "não informada"),
};

const NAMES = Object.keys(TYPES) as readonly Name[];
const row = fc.record(
  Object.fromEntries(NAMES.map((name) => [name, fc.option(cell[name], { nil: null })])) as Record<
    Name,
    fc.Arbitrary<string | null>
  >,
);
const keys = fc.uniqueArray(fc.record({ name: fc.constantFrom(...NAMES), descending: fc.boolean() }), {
  minLength: 2,
  selector: ({ name }) => name,
});

function frameOf(rows: readonly Readonly<Record<Name, string | null>>[]): LazyFrame {
  const text = textFrame(NAMES.map((name) => ({ name, values: rows.map((one) => one[name]) }))).lazy();
  const typed = NAMES.map((name) => p.alias(compileCast(p.column(name), "string", TYPES[name], "Strict"), name));
  return text.select(typed).withRowIndex("row").collectSync().lazy();
}

async function rangesIn(frame: LazyFrame): Promise<ReadonlyMap<string, ValueRange>> {
  const ranges = new Map<string, ValueRange>();
  for (const name of NAMES) {
    const range = await rangeOfValues(frame, field(name, TYPES[name]));
    if (range) ranges.set(name, range);
  }
  return ranges;
}

describe("several keys in one number", () => {
  test("sort as the keys do: nulls, directions, bytes of texts", async () => {
    let packed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), keys, async (rows, by) => {
        const frame = frameOf(rows);
        const order = by.map(
          ({ name, descending }): SortKey => ({
            expr: { kind: "column", name, type: TYPES[name], nullable: true },
            descending,
          }),
        );
        const ranges = await rangesIn(frame);
        if (packedKey(order, ranges) !== undefined) packed++;
        const sorted = async (result: LazyFrame): Promise<unknown> => {
          const texts = by.map(({ name }) => p.alias(p.cast(p.column(name), "string"), name));
          const found = await result.select(texts).collect();
          return by.map(({ name }) => found.column(name).toArray());
        };
        expect(await sorted(sortByRanges(frame, order, ranges))).toEqual(
          await sorted(sortFrame(frame, compileKeys(order))),
        );
      }),
    );
    expect(packed).toBeGreaterThan(10);
  });

  test("are not packed when one number cannot hold them, or a range is unknown", () => {
    const key = (name: string, type: DataType): SortKey => ({
      expr: { kind: "column", name, type, nullable: false },
      descending: false,
    });
    const wide: ValueRange = { kind: "integers", low: -(1n << 62n), high: 1n << 40n };
    const narrow: ValueRange = { kind: "integers", low: 0n, high: 9n };
    const by = [key("a", "long"), key("b", "long")];
    expect(
      packedKey(
        by,
        new Map([
          ["a", narrow],
          ["b", narrow],
        ]),
      ),
    ).toBeDefined();
    expect(
      packedKey(
        by,
        new Map([
          ["a", wide],
          ["b", narrow],
        ]),
      ),
    ).toBeUndefined();
    expect(packedKey(by, new Map([["a", narrow]]))).toBeUndefined();
    expect(packedKey(by.slice(0, 1), new Map([["a", narrow]]))).toBeUndefined();
  });

  test("many different texts have no range", async () => {
    const frame = textFrame([{ name: "s", values: Array.from({ length: 100 }, (_, i) => `${i}`) }]).lazy();
    expect(await rangeOfValues(frame, field("s", "string"))).toBeUndefined();
  });
});

describe("the range of a column", () => {
  const ofSource = async (_: unknown, { name }: { readonly name: string }): Promise<ValueRange | undefined> =>
    ({
      k: { kind: "integers", low: 1n, high: 5n } as const,
      s: { kind: "texts", values: ["a", "b"] } as const,
    })[name];
  const rows = values({ k: "long", s: "string" }, []);
  const range = (relation: unknown, name: string) => rangeOf((relation as Relation).node, name, ofSource);

  test("passes through what keeps its values", async () => {
    const kept = rows
      .filter((t) => t.k.gt(1n))
      .distinct()
      .orderBy((t) => [t.k])
      .select((t) => ({ other: t.k, s: coalesce(t.s, lit("c")) }))
      .extend((t) => ({ before: lag(t.other, { partitionBy: [t.s], orderBy: [t.other] }) }));
    expect(await range(kept, "other")).toEqual({ kind: "integers", low: 1n, high: 5n });
    expect(await range(kept, "before")).toEqual({ kind: "integers", low: 1n, high: 5n });
    expect(await range(kept, "s")).toEqual({ kind: "texts", values: ["a", "b", "c"] });
    expect(await range(kept.leftJoin(rows.select(["k"]), { other: "k" }), "s")).toBeDefined();
  });

  test("of a union holds those of all its inputs, by place", async () => {
    const both = rows.union(
      rows.select(() => ({ k: lit(9n), s: lit(null, "string") })),
      rows.select(() => ({ k: lit(-1n), s: lit("x") })),
    );
    expect(await range(both, "k")).toEqual({ kind: "integers", low: -1n, high: 9n });
    expect(await range(both, "s")).toEqual({ kind: "texts", values: ["a", "b", "x"] });
  });

  test("is unknown for what is computed", async () => {
    expect(
      await range(
        rows.select((t) => ({ k: t.k.plus(1n) })),
        "k",
      ),
    ).toBeUndefined();
    expect(
      await range(
        rows.groupBy("s").aggregate((t) => ({ k: t.k.sum() })),
        "k",
      ),
    ).toBeUndefined();
  });
});

test("so many rows that ranges are looked at are sorted, cut and numbered as few are", async () => {
  const count = 600_000;
  const at = (i: number, step: number, below: number): number => (i * step) % below;
  const textAt = (i: number): string | null => (i % 3 === 0 ? null : i % 3 === 1 ? "ção" : "b");
  const numbers = Array.from({ length: count }, (_, i) => i);
  const frame = textFrame([
    { name: "k", values: numbers.map((i) => String(at(i, 7919, 5003))) },
    { name: "d", values: numbers.map((i) => String(at(i, 31, 97))) },
    { name: "s", values: numbers.map(textAt) },
  ])
    .lazy()
    .withColumns([p.alias(p.cast(p.column("k"), "long"), "k"), p.alias(p.cast(p.column("d"), "integer"), "d")])
    .collectSync();
  const id = engine.registerFrame(frame.toPublic());
  const node = { kind: "frame", id } as const;
  const rows = scan<{ k: "long"; d: "integer"; s: "string" }>(
    node,
    [field("k", "long", false), field("d", "integer", false), field("s", "string")],
    values({}, []).runner,
  );
  const first = rows
    .extend((t) => ({ n: rowNumber({ partitionBy: [t.k, t.s], orderBy: [t.d.desc()] }) }))
    .filter((t) => t.n.eq(1n))
    .orderBy((t) => [t.k.desc(), t.s, t.d])
    .limit(4);
  const expected = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    const key = JSON.stringify([at(i, 7919, 5003), textAt(i)]);
    expected.set(key, Math.max(expected.get(key) ?? -1, at(i, 31, 97)));
  }
  const best = (k: number, s: string | null) => ({ k: BigInt(k), d: expected.get(JSON.stringify([k, s])), s, n: 1n });
  expect(await engine.collect(first.node)).toEqual([
    best(5002, null),
    best(5002, "b"),
    best(5002, "ção"),
    best(5001, null),
  ]);
  expect(await engine.explain((first as unknown as Relation<Shape>).node)).toMatch(/SORT BY \[\[\(/);
  engine.release(rows.node);
});
