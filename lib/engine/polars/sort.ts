import type { SortKey } from "../../relation/expr.js";
import { compileExpr } from "./compile_expr.js";
import type { LazyFrame } from "./native.js";
import { packedKey, type Ranges } from "./packed_key.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { TEMPORARY } from "./temporary.js";

export interface CompiledKey {
  readonly expr: PolarsExpr;
  readonly descending: boolean;
  readonly nullable: boolean;
}

/** A relation's sort keys, compiled. */
export function compileKeys(keys: readonly SortKey[]): readonly CompiledKey[] {
  return keys.map(({ expr, descending }) => ({ expr: compileExpr(expr), descending, nullable: expr.nullable }));
}

/** Rows in the order of the keys, by one packed key where the ranges of their columns allow it. */
export function sortByRanges(frame: LazyFrame, keys: readonly SortKey[], ranges: Ranges = new Map()): LazyFrame {
  const packed = packedKey(keys, ranges);
  return packed === undefined ? sortFrame(frame, compileKeys(keys)) : frame.sort([packed], false);
}

/**
 * Rows in the order of the keys: nulls first when ascending, last when descending. May leave temporary columns behind.
 * Polars sorts five times slower when nulls come last, so that nullable keys are sorted the other way round and reversed.
 */
export function sortFrame(frame: LazyFrame, keys: readonly CompiledKey[]): LazyFrame {
  const [first] = keys;
  if (!first) return frame;
  if (keys.every((key) => key.descending === first.descending)) {
    const exprs = keys.map((key) => key.expr);
    return first.descending && keys.some((key) => key.nullable)
      ? frame.sort(exprs, false).reverse()
      : frame.sort(exprs, first.descending);
  }
  const named = keys.map((key, i) => ({ ...key, name: `${TEMPORARY}sort${i}` }));
  return frame.withColumns(named.map(({ expr, name }) => p.alias(expr, name))).sortEach(named);
}
