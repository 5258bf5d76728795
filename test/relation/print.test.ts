import { expect, test } from "vitest";
import { countRows } from "../../lib/relation/aggregate.js";
import { lineage } from "../../lib/relation/lineage.js";
import { scan } from "../../lib/relation/relation.js";
import { concat, when } from "../../lib/relation/when.js";
import { lag, rowNumber } from "../../lib/relation/window.js";
import { field } from "../../lib/types.js";

const sales = scan<{ id: "long"; email: "string"; price: "decimal"; "first name": "string" }>(
  { kind: "table", table: "silver.sales", version: 3 },
  [
    field("id", "long", false),
    field("email", "string"),
    field("price", "decimal(18,2)"),
    field("first name", "string"),
  ],
);
const people = scan<{ key: "long"; city: "string" }>({ kind: "table", table: "silver.people", version: 1, since: 0 }, [
  field("key", "long"),
  field("city", "string"),
]);

const report = sales
  .filter((t) => t.price.ge("10").and(t.email.isNotNull()))
  .extend((t) => ({
    domain: t.email.splitPart("@", 2),
    n: rowNumber({ partitionBy: [t.email], orderBy: [t.id.desc()] }),
  }))
  .leftJoin(people, { id: "key" })
  .groupBy("domain", "city")
  .aggregate((t) => ({ sales: countRows(), total: t.price.sum() }))
  .orderBy((t) => [t.total.desc(), t.domain])
  .limit(10);

test("a relation prints as a tree", () => {
  expect(report.toString()).toBe(
    [
      "limit 10",
      "  sort total desc, domain",
      "    group by domain, city: sales = countAll(), total = sum(price)",
      "      left join on id = key",
      '        project id, email, price, first name, domain = splitPart(email, "@", 2), n = rowNumber() over (partition by email order by id desc)',
      "          filter and(ge(price, 10::decimal(2,0)), isNotNull(email))",
      "            scan silver.sales version 3 [id, email, price, first name]",
      "        scan silver.people version 1 since 0 [key, city]",
    ].join("\n"),
  );
});

test("equal relations print equal text, others do not", () => {
  const build = (limit: string) => sales.filter((t) => t.price.lt(limit)).toString();
  expect(build("1.5")).toBe(build("1.5"));
  expect(build("1.5")).not.toBe(build("1.50"));
  expect(sales.select((t) => ({ x: concat(t.email, "a, b") })).toString()).not.toBe(
    sales.select((t) => ({ x: concat(t.email, "a", "b") })).toString(),
  );
  expect(sales.select((t) => ({ x: t["first name"].upper() })).toString()).toContain("upper(`first name`)");
});

test("lineage leads through projections, joins, groups and unions to the sources", () => {
  expect(Object.fromEntries(lineage(report))).toEqual({
    domain: [{ source: "silver.sales", column: "email" }],
    city: [{ source: "silver.people", column: "city" }],
    sales: [],
    total: [{ source: "silver.sales", column: "price" }],
  });
  const full = sales.select(["id", "email"]).fullJoin(people, { id: "key" });
  expect(lineage(full).get("id")).toEqual([
    { source: "silver.people", column: "key" },
    { source: "silver.sales", column: "id" },
  ]);
  const both = sales.select((t) => ({ x: t.email })).union(people.select((t) => ({ x: t.city })));
  expect(lineage(both).get("x")).toEqual([
    { source: "silver.people", column: "city" },
    { source: "silver.sales", column: "email" },
  ]);
  const chosen = sales.select((t) => ({ x: when(t.price.gt("1"), t.email).otherwise(t["first name"]) }));
  expect(
    lineage(chosen)
      .get("x")
      ?.map((column) => column.column),
  ).toEqual(["email", "first name", "price"]);
});

test("constants and values have no lineage, files and frames their names", () => {
  expect(lineage(sales.select(() => ({ one: 1 }))).get("one")).toEqual([]);
  const file = scan<{ a: "string" }>({ kind: "file", format: "csv", path: "landing/a.csv" }, [field("a", "string")]);
  expect(lineage(file).get("a")).toEqual([{ source: "landing/a.csv", column: "a" }]);
  const frame = scan<{ a: "string" }>({ kind: "frame", id: "frame-1" }, [field("a", "string")]);
  expect(lineage(frame).get("a")).toEqual([{ source: "frame frame-1", column: "a" }]);
  expect(lineage(scan<{ a: "string" }>({ kind: "values", rows: [] }, [field("a", "string")])).get("a")).toEqual([]);
});

test("lineage goes through windows by their values, and through materialised relations by what was known of them", () => {
  const ranked = sales.extend((t) => ({
    before: lag(t.price, { partitionBy: [t.email], orderBy: [t.id] }),
    place: rowNumber({ partitionBy: [t.email], orderBy: [t.id] }),
  }));
  expect(lineage(ranked).get("before")).toEqual([{ source: "silver.sales", column: "price" }]);
  expect(lineage(ranked).get("place")).toEqual([
    { source: "silver.sales", column: "email" },
    { source: "silver.sales", column: "id" },
  ]);
  const frame = scan<{ a: "string" }>({ kind: "frame", id: "frame-1" }, [field("a", "string")]);
  const known = new Map([["a", [{ source: "silver.sales", column: "email" }]]]);
  const after = frame.select((t) => ({ b: t.a.upper() }));
  expect(lineage(after, (id) => (id === "frame-1" ? known : undefined)).get("b")).toEqual(known.get("a"));
});
