import { expect, test } from "vitest";
import { max, min } from "../../lib/relation/aggregate.js";
import type { DecimalColumn, LongColumn } from "../../lib/relation/number_column.js";
import { type Relation, type Row, scan } from "../../lib/relation/relation.js";
import type { TextColumn } from "../../lib/relation/text_column.js";
import { lit, when } from "../../lib/relation/when.js";
import { rowNumber, runningMax } from "../../lib/relation/window.js";
import { field } from "../../lib/types.js";

/** These tests are for the type checker: a line marked as an error that compiles is itself one. */

interface Sale {
  readonly id: "long";
  readonly email: "string";
  readonly price: "decimal";
  readonly day: "date";
  readonly paid: "boolean";
  readonly tags: "list";
}
type Sales = { readonly [N in keyof Sale]: Sale[N] };

const sales = scan<Sales>({ kind: "values", rows: [] }, [
  field("id", "long"),
  field("email", "string"),
  field("price", "decimal(18,2)"),
  field("day", "date"),
  field("paid", "boolean"),
  field("tags", { type: "array", elementType: "string", containsNull: false }),
]);
const people = scan<{ id: "long"; name: "string" }>({ kind: "values", rows: [] }, [
  field("id", "long"),
  field("name", "string"),
]);

/** Holds when both types are the same. */
function same<A, B>(_: [A] extends [B] ? ([B] extends [A] ? true : never) : never): void {}

test("shapes follow the operators", () => {
  const extended = sales.extend((t) => ({
    email: t.id,
    domain: t.email.splitPart("@", 2),
    one: 1,
    many: 1n,
    flag: true,
  }));
  same<typeof extended.columns.email, LongColumn>(true);
  same<typeof extended.columns.domain, TextColumn>(true);
  same<(typeof extended.shape)["one"], "integer">(true);
  same<(typeof extended.shape)["many"], "long">(true);
  same<(typeof extended.shape)["flag"], "boolean">(true);
  const grouped = sales
    .groupBy("day")
    .aggregate((t) => ({ total: t.price.sum(), first: min(t.email), last: max(t.day) }));
  same<typeof grouped.columns.total, DecimalColumn>(true);
  same<(typeof grouped.shape)["first"], "string">(true);
  same<keyof typeof grouped.shape, "day" | "total" | "first" | "last">(true);
  const joined = sales.select(["id", "price"]).leftJoin(people, ["id"]);
  same<keyof typeof joined.shape, "id" | "price" | "name">(true);
  const renamed = sales.select(["id", "email"]).rename({ email: "address" });
  same<keyof typeof renamed.shape, "id" | "address">(true);
  same<keyof ReturnType<typeof dropped>["shape"], "id" | "email">(true);
  expect(renamed.columnNames).toEqual(["id", "address"]);
});

function dropped() {
  return sales.drop("price", "day", "paid", "tags");
}

test("rows have the values of their kinds", () => {
  type SaleRow = Row<(typeof sales)["shape"]>;
  const read = (row: SaleRow): unknown => {
    same<typeof row.id, bigint | null>(true);
    same<typeof row.price, string | null>(true);
    // @ts-expect-error a long is a bigint, not a number
    const id: number = row.id;
    // @ts-expect-error there is no such column
    return [id, row.emial];
  };
  expect(read).toBeTypeOf("function");
});

test("what does not fit is a compile error", () => {
  const mistakes: readonly (() => unknown)[] = [
    // @ts-expect-error misspelt
    () => sales.filter((t) => t.emial.isNull()),
    // @ts-expect-error misspelt
    () => sales.select(["emial"]),
    // @ts-expect-error misspelt
    () => sales.groupBy("emial"),
    // @ts-expect-error text is no condition
    () => sales.filter((t) => t.email),
    // @ts-expect-error text and number
    () => sales.filter((t) => t.email.eq(1)),
    // @ts-expect-error text and number column
    () => sales.filter((t) => t.email.eq(t.id)),
    // @ts-expect-error no arithmetic on text
    () => sales.select((t) => ({ x: t.email.plus(1) })),
    // @ts-expect-error no arithmetic on days
    () => sales.select((t) => ({ x: t.day.plus(1) })),
    // @ts-expect-error no text functions on numbers
    () => sales.select((t) => ({ x: t.id.upper() })),
    // @ts-expect-error branches of one kind
    () => when(sales.columns.paid, "yes").otherwise(1),
    // @ts-expect-error a decimal compared with text of a number is fine, with a boolean it is not
    () => sales.filter((t) => t.price.eq(true)),
    // @ts-expect-error a key must be on both sides
    () => sales.join(people, ["email"]),
    // @ts-expect-error the right key must be there
    () => sales.join(people, { id: "nome" }),
    // @ts-expect-error unions are of one shape
    () => sales.union(people),
    // @ts-expect-error no running maximum of text
    () => runningMax(sales.columns.email, { partitionBy: [], orderBy: [] }),
    // @ts-expect-error binary has no constants
    () => lit(1n, "binary").eq("x"),
    // @ts-expect-error order by names is not enough
    () => sales.orderBy(["id"]),
  ];
  expect(mistakes).toHaveLength(17);
});

test("relations of a known shape fit where any relation is asked for", () => {
  const names = (relation: Pick<Relation, "node" | "runner">): readonly string[] =>
    relation.node.fields.map((f) => f.name);
  expect(names(sales.select((t) => ({ n: rowNumber({ partitionBy: [t.id], orderBy: [t.day] }) })))).toEqual(["n"]);
});
