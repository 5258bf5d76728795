import { type Predicate, predicate } from "../delta/predicate.js";
import type { Scalar } from "../delta/scalar.js";
import type { Call, ColumnRef, Expr, Literal } from "../relation/expr.js";

/**
 * What of a condition the log can use to leave files out: comparisons of columns with constants, under `and` and `or`.
 * The result is implied by the condition; undefined when nothing of it can be used.
 */
export function skippingPredicate(condition: Expr): Predicate | undefined {
  if (condition.kind !== "call") return undefined;
  switch (condition.fn) {
    case "and": {
      const usable = condition.args.flatMap((arg) => skippingPredicate(arg) ?? []);
      return usable.length === 0 ? undefined : predicate.and(...usable);
    }
    case "or": {
      const usable = condition.args.map(skippingPredicate);
      return usable.every((one) => one !== undefined) ? predicate.or(...(usable as Predicate[])) : undefined;
    }
    case "isNull":
    case "isNotNull": {
      const [column] = condition.args;
      return column?.kind === "column" ? predicate[condition.fn](column.name) : undefined;
    }
    case "isIn":
      return inPredicate(condition);
    default:
      return comparison(condition);
  }
}

const OPERATORS = { eq: "=", lt: "<", le: "<=", gt: ">", ge: ">=" } as const;
const MIRRORED = { "=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<=" } as const;

function comparison(call: Call): Predicate | undefined {
  if (!(call.fn in OPERATORS)) return undefined;
  const operator = OPERATORS[call.fn as keyof typeof OPERATORS];
  const [left, right] = call.args;
  if (left?.kind === "column" && right?.kind === "literal") return compare(left, operator, right);
  if (left?.kind === "literal" && right?.kind === "column") return compare(right, MIRRORED[operator], left);
  return undefined;
}

function compare(column: ColumnRef, operator: "=" | "<" | "<=" | ">" | ">=", literal: Literal): Predicate | undefined {
  const value = scalarOf(literal);
  return value === undefined ? undefined : predicate.compare(column.name, operator, { type: literal.type, value });
}

function inPredicate(call: Call): Predicate | undefined {
  const [column, ...values] = call.args;
  if (column?.kind !== "column") return undefined;
  const literals = values.flatMap((value) => {
    const scalar = value.kind === "literal" ? scalarOf(value) : undefined;
    return scalar === undefined ? [] : [{ type: value.type, value: scalar }];
  });
  return literals.length === values.length ? predicate.in(column.name, literals) : undefined;
}

/** A constant as the log's rooms pass it around: integers and microseconds as bigint. */
function scalarOf({ value, type }: Literal): Scalar | undefined {
  if (value === null) return undefined;
  if (typeof value === "boolean") return value;
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return BigInt(value);
    case "float":
    case "double":
      return Number(value);
    case "timestamp":
    case "timestamp_ntz":
      return microsOf(value);
    default:
      return value;
  }
}

/** Microseconds since the epoch of `YYYY-MM-DD[ T]HH:MM:SS[.ffffff][Z]`. */
export function microsOf(text: string): bigint {
  const [seconds = "", fraction = ""] = text.replace("Z", "").split(".");
  return (
    BigInt(Date.parse(`${seconds.replace(" ", "T")}Z`)) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6) || "0")
  );
}
