import { call, commonType } from "../relation/column.js";
import type { Expr, FunctionName } from "../relation/expr.js";
import { literalExpr } from "../relation/literal.js";
import { cast, strict, unknown, wallClock } from "./sql_casts.js";
import { arithmetic, choice, daysLater, matched, negate, numeric } from "./sql_operators.js";

/** The functions of an SQL expression, with Spark's rules for types. */

/** A call of a function by its SQL name. */
export function apply(name: string, args: readonly Expr[]): Expr {
  const [first, second, third] = args;
  const known = first && FUNCTIONS[name]?.(first, second, third, args);
  return known ?? unknown(`the function ${name} of ${args.length} argument${args.length === 1 ? "" : "s"}`);
}

type Apply = (a: Expr, b: Expr | undefined, c: Expr | undefined, all: readonly Expr[]) => Expr | undefined;

const part =
  (fn: FunctionName): Apply =>
  (a, b) =>
    b === undefined ? call(fn, [wallClock(a)], "integer").expr : undefined;
const textOf =
  (fn: FunctionName): Apply =>
  (a, b) =>
    b === undefined && a.type === "string" ? call(fn, [a], "string").expr : undefined;
const length: Apply = (a, b) =>
  b === undefined && a.type === "string" ? call("length", [a], "integer").expr : undefined;
const coalesce: Apply = (_a, _b, _c, all) =>
  all.reduceRight((rest, value) => {
    const [x, y] = matched(value, rest);
    return call("coalesce", [x, y], commonType("coalesce", x.type, y.type), x.nullable && y.nullable).expr;
  });
const substring: Apply = (a, b, c) =>
  a.type === "string" && b && c && isPositive(b) && c.kind === "literal"
    ? call("substring", [a, b, c], "string").expr
    : undefined;

const FUNCTIONS: Readonly<Record<string, Apply>> = {
  year: part("year"),
  month: part("month"),
  day: part("day"),
  dayofmonth: part("day"),
  hour: part("hour"),
  minute: part("minute"),
  second: part("second"),
  to_date: (a, b) => (b === undefined ? cast(a, "date") : undefined),
  date: (a, b) => (b === undefined ? cast(a, "date") : undefined),
  /** Spaces only, as Spark does. */
  trim: (a, b) =>
    b === undefined && a.type === "string"
      ? call("replaceRegex", [a, literalExpr("^ +| +$", "string"), literalExpr("", "string")], "string").expr
      : undefined,
  upper: textOf("upper"),
  ucase: textOf("upper"),
  lower: textOf("lower"),
  lcase: textOf("lower"),
  length,
  char_length: length,
  len: length,
  substring,
  substr: substring,
  concat: (_a, _b, _c, all) =>
    all.every(({ type }) => type === "string") ? call("concat", all, "string").expr : undefined,
  coalesce,
  ifnull: coalesce,
  nvl: coalesce,
  abs: (a, b) => (b === undefined ? numeric(a).abs().expr : undefined),
  mod: (a, b) => b && arithmetic("%", a, b),
  if: (a, b, c) => b && c && choice([{ when: a, then: b }], c),
  date_add: (a, b) => b && daysLater(a, b),
  date_sub: (a, b) => b && daysLater(a, negate(b)),
  datediff: (a, b) => b && call("daysBetween", [cast(a, "date"), cast(b, "date")], "integer").expr,
  trunc: (a, b) => truncated(cast(a, "date"), b),
  date_trunc: (a, b) => (b && b.type !== "date" ? truncated(b, a) : undefined),
  date_format: (a, b) => {
    const format = b?.kind === "literal" ? DATE_FORMATS[String(b.value)] : undefined;
    return format === undefined
      ? undefined
      : call("formatDate", [wallClock(a), literalExpr(format, "string")], "string").expr;
  },
};

const DATE_FORMATS: Readonly<Record<string, string>> = {
  yyyy: "%Y",
  "yyyy-MM": "%Y-%m",
  "yyyy-MM-dd": "%Y-%m-%d",
  yyyyMMdd: "%Y%m%d",
};
const UNITS: Readonly<Record<string, string>> = {
  year: "year",
  yyyy: "year",
  yy: "year",
  quarter: "quarter",
  month: "month",
  mon: "month",
  mm: "month",
  week: "week",
  day: "day",
  dd: "day",
  hour: "hour",
};
function truncated(input: Expr, unit: Expr | undefined): Expr | undefined {
  const known = unit?.kind === "literal" ? UNITS[String(unit.value).toLowerCase()] : undefined;
  if (known === undefined || (input.type === "date" && (known === "hour" || known === "day"))) return undefined;
  const result = call(
    "truncate",
    [wallClock(input), literalExpr(known, "string")],
    input.type === "date" ? "date" : "timestamp_ntz",
  ).expr;
  return input.type === "timestamp" ? strict(result, "timestamp") : result;
}

function isPositive(expr: Expr): boolean {
  return expr.kind === "literal" && Number(expr.value) >= 1;
}
