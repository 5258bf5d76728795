import { UnsupportedFeatureError } from "../errors.js";
import { checkCast } from "../relation/casts.js";
import type { Expr } from "../relation/expr.js";
import { nullExpr, typedLiteral } from "../relation/literal.js";
import { type DataType, decimalOf, formatType } from "../types.js";

/** The types of SQL expressions, with Spark's rules. */

export function typeNamed(name: string): DataType {
  const type = TYPES[name] ?? (decimalOf(name as DataType) ? (name as DataType) : undefined);
  return type ?? unknown(`CAST to ${name}`);
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

/** A day or a time without zone; an instant is taken in UTC. */
export function wallClock(expr: Expr): Expr {
  if (expr.type === "date" || expr.type === "timestamp_ntz") return expr;
  return expr.type === "timestamp" ? strict(expr, "timestamp_ntz") : unknown(`a part of ${formatType(expr.type)}`);
}

export function strict(input: Expr, type: DataType): Expr {
  return { kind: "cast", input, mode: "strict", type, nullable: input.nullable };
}

/** @throws UnsupportedFeatureError naming what of an expression is not known */
export function unknown(what: string): never {
  throw new UnsupportedFeatureError(`This engine does not know ${what} in an SQL expression`, {
    actual: what,
    remedy: "Write the condition otherwise, or leave the work to the engine that made the table.",
  });
}

/** An instant as the log writes it, with any zone; without one it is UTC. */
function instant(text: string): string {
  const [, date = text, time = "00:00:00", fraction = "", zone = "Z"] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(\.\d{1,6})?)?\s*(Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
  if (zone === "Z") return `${date}T${time}${fraction}Z`;
  return `${new Date(Date.parse(`${date}T${time}${zone}`)).toISOString().slice(0, 19)}${fraction}Z`;
}

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
