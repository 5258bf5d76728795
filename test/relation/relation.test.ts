import { describe, expect, test } from "vitest";
import { count, countRows, max } from "../../lib/relation/aggregate.js";
import { scan } from "../../lib/relation/relation.js";
import { lit, when } from "../../lib/relation/when.js";
import { lag, rowNumber, runningMax } from "../../lib/relation/window.js";
import { field, formatType } from "../../lib/types.js";

const sales = scan<{
  id: "long";
  email: "string";
  price: "decimal";
  day: "date";
  at: "timestamp_ntz";
  paid: "boolean";
  weight: "double";
}>({ kind: "table", table: "silver.sales", version: 3 }, [
  field("id", "long", false, { comment: "the sale" }),
  field("email", "string"),
  field("price", "decimal(18,2)"),
  field("day", "date"),
  field("at", "timestamp_ntz"),
  field("paid", "boolean"),
  field("weight", "double"),
]);
const people = scan<{ id: "long"; name: "string" }>({ kind: "table", table: "silver.people" }, [
  field("id", "long"),
  field("name", "string", false),
]);

function typesOf(relation: { readonly fields: typeof sales.fields }): Record<string, string> {
  return Object.fromEntries(relation.fields.map((f) => [f.name, formatType(f.type) + (f.nullable ? "?" : "")]));
}

describe("a relation is a value", () => {
  test("every method gives a new one", () => {
    const before = sales.toString();
    sales.filter((t) => t.paid).limit(1);
    expect(sales.toString()).toBe(before);
  });
  test("columns come in the order asked for, metadata stays with what is passed on", () => {
    expect(sales.select(["email", "id"]).columnNames).toEqual(["email", "id"]);
    expect(sales.select(["id"]).fields).toEqual([field("id", "long", false, { comment: "the sale" })]);
    expect(sales.rename({ id: "sale" }).fields[0]).toEqual(field("sale", "long", false, { comment: "the sale" }));
    expect(sales.extend((t) => ({ id: t.id.plus(1n) })).fields[0]).toEqual(field("id", "long", false));
  });
  test("extend replaces in place and adds at the end", () => {
    const extended = sales.select(["id", "email"]).extend((t) => ({ extra: 1, id: t.email }));
    expect(typesOf(extended)).toEqual({ id: "string?", email: "string?", extra: "integer" });
    expect(extended.columnNames).toEqual(["id", "email", "extra"]);
  });
  test("drop and pipe", () => {
    expect(sales.drop("weight", "paid").columnNames).toEqual(["id", "email", "price", "day", "at"]);
    expect(sales.pipe((r) => r.columnNames.length)).toBe(7);
  });
});

describe("types and nullability", () => {
  test("arithmetic", () => {
    const t = sales.columns;
    expect(formatType(t.price.plus(t.price).expr.type)).toBe("decimal(19,2)");
    expect(formatType(t.price.times(t.price).expr.type)).toBe("decimal(37,4)");
    expect(formatType(t.price.times(t.id).expr.type)).toBe("decimal(38,2)");
    expect(formatType(t.price.dividedBy(t.price).expr.type)).toBe("decimal(38,20)");
    expect(formatType(t.price.times(lit(1).minus(lit("0.11", "decimal(9,6)"))).round(2).expr.type)).toBe(
      "decimal(24,2)",
    );
    expect(formatType(t.id.plus(t.day.year()).expr.type)).toBe("long");
    expect(formatType(t.weight.plus(t.id).expr.type)).toBe("double");
    expect(t.id.plus(1n).expr.nullable).toBe(false);
    expect(t.id.dividedBy(2n).expr.nullable).toBe(true);
  });
  test("aggregates", () => {
    const totals = sales.groupBy("id").aggregate((t) => ({
      n: countRows(),
      c: count(t.price),
      s: t.price.sum(),
      m: t.price.avg(),
      x: max(t.id),
      d: t.day.year().sum(),
    }));
    expect(typesOf(totals)).toEqual({
      id: "long",
      n: "long",
      c: "long",
      s: "decimal(28,2)?",
      m: "decimal(22,6)?",
      x: "long?",
      d: "long?",
    });
  });
  test("joins", () => {
    expect(typesOf(sales.select(["id", "email"]).join(people, ["id"]))).toEqual({
      id: "long",
      email: "string?",
      name: "string",
    });
    expect(typesOf(sales.select(["id"]).leftJoin(people, ["id"]))).toEqual({ id: "long", name: "string?" });
    expect(typesOf(sales.select(["id"]).fullJoin(people, ["id"]))).toEqual({ id: "long?", name: "string?" });
    expect(typesOf(sales.select(["id"]).semiJoin(people, ["id"]))).toEqual({ id: "long" });
  });
  test("windows", () => {
    const over = { partitionBy: [sales.columns.id], orderBy: [sales.columns.at] };
    expect(
      typesOf(
        sales.select((t) => ({
          n: rowNumber(over),
          p: lag(t.id, over),
          x: runningMax(t.price, over),
          s: t.price.runningSum(over),
        })),
      ),
    ).toEqual({
      n: "long",
      p: "long?",
      x: "decimal(18,2)?",
      s: "decimal(28,2)?",
    });
  });
  test("a choice takes the common type; without otherwise-value it may be null", () => {
    const t = sales.columns;
    expect(formatType(when(t.paid, t.price).otherwise(0).expr.type)).toBe("decimal(18,2)");
    expect(when(t.paid, 1).otherwise(null).expr.nullable).toBe(true);
    expect(when(t.paid, 1).otherwise(2).expr.nullable).toBe(false);
    expect(t.email.orElse("").expr.nullable).toBe(false);
  });
  test("unions take the common type of all sides, by name", () => {
    const a = sales.select(["id", "price"]);
    const b = sales.select((t) => ({ price: lit("1.125", "decimal(5,3)"), id: t.id }));
    expect(typesOf(a.union(b))).toEqual({ id: "long", price: "decimal(19,3)?" });
  });
  test("constants are of exactly the type asked for", () => {
    expect(formatType(lit("0.5", "decimal(9,6)").expr.type)).toBe("decimal(9,6)");
    expect(formatType(sales.columns.price.plus("0.125").expr.type)).toBe("decimal(20,3)");
    expect(lit("2024-02-29", "date").expr).toMatchObject({ value: "2024-02-29", type: "date" });
    expect(lit(null, "long").expr).toMatchObject({ value: null, type: "long", nullable: true });
  });
});

describe("what has no meaning is refused when it is built", () => {
  const t = sales.columns;
  const refused: readonly (readonly [string, () => unknown, string])[] = [
    ["an unknown column", () => sales.select(["emial" as "email"]), "no column emial"],
    ["two columns of one name", () => sales.rename({ email: "id" as never }), "two columns are called id"],
    [
      "a key repeated as an aggregate",
      () => sales.groupBy("id").aggregate((c) => ({ id: max(c.id) })),
      "two columns are called id",
    ],
    ["numbers and texts compared", () => t.id.eq(t.email as never), "eq does not take long and string"],
    [
      "keys of different types",
      () =>
        sales.join(
          people.select((p) => ({ email: p.id })),
          ["email"],
        ),
      "join keys of different types: email and email",
    ],
    [
      "a name on both sides of a join",
      () =>
        sales.join(
          people.extend((p) => ({ email: p.name })),
          ["id"],
        ),
      "both sides of the join have a column email",
    ],
    [
      "an aggregate in a projection",
      () => sales.select((c) => ({ x: max(c.id) })),
      "a projection takes no aggregate function",
    ],
    [
      "a window in a filter",
      () => sales.filter((c) => rowNumber({ partitionBy: [c.id], orderBy: [] }).eq(1n)),
      "filter takes no window function",
    ],
    [
      "a window in an aggregate",
      () => sales.groupBy().aggregate((c) => ({ x: max(lag(c.id, { partitionBy: [], orderBy: [c.id] })) })),
      "aggregate takes no window function",
    ],
    [
      "a column of no certain row",
      () => sales.groupBy("id").aggregate((c) => ({ x: c.email })),
      "x takes email of no certain row of its group",
    ],
    [
      "an aggregate of an aggregate",
      () => sales.groupBy("id").aggregate((c) => ({ x: max(c.price.sum()) })),
      "x aggregates an aggregate",
    ],
    [
      "a union of other columns",
      () => sales.union(sales.drop("email") as never),
      "a union needs the same columns on all sides",
    ],
    ["a constant of another type", () => t.price.plus("1,5"), "not a constant of type decimal(18,2)"],
    ["a constant beyond its type", () => t.day.year().plus(2 ** 31), "not a constant of type integer"],
    ["a constant beyond its decimals", () => lit("0.125", "decimal(5,2)"), "not a constant of type decimal(5,2)"],
    ["a day that is none", () => t.day.eq("2023-02-29"), "not a constant of type date"],
    ["a cast that engines disagree about", () => t.weight.cast("string"), "no cast from double to string"],
    ["a cast between days and numbers", () => t.day.cast("long"), "no cast from date to long"],
    ["part 0", () => t.email.splitPart("@", 0), "the number of a part is out of bounds"],
    ["an empty separator", () => t.email.splitPart("", 1), "the separator is empty"],
    ["an empty text to replace", () => t.email.replace("", "x"), "the text to replace is empty"],
    ["a substring from 0", () => t.email.substring(0, 1), "the start of a substring is out of bounds"],
    ["padding with two characters", () => t.email.padStart(3, "ab"), "the padding is no single character"],
    [
      "an unknown field of a format",
      () => t.email.parseDate("%d %b %Y"),
      "no such field in a format of dates and times",
    ],
    ["hours in a format of days", () => t.day.format("%H"), "no such field in a format of dates and times"],
    ["a fraction without its point", () => t.email.parseTimestamp("%S%f"), "%f stands after a point"],
    ["half a row back", () => lag(t.id, { partitionBy: [], orderBy: [t.id] }, 0.5), "the rows back is out of bounds"],
    ["a negative limit", () => sales.limit(-1), "a limit is a number of rows"],
    ["negative decimals", () => t.price.round(-1), "the number of decimals is out of bounds"],
  ];
  for (const [name, build, message] of refused) {
    test(name, () => expect(build).toThrow(message));
  }
  test("the error lists what there is", () => {
    expect(() => sales.columns["emial" as "email"]).toThrow(
      expect.objectContaining({ expected: "one of id, email, price, day, at, paid, weight", actual: "emial" }),
    );
  });
  test("a relation that is bound to no lake has no results", async () => {
    expect(() => sales.collect()).toThrow("this relation is bound to no lake");
  });
});
