import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DataError } from "../../lib/errors.js";
import type { Column } from "../../lib/relation/column.js";
import type { DecimalColumn } from "../../lib/relation/number_column.js";
import type { Value } from "../../lib/relation/runner.js";
import { lit } from "../../lib/relation/when.js";
import { decimalOf } from "../../lib/types.js";
import { divideHalfUp, formatDecimal } from "../oracle/decimal.js";
import { engine, evaluate, evaluatePairs, values } from "./support.js";

interface Digits {
  readonly precision: number;
  readonly scale: number;
}

/** Two types and pairs of unscaled values of them. */
interface Sample {
  readonly left: Digits;
  readonly right: Digits;
  readonly pairs: readonly (readonly [bigint, bigint])[];
}

type Operation = (a: DecimalColumn, b: DecimalColumn) => Column;

/** A fraction `dividend / divisor`; undefined where the result is null. */
type Exact = readonly [dividend: bigint, divisor: bigint] | undefined;

const TOO_LONG = "too long";

const arithmetic = {
  plus: (a: bigint, b: bigint, s: number): Exact => [a + b, ten(s)],
  minus: (a: bigint, b: bigint, s: number): Exact => [a - b, ten(s)],
  times: (a: bigint, b: bigint, s: number): Exact => [a * b, ten(2 * s)],
  dividedBy: (a: bigint, b: bigint): Exact => (b === 0n ? undefined : b < 0n ? [-a, -b] : [a, b]),
  modulo: (a: bigint, b: bigint, s: number): Exact => (b === 0n ? undefined : [a % b, ten(s)]),
} as const;
const comparisons = {
  eq: (a: bigint, b: bigint) => a === b,
  ne: (a: bigint, b: bigint) => a !== b,
  lt: (a: bigint, b: bigint) => a < b,
  le: (a: bigint, b: bigint) => a <= b,
  gt: (a: bigint, b: bigint) => a > b,
  ge: (a: bigint, b: bigint) => a >= b,
  eqNullSafe: (a: bigint, b: bigint) => a === b,
} as const;

const digitsArbitrary = fc
  .tuple(fc.constantFrom(1, 9, 18, 19, 28, 37, 38), fc.nat(38))
  .map(([precision, scale]): Digits => ({ precision, scale: Math.min(precision, scale) }));

/** Of any length, often at the edge of it or of a rounding. */
function unscaled({ precision }: Digits): fc.Arbitrary<bigint> {
  const most = ten(precision) - 1n;
  return fc
    .tuple(
      fc.nat(precision),
      fc.oneof(fc.constantFrom(-1n, 0n, 1n), fc.bigInt(-most, most)),
      fc.constantFrom(1n, 5n, -5n, 25n),
    )
    .map(([length, near, factor]) => clamp(factor * ten(length) + near, most));
}

const sampleArbitrary: fc.Arbitrary<Sample> = fc
  .tuple(digitsArbitrary, digitsArbitrary)
  .chain(([left, right]) =>
    fc
      .array(fc.tuple(unscaled(left), unscaled(right)), { minLength: 1, maxLength: 8 })
      .map((pairs) => ({ left, right, pairs })),
  );

describe("decimals of any digits, as exact fractions", () => {
  test.each(Object.keys(arithmetic) as (keyof typeof arithmetic)[])("%s", async (name) => {
    const of = (a: DecimalColumn, b: DecimalColumn) => a[name](b as never);
    await fc.assert(
      fc.asyncProperty(sampleArbitrary, async (sample) => {
        const type = resultType(sample, of);
        const rows = sample.pairs.map((pair) => ({ pair, result: expected(name, pair, sample, type) }));
        const fitting = rows.filter(({ result }) => result !== TOO_LONG);
        expect(await results(sample, fitting, of)).toEqual(fitting.map(({ result }) => result));
        const tooLong = rows.find(({ result }) => result === TOO_LONG);
        if (tooLong) await expect(results(sample, [tooLong], of)).rejects.toThrow(DataError);
        const [first] = fitting;
        if (first) expect(await ofConstants(sample, first.pair, of)).toEqual([first.result]);
      }),
      { numRuns: 150 },
    );
  });

  test("comparisons, also of lists", async () => {
    await fc.assert(
      fc.asyncProperty(sampleArbitrary, async (sample) => {
        const scaled = sample.pairs.map((pair) => atOneScale(pair, sample));
        const rows = sample.pairs.map((pair) => ({ pair }));
        for (const [name, compare] of Object.entries(comparisons)) {
          const of = (a: DecimalColumn, b: DecimalColumn) => a[name as keyof typeof comparisons](b);
          expect(await results(sample, rows, of)).toEqual(scaled.map(([a, b]) => compare(a, b)));
        }
        const list = sample.pairs.slice(0, 2).map(([, b]) => textOf(b, sample.right.scale));
        expect(await results(sample, rows, (a) => a.isIn(...list))).toEqual(
          scaled.map(([a]) => scaled.slice(0, 2).some(([, b]) => a === b)),
        );
      }),
      { numRuns: 60 },
    );
  });
});

describe("decimals of more digits than fit at one scale", () => {
  const wide = ["decimal(38,2)", "decimal(38,9)"] as const;
  const pairs = [
    ["123456789012345678901234567890.12", "0.123456789"],
    ["-123456789012345678901234567890.12", "0.123456789"],
    [null, "0.123456789"],
    ["1.00", null],
  ] as const;
  test("sums", async () => {
    expect(await evaluatePairs(wide, pairs, (a, b) => a.plus(b))).toEqual([
      "123456789012345678901234567890.243457",
      "-123456789012345678901234567889.996543",
      null,
      null,
    ]);
    await expect(
      evaluatePairs(wide, [["123456789012345678901234567890123456.00", "1"]], (a, b) => a.plus(b)),
    ).rejects.toThrow("123456789012345678901234567890123456.00 + 1.000000000 does not fit the type decimal(38,6)");
  });
  test("products", async () => {
    const type = "decimal(38,18)";
    expect(await evaluatePairs([type, type], [["100.5", "0.5"]], (a, b) => a.times(b))).toEqual(["50.250000"]);
    await expect(
      evaluatePairs([type, type], [["12345678901234567890", "-12345678901234567890"]], (a, b) => a.times(b)),
    ).rejects.toThrow("does not fit the type decimal(38,6)");
    await expect(
      evaluate("string", ["x"], () => lit("99999999999999999999", type).times(lit("99999999999999999999", type))),
    ).rejects.toThrow("does not fit the type decimal(38,6)");
  });
  test("comparisons, also with null", async () => {
    expect(await evaluatePairs(wide, pairs, (a, b) => a.gt(b))).toEqual([true, false, null, null]);
    expect(await evaluatePairs(wide, pairs, (a, b) => a.eqNullSafe(b))).toEqual([false, false, false, false]);
    expect(await evaluate("decimal(38,2)", ["1.00", null], (x) => x.isIn("1", "0.123456789"))).toEqual([true, null]);
  });
  test("sums over rows", async () => {
    const nine = "99999999999999999999999999999999999999";
    const rows = values({ x: "decimal(38,0)" }, [[nine], [nine], [nine], [nine], ["-1"]]);
    for (const total of [
      rows.groupBy().aggregate((t) => ({ y: t.x.sum() })),
      rows.groupBy().aggregate((t) => ({ y: t.x.avg() })),
    ])
      await expect(engine.collect(total.node)).rejects.toThrow("does not fit the type decimal(38,0)");
    const both = values({ x: "decimal(38,0)" }, [[nine], [`-${nine}`], ["7"]]);
    const sum = both.groupBy().aggregate((t) => ({ y: t.x.sum() }));
    expect(await engine.collect(sum.node)).toEqual([{ y: "7" }]);
  });
  test("a mean of many digits", async () => {
    const rows = [["99999999999999999999.123456789012345678"], ["-0.123456789012345677"], [null]];
    const mean = values({ x: "decimal(38,18)" }, rows)
      .groupBy()
      .aggregate((t) => ({ y: t.x.avg() }));
    expect(await engine.collect(mean.node)).toEqual([{ y: "49999999999999999999.500000000000000001" }]);
  });
});

function resultType({ left, right }: Sample, of: Operation): Digits {
  const types = { a: typeOf(left), b: typeOf(right) } as const;
  const { node } = values(types, []).select((t) => ({ y: of(t.a, t.b) }));
  return decimalOf(node.fields[0]?.type ?? "string") ?? { precision: 0, scale: 0 };
}

function expected(
  name: keyof typeof arithmetic,
  pair: readonly [bigint, bigint],
  sample: Sample,
  { precision, scale }: Digits,
): string | null {
  const exact = arithmetic[name](...atOneScale(pair, sample), Math.max(sample.left.scale, sample.right.scale));
  if (exact === undefined) return null;
  const rounded = divideHalfUp(exact[0] * ten(scale), exact[1]);
  return rounded >= ten(precision) || rounded <= -ten(precision) ? TOO_LONG : textOf(rounded, scale);
}

function results(
  { left, right }: Sample,
  rows: readonly { readonly pair: readonly [bigint, bigint] }[],
  of: Operation,
): Promise<readonly Value[]> {
  const cells = rows.map(({ pair: [a, b] }) => [textOf(a, left.scale), textOf(b, right.scale)] as const);
  return evaluatePairs([typeOf(left), typeOf(right)], cells, of);
}

function ofConstants({ left, right }: Sample, [a, b]: readonly [bigint, bigint], of: Operation) {
  const [x, y] = [lit(textOf(a, left.scale), typeOf(left)), lit(textOf(b, right.scale), typeOf(right))];
  return evaluate("integer", ["1"], () => of(x, y));
}

function typeOf({ precision, scale }: Digits): `decimal(${number},${number})` {
  return `decimal(${precision},${scale})`;
}

function atOneScale([a, b]: readonly [bigint, bigint], { left, right }: Sample): [bigint, bigint] {
  const scale = Math.max(left.scale, right.scale);
  return [a * ten(scale - left.scale), b * ten(scale - right.scale)];
}

function textOf(value: bigint, scale: number): string {
  return scale === 0 ? String(value) : formatDecimal(value, scale);
}

function clamp(value: bigint, most: bigint): bigint {
  if (value > most) return most;
  return value < -most ? -most : value;
}

function ten(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}
