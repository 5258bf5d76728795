import type { Join } from "../../relation/node.js";
import { type DataType, decimalOf } from "../../types.js";
import { isFloating, isInteger } from "./data_type.js";
import { type Frame, isOneOf, type LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { TEMPORARY } from "./temporary.js";

export function compileJoin(node: Join, left: LazyFrame, right: LazyFrame): LazyFrame {
  const output = node.fields.map((f) => p.column(f.name));
  if (!node.nullsEqual) {
    const leftOn = node.on.map((key) => p.column(key.left));
    if (node.how === "full") return fullJoin(node, left, right, output);
    const rightOn = node.on.map((key) => p.column(key.right));
    return left.join(right, node.how, leftOn, rightOn).select(output);
  }
  return joinNulls(node, left, right, output);
}

/**
 * True of a join that is a condition on the left rows once the right ones are known. Such a condition is checked while files
 * are read, and of the other columns only what passes it: a fraction of a join's time.
 */
export function isMembership({ how, on, nullsEqual, left, right }: Join): boolean {
  const [key] = on;
  if (how !== "semi" || nullsEqual === true || key === undefined || on.length > 1) return false;
  const type = left.fields.find(({ name }) => name === key.left)?.type;
  const sameType = type === right.fields.find(({ name }) => name === key.right)?.type;
  return sameType && type !== undefined && (type === "date" || isInteger(type));
}

/** The left rows of a membership. */
export function compileMembership({ on, fields }: Join, left: LazyFrame, right: Frame): LazyFrame {
  const conditions = on.map((key) => isOneOf(p.column(key.left), right.column(key.right)));
  return conditions
    .reduce((kept, condition) => kept.filter(condition), left)
    .select(fields.map((f) => p.column(f.name)));
}

/** Keys come from the side that has the row. Polars' own way of doing that ends the process when both sides are sorted. */
function fullJoin(node: Join, left: LazyFrame, right: LazyFrame, output: readonly PolarsExpr[]): LazyFrame {
  const keys = node.on.map((key, i) => ({ ...key, name: `${TEMPORARY}right${i}` }));
  const rightKeys = new Set(keys.map((key) => key.right));
  const rightColumns = node.right.fields.filter((f) => !rightKeys.has(f.name)).map((f) => p.column(f.name));
  const renamed = right.select([...rightColumns, ...keys.map((key) => p.alias(p.column(key.right), key.name))]);
  const leftOn = keys.map((key) => p.column(key.left));
  const rightOn = keys.map((key) => p.column(key.name));
  const merged = keys.map((key) => p.alias(p.call('"Coalesce"', p.column(key.left), p.column(key.name)), key.left));
  return left.join(renamed, "full", leftOn, rightOn, { keepKeys: true }).withColumns(merged).select(output);
}

/** Polars matches no null keys; here every key is matched as two that are never null: whether it is null, and its value. */
function joinNulls(node: Join, left: LazyFrame, right: LazyFrame, output: readonly PolarsExpr[]): LazyFrame {
  const keys = node.on.map((key, i) => {
    const type = node.left.fields.find((f) => f.name === key.left)?.type ?? "string";
    return { ...key, type, missing: `${TEMPORARY}missing${i}`, value: `${TEMPORARY}value${i}` };
  });
  const split = (name: string, key: (typeof keys)[number]): PolarsExpr[] => [
    p.alias(p.isNull(p.column(name)), key.missing),
    p.alias(p.fillNull(p.column(name), anyOf(key.type)), key.value),
  ];
  const on = keys.flatMap((key) => [p.column(key.missing), p.column(key.value)]);
  const rightKeys = new Set(node.on.map((key) => key.right));
  const rightColumns = node.right.fields.filter((f) => !rightKeys.has(f.name)).map((f) => p.column(f.name));
  const rightSide = right.select([...rightColumns, ...keys.flatMap((key) => split(key.right, key))]);
  const joined = left.withColumns(keys.flatMap((key) => split(key.left, key))).join(rightSide, node.how, on, on);
  if (node.how !== "full") return joined.select(output);
  const restored = keys.map((key) =>
    p.alias(p.choose(p.column(key.missing), p.nullOf(key.type), p.column(key.value)), key.left),
  );
  return joined.withColumns(restored).select(output);
}

/** Some constant of a type. */
function anyOf(type: DataType): PolarsExpr {
  if (decimalOf(type) || isInteger(type) || isFloating(type)) return p.cast(p.int64(0), type);
  switch (type) {
    case "boolean":
      return p.boolean(false);
    case "date":
      return p.cast(p.int32(0), type);
    case "timestamp":
    case "timestamp_ntz":
      return p.cast(p.int64(0), type);
    default:
      return p.cast(p.text(""), type);
  }
}
