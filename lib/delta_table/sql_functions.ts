import { UnsupportedFeatureError } from "../errors.js";
import { checkCast } from "../relation/casts.js";
import { asDecimal, type Column, call, commonType, wrap } from "../relation/column.js";
import type { Expr, FunctionName } from "../relation/expr.js";
import { literalExpr, nullExpr, typedLiteral } from "../relation/literal.js";
import type { DecimalColumn } from "../relation/number_column.js";
import { type DataType, decimalOf, formatType } from "../types.js";

/** The functions and operators of an SQL expression, with Spark's rules for types. */

export function logical(fn: "and" | "or", left: Expr, right: Expr): Expr {
  return call(fn, [condition(left), condition(right)], "boolean").expr;
}

export function not(input: Expr): Expr {
  return call("not", [condition(input)], "boolean").expr;
}

export function isNull(input: Expr): Expr {
  return call("isNull", [input], "boolean", false).expr;
}

export function compare(operator: string, left: Expr, right: Expr): Expr {
  const fn = COMPARISONS[operator];
  if (fn === undefined) return unknown(`the operator ${operator}`);
  const [a, b] = matched(left, right);
  return call(fn, [a, b], "boolean", fn !== "eqNullSafe" && (a.nullable || b.nullable)).expr;
}

export function isIn(left: Expr, values: readonly Expr[]): Expr {
  return values.map((value) => compare("=", left, value)).reduce((any, one) => logical("or", any, one), literal(false));
}

/** Patterns of `%` at the ends only. */
export function like(left: Expr, pattern: Expr): Expr {
  const text = pattern.kind === "literal" && typeof pattern.value === "string" ? pattern.value : undefined;
  const parts = text === undefined ? null : /^(%?)([^%_\\]*)(%?)$/.exec(text);
  if (parts === null) return unknown(`LIKE ${text === undefined ? "a pattern that is no constant" : `'${text}'`}`);
  const [, before, inner = "", after] = parts;
  const part = literalExpr(inner, "string");
  if (before && after) return call("contains", [left, part], "boolean").expr;
  if (after) return call("startsWith", [left, part], "boolean").expr;
  return before ? unknown(`LIKE '${text}'`) : compare("=", left, part);
}

export function arithmetic(operator: string, left: Expr, right: Expr): Expr {
  if (left.type === "date" && asDecimal(right.type)?.scale === 0) {
    if (operator === "+") return apply("date_add", [left, right]);
    if (operator === "-") return apply("date_sub", [left, right]);
  }
  const [a, b] = [numeric(left), numeric(right)];
  switch (operator) {
    case "+":
      return a.plus(b).expr;
    case "-":
      return a.minus(b).expr;
    case "*":
      return a.times(b).expr;
    case "%":
      return a.modulo(b).expr;
    case "/": {
      const whole = !decimalOf(a.expr.type) && !decimalOf(b.expr.type);
      return whole
        ? numeric(cast(a.expr, "double")).dividedBy(numeric(cast(b.expr, "double"))).expr
        : a.dividedBy(b).expr;
    }
    default:
      return unknown(`the operator ${operator}`);
  }
}

export function negate(input: Expr): Expr {
  if (input.kind === "literal" && typeof input.value === "string") return literalExpr(`-${input.value}`, input.type);
  return numeric(input).negate().expr;
}

/** A number as it is written: `5`, `1.50` (a decimal), `1e3` and `2D` (doubles), `7L`. */
export function number(text: string): Expr {
  const [, digits = text, suffix = ""] = /^(.*?)(BD|[LDFSY])?$/.exec(text) ?? [];
  if (suffix === "D" || suffix === "F" || (suffix === "" && /e/i.test(digits)))
    return literalExpr(Number(digits), "double");
  if (suffix === "BD" || digits.includes(".")) return literalExpr(digits, "decimal(38,18)");
  return literalExpr(digits, suffix === "L" || BigInt(digits) > 2n ** 31n - 1n ? "long" : "integer");
}

export function cast(input: Expr, type: DataType): Expr {
  if (formatType(input.type) === formatType(type)) return input;
  if (input.kind === "literal") return input.value === null ? nullExpr(type) : retyped(input, type);
  if (input.type === "timestamp" && type !== "string") return cast(strict(input, "timestamp_ntz"), type);
  if (type === "timestamp") return strict(cast(input, "timestamp_ntz"), type);
  checkCast(input.type, type);
  return strict(input, type);
}

/** A constant as one of another type: dates and times as text, numbers as numbers. */
export function retyped(input: Expr, type: DataType): Expr {
  if (input.kind !== "literal" || input.value === null) return cast(input, type);
  const value = input.value;
  if (type === "timestamp" && typeof value === "string") return typedLiteral(instant(value), type);
  if (type === "timestamp_ntz" && typeof value === "string" && value.length === 10)
    return typedLiteral(`${value} 00:00:00`, type);
  if ((type === "double" || type === "float") && typeof value === "string") return typedLiteral(Number(value), type);
  return typedLiteral(value, type);
}

export function choice(branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise: Expr): Expr {
  const values = [...branches.map(({ then }) => then), otherwise];
  const type = values
    .filter((value) => !isNullLiteral(value))
    .map((value) => value.type)
    .reduce((common, other) => commonType("CASE", common, other));
  const typed = (value: Expr): Expr => (isNullLiteral(value) ? nullExpr(type) : value);
  return {
    kind: "case",
    branches: branches.map(({ when, then }) => ({ when: condition(when), then: typed(then) })),
    otherwise: typed(otherwise),
    type,
    nullable: values.some(({ nullable }) => nullable),
  };
}

export function typeNamed(name: string): DataType {
  const type = TYPES[name] ?? (decimalOf(name as DataType) ? (name as DataType) : undefined);
  return type ?? unknown(`CAST to ${name}`);
}

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
  date_add: (a, b) => b && call("addDays", [cast(a, "date"), b], "date").expr,
  date_sub: (a, b) => b && call("addDays", [cast(a, "date"), negate(b)], "date").expr,
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
const COMPARISONS: Readonly<Record<string, FunctionName>> = {
  "=": "eq",
  "==": "eq",
  "<>": "ne",
  "!=": "ne",
  "<": "lt",
  "<=": "le",
  ">": "gt",
  ">=": "ge",
  "<=>": "eqNullSafe",
};
const TYPES: Readonly<Record<string, DataType>> = {
  boolean: "boolean",
  tinyint: "byte",
  byte: "byte",
  smallint: "short",
  short: "short",
  int: "integer",
  integer: "integer",
  bigint: "long",
  long: "long",
  float: "float",
  real: "float",
  double: "double",
  string: "string",
  date: "date",
  timestamp: "timestamp",
  timestamp_ntz: "timestamp_ntz",
  decimal: "decimal(10,0)",
  binary: "binary",
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

/** Two values as ones of a common type. */
function matched(left: Expr, right: Expr): readonly [Expr, Expr] {
  if (formatType(left.type) === formatType(right.type)) return [left, right];
  if (isNullLiteral(left)) return [nullExpr(right.type), right];
  if (isNullLiteral(right)) return [left, nullExpr(left.type)];
  if (right.kind === "literal" && right.type === "string") return [left, retyped(right, left.type)];
  if (left.kind === "literal" && left.type === "string") return [retyped(left, right.type), right];
  const times = ["date", "timestamp_ntz", "timestamp"];
  const [a, b] = [times.indexOf(formatType(left.type)), times.indexOf(formatType(right.type))];
  if (a >= 0 && b >= 0) return a < b ? [cast(left, right.type), right] : [left, cast(right, left.type)];
  commonType("a comparison", left.type, right.type);
  return [left, right];
}

function numeric(expr: Expr): DecimalColumn {
  const known = asDecimal(expr.type) !== undefined || expr.type === "double" || expr.type === "float";
  return known ? wrap<DecimalColumn & Column>(expr) : unknown(`arithmetic on ${formatType(expr.type)}`);
}

function condition(expr: Expr): Expr {
  if (expr.type === "boolean") return expr;
  return isNullLiteral(expr) ? nullExpr("boolean") : unknown(`${formatType(expr.type)} as a condition`);
}

/** A day or a time without zone; an instant is taken in UTC. */
function wallClock(expr: Expr): Expr {
  if (expr.type === "date" || expr.type === "timestamp_ntz") return expr;
  return expr.type === "timestamp" ? strict(expr, "timestamp_ntz") : unknown(`a part of ${formatType(expr.type)}`);
}

function strict(input: Expr, type: DataType): Expr {
  return { kind: "cast", input, mode: "strict", type, nullable: input.nullable };
}

function literal(value: boolean): Expr {
  return literalExpr(value, "boolean");
}

function isNullLiteral(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === null;
}

function isPositive(expr: Expr): boolean {
  return expr.kind === "literal" && Number(expr.value) >= 1;
}

/** An instant as the log writes it, with any zone; without one it is UTC. */
function instant(text: string): string {
  const [, date = text, time = "00:00:00", fraction = "", zone = "Z"] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d{1,6})?)?\s*(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
  if (zone === "Z") return `${date}T${time}${fraction}Z`;
  return `${new Date(Date.parse(`${date}T${time}${zone}`)).toISOString().slice(0, 19)}${fraction}Z`;
}

function unknown(what: string): never {
  throw new UnsupportedFeatureError(`This engine does not know ${what} in an SQL expression`, {
    actual: what,
    remedy: "Write the condition otherwise, or leave the work to the engine that made the table.",
  });
}
