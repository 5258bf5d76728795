import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AddFile } from "../../lib/delta/actions/action.js";
import { fileFilter } from "../../lib/delta/data_skipping.js";
import { type ComparisonOperator, type Predicate, predicate } from "../../lib/delta/predicate.js";
import type { Scalar } from "../../lib/delta/scalar.js";
import { serializeStats } from "../../lib/delta/stats.js";
import { compareUtf8 } from "../../lib/storage/path.js";
import { type DataType, field, type StructType } from "../../lib/types.js";

const schema: StructType = {
  type: "struct",
  fields: [
    field("n", "long"),
    field("x", "double"),
    field("t", "string"),
    field("d", "date"),
    field("at", "timestamp"),
    field("v", "decimal(10,2)"),
    field("p", "integer"),
  ],
};

const addFile = (stats: string | undefined, p: string | null = "2014"): AddFile => ({
  path: "f",
  partitionValues: { p },
  size: 1,
  modificationTime: 0,
  dataChange: true,
  stats,
});

const keeps = (condition: Predicate, stats: string | undefined, p?: string | null): boolean =>
  fileFilter(condition, schema, ["p"])(addFile(stats, p));

const range = (column: string, type: DataType, min: Scalar, max: Scalar, nullCount = 0): string =>
  serializeStats(10, [{ path: [column], type, min, max, nullCount }]);

describe("file skipping by statistics", () => {
  const n = (operator: ComparisonOperator, value: number | bigint): Predicate =>
    predicate.compare("n", operator, { type: "long", value });

  test("keeps only files whose range can match", () => {
    const stats = range("n", "long", 10, 20);
    const kept = (["=", "<>", "<", "<=", ">", ">="] as const).map((operator) =>
      [9, 10, 15, 20, 21].filter((value) => keeps(n(operator, value), stats)),
    );
    expect(kept).toEqual([
      [10, 15, 20],
      [9, 10, 15, 20, 21],
      [15, 20, 21],
      [10, 15, 20, 21],
      [9, 10, 15],
      [9, 10, 15, 20],
    ]);
    expect(keeps(n("<>", 10), range("n", "long", 10, 10))).toBe(false);
    expect(
      keeps(
        predicate.in("n", [
          { type: "long", value: 1 },
          { type: "long", value: 12n },
        ]),
        stats,
      ),
    ).toBe(true);
    expect(
      keeps(
        predicate.in("n", [
          { type: "long", value: 1 },
          { type: "long", value: 30n },
        ]),
        stats,
      ),
    ).toBe(false);
    expect(keeps(predicate.not(n("<", 21)), stats)).toBe(false);
    expect(keeps(predicate.not(predicate.or(n("<", 10), n(">", 20))), stats)).toBe(true);
  });

  test("64-bit integers are compared with every digit", () => {
    const stats = range("n", "long", 9007199254740993n, 9007199254740993n);
    expect(keeps(n("=", 9007199254740992n), stats)).toBe(false);
    expect(keeps(n("=", 9007199254740993n), stats)).toBe(true);
  });

  test("decimals compare with integers and other scales", () => {
    const stats = range("v", "decimal(10,2)", "9.99", "10.00");
    expect(keeps(predicate.compare("v", "=", { type: "integer", value: 10 }), stats)).toBe(true);
    expect(keeps(predicate.compare("v", ">", { type: "decimal(5,1)", value: "10.0" }), stats)).toBe(false);
    expect(keeps(predicate.compare("v", "<", { type: "decimal(5,3)", value: "9.990" }), stats)).toBe(false);
  });

  test("nulls: known counts decide, unknown ones keep", () => {
    const none = range("n", "long", 1, 2);
    const all = serializeStats(10, [{ path: ["n"], type: "long", nullCount: 10 }]);
    expect(keeps(predicate.isNull("n"), none)).toBe(false);
    expect(keeps(predicate.isNotNull("n"), all)).toBe(false);
    expect(keeps(n("=", 1), all)).toBe(false);
    expect(keeps(predicate.isNull("n"), '{"numRecords":10}')).toBe(true);
    expect(keeps(n("=", 1), '{"numRecords":10}')).toBe(true);
    expect(keeps(n("=", 1), undefined)).toBe(true);
  });

  test("when in doubt the file stays: unknown column, other type, NaN, absent bound", () => {
    const stats = range("n", "long", 1, 2);
    expect(keeps(predicate.compare("unknown", "=", { type: "long", value: 9 }), stats)).toBe(true);
    expect(keeps(predicate.compare("n", "=", { type: "string", value: "9" }), stats)).toBe(true);
    expect(keeps(predicate.compare("x", ">", { type: "double", value: 5 }), range("x", "double", 1, 2))).toBe(true);
    expect(keeps(predicate.compare("x", "=", { type: "double", value: Number.NaN }), range("x", "double", 1, 2))).toBe(
      true,
    );
    expect(keeps(predicate.compare("x", "<", { type: "double", value: 0 }), range("x", "double", 1, 2))).toBe(false);
  });

  test("partition values decide exactly; the empty text is null", () => {
    const p = (operator: ComparisonOperator, value: number): Predicate =>
      predicate.compare("p", operator, { type: "integer", value });
    expect(keeps(p("=", 2014), undefined)).toBe(true);
    expect(keeps(p("<>", 2014), undefined)).toBe(false);
    expect(keeps(p("=", 2014), undefined, null)).toBe(false);
    expect(keeps(predicate.isNull("p"), undefined, "")).toBe(true);
    expect(keeps(predicate.isNull("p"), undefined)).toBe(false);
  });

  test("never skips a file that holds a matching row", () => {
    const rows = fc.array(rowArbitrary, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(rows, predicateArbitrary, (values, condition) => {
        const matching = values.some((row) => matches(condition, row) === true);
        if (matching) expect(keeps(condition, statsOf(values))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});

type Row = Readonly<Record<string, Scalar | null>>;

const scalars: Readonly<Record<string, fc.Arbitrary<Scalar>>> = {
  n: fc.bigInt({ min: -3n, max: 3n }),
  x: fc.constantFrom(-1, -0, 0, 0.5, 1, Number.NaN, Infinity, -Infinity),
  t: fc.oneof(
    fc.constantFrom("a", "ab", "b", "é", "\uffff", "\u{10000}"),
    fc.constantFrom("a", "z").map((c) => c.repeat(40)),
  ),
  d: fc.constantFrom("2014-01-01", "2014-01-02", "2015-01-01"),
  at: fc.bigInt({ min: -2000n, max: 2000n }),
  v: fc.constantFrom("-1.00", "0.00", "0.10", "2.00"),
};
const types: Readonly<Record<string, DataType>> = {
  n: "long",
  x: "double",
  t: "string",
  d: "date",
  at: "timestamp",
  v: "decimal(10,2)",
};
const columns = Object.keys(scalars);
const rowArbitrary: fc.Arbitrary<Row> = fc.record(
  Object.fromEntries(columns.map((name) => [name, fc.option(scalars[name] ?? fc.constant(0), { freq: 4 })])),
);
const comparison = fc
  .constantFrom(...columns)
  .chain((column) =>
    fc
      .tuple(fc.constantFrom("=", "<>", "<", "<=", ">", ">=" as const), scalars[column] ?? fc.constant(0))
      .map(([operator, value]) =>
        predicate.compare(column, operator as ComparisonOperator, { type: types[column] ?? "long", value }),
      ),
  );
const { condition: predicateArbitrary } = fc.letrec<{ condition: Predicate }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 3 },
    comparison,
    fc.constantFrom(...columns).map(predicate.isNull),
    fc.constantFrom(...columns).map(predicate.isNotNull),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((operands) => predicate.and(...operands)),
    fc.array(tie("condition"), { minLength: 1, maxLength: 3 }).map((operands) => predicate.or(...operands)),
    tie("condition").map(predicate.not),
  ),
}));

function order(column: string, a: Scalar, b: Scalar): number {
  if (column === "t") return compareUtf8(String(a), String(b));
  if (column === "v") return Number(a) - Number(b);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}

/** SQL's three-valued logic: undefined is unknown. */
function matches(condition: Predicate, row: Row): boolean | undefined {
  switch (condition.kind) {
    case "and": {
      const results = condition.operands.map((operand) => matches(operand, row));
      return results.includes(false) ? false : results.includes(undefined) ? undefined : true;
    }
    case "or": {
      const results = condition.operands.map((operand) => matches(operand, row));
      return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
    }
    case "not": {
      const result = matches(condition.operand, row);
      return result === undefined ? undefined : !result;
    }
    case "comparison": {
      const value = row[condition.column] ?? null;
      if (value === null) return undefined;
      const sign = order(condition.column, value, condition.literal.value);
      return { "=": sign === 0, "<>": sign !== 0, "<": sign < 0, "<=": sign <= 0, ">": sign > 0, ">=": sign >= 0 }[
        condition.operator
      ];
    }
    case "in":
      return undefined;
    case "isNull":
      return row[condition.column] === null;
    case "isNotNull":
      return row[condition.column] !== null;
  }
}

/** As an engine makes them: NaN ignored by minimum and maximum, and reported. */
function statsOf(rows: readonly Row[]): string {
  return serializeStats(
    rows.length,
    columns.map((name) => {
      const all = rows.map((row) => row[name] ?? null).filter((value): value is Scalar => value !== null);
      const values = all.filter((value) => !Number.isNaN(value)).sort((a, b) => order(name, a, b));
      return {
        path: [name],
        type: types[name] ?? "long",
        min: values[0] ?? null,
        max: values.at(-1) ?? null,
        nullCount: rows.length - all.length,
        hasNaN: all.length > values.length,
      };
    }),
  );
}

describe("bounds of floats", () => {
  // As Spark writes the least of a column: the shortest text that names the float among floats.
  const stats =
    '{"numRecords":1,"minValues":{"f":0.7,"x":0.7},"maxValues":{"f":0.7,"x":0.7},"nullCount":{"f":0,"x":0}}';
  const below = { type: "double" as const, value: 0.69999999 };
  const floats: StructType = { type: "struct", fields: [field("f", "float"), field("x", "double")] };

  test.each(["f", "x"])(
    "hold the float that a text stands for, also where the column is now one of doubles: %s",
    (column) => {
      expect(Math.fround(0.7)).toBeLessThan(below.value);
      expect(fileFilter(predicate.compare(column, "<=", below), floats, [])(addFile(stats))).toBe(true);
      expect(fileFilter(predicate.compare(column, "<", { ...below, value: 0.6 }), floats, [])(addFile(stats))).toBe(
        false,
      );
    },
  );
});
