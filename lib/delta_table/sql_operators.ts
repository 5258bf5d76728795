import { asDecimal, type Column, call, commonType, wrap } from "../relation/column.js";
import type { Expr, FunctionName } from "../relation/expr.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import type { DecimalColumn } from "../relation/number_column.js";
import { decimalOf, formatType } from "../types.js";
import { cast, retyped, unknown } from "./sql_casts.js";

/** The operators of an SQL expression, with Spark's rules for types. */

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
    if (operator === "+") return daysLater(left, right);
    if (operator === "-") return daysLater(left, negate(right));
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

/** A date so many days later. */
export function daysLater(date: Expr, days: Expr): Expr {
  return call("addDays", [cast(date, "date"), days], "date").expr;
}

/** Two values as ones of a common type. */
export function matched(left: Expr, right: Expr): readonly [Expr, Expr] {
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

/** A value that can be calculated with. */
export function numeric(expr: Expr): DecimalColumn {
  const known = asDecimal(expr.type) !== undefined || expr.type === "double" || expr.type === "float";
  return known ? wrap<DecimalColumn & Column>(expr) : unknown(`arithmetic on ${formatType(expr.type)}`);
}

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
function condition(expr: Expr): Expr {
  if (expr.type === "boolean") return expr;
  return isNullLiteral(expr) ? nullExpr("boolean") : unknown(`${formatType(expr.type)} as a condition`);
}

function literal(value: boolean): Expr {
  return literalExpr(value, "boolean");
}

function isNullLiteral(expr: Expr): boolean {
  return expr.kind === "literal" && expr.value === null;
}
