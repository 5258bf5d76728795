import { expect, test } from "vitest";
import { call } from "../../lib/relation/column.js";
import { type Expr, type FunctionName, someExpr } from "../../lib/relation/expr.js";
import { FUNCTIONS } from "../../lib/relation/functions.js";
import { scan } from "../../lib/relation/relation.js";
import { coalesce, concat, concatWith, listOf, lit } from "../../lib/relation/when.js";
import { field } from "../../lib/types.js";

const t = scan<{ n: "long"; s: "string"; b: "boolean"; d: "date"; w: "timestamp_ntz"; i: "integer" }>(
  { kind: "values", rows: [] },
  [
    field("n", "long"),
    field("s", "string"),
    field("b", "boolean"),
    field("d", "date"),
    field("w", "timestamp_ntz"),
    field("i", "integer"),
  ],
).columns;

/** Every function, built the way a notebook builds it. */
const BUILT: readonly { readonly expr: Expr }[] = [
  t.n.eq(1),
  t.n.ne(1),
  t.n.lt(1),
  t.n.le(1),
  t.n.gt(1),
  t.n.ge(1),
  t.n.eqNullSafe(1),
  t.n.isIn(1, 2),
  t.n.isNull(),
  t.n.isNotNull(),
  t.n.orElse(1),
  coalesce(t.n, t.n),
  t.n.nullIf(1),
  t.b.and(t.b),
  t.b.or(t.b),
  t.b.not(),
  t.n.plus(1),
  t.n.minus(1),
  t.n.times(1),
  t.n.dividedBy(1),
  t.n.modulo(1),
  t.n.negate(),
  t.n.abs(),
  t.n.round(0),
  t.s.length(),
  t.s.trim(),
  t.s.upper(),
  t.s.lower(),
  t.s.titleCase(),
  t.s.unaccent(),
  concat(t.s, "x"),
  concatWith(" ", t.s),
  t.s.contains("a"),
  t.s.startsWith("a"),
  t.s.substring(1, 2),
  t.s.replace("a", "b"),
  t.s.replaceRegex("a", "b"),
  t.s.matches("a"),
  t.s.extract("(a)", 1),
  t.s.splitPart("@", 2),
  t.s.padStart(3, "0"),
  t.s.padEnd(3, "0"),
  t.d.year(),
  t.d.month(),
  t.d.day(),
  t.w.hour(),
  t.w.minute(),
  t.w.second(),
  t.w.toDate(),
  t.s.parseDecimal("decimal(18,2)"),
  t.s.parseDate("%Y-%m-%d"),
  t.s.parseTimestamp("%Y-%m-%d %H:%M:%S"),
  t.d.format("%Y"),
  t.d.truncate("month"),
  t.d.addDays(t.i),
  t.w.addSeconds(t.n),
  t.d.daysSince("2024-02-29"),
  t.w.secondsSince("2024-02-29 00:00:00"),
  listOf(t.s),
  call("isNullWithin", [listOf(t.s).expr, lit("element").expr], "boolean", false),
];

test("every function can be built, and what it means is written down", () => {
  const built = new Set<FunctionName>();
  for (const { expr } of BUILT) {
    someExpr(expr, (node) => {
      if (node.kind === "call") built.add(node.fn);
      return false;
    });
  }
  expect([...built].sort()).toEqual(Object.keys(FUNCTIONS).sort());
});
