import type { LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import type { PolarsExpr } from "./polars_expr.js";

export interface CompiledKey {
  readonly expr: PolarsExpr;
  readonly descending: boolean;
}

/** Prefix of columns that exist only inside a plan; no column of a table has it. */
export const TEMPORARY = "\u0001";

/** Rows in the order of the keys: nulls first when ascending, last when descending. May leave temporary columns behind. */
export function sortFrame(frame: LazyFrame, keys: readonly CompiledKey[]): LazyFrame {
  const [first] = keys;
  if (!first) return frame;
  if (keys.every((key) => key.descending === first.descending)) {
    return frame.sort(keys.map((key) => key.expr), first.descending);
  }
  const named = keys.map((key, i) => ({ ...key, name: `${TEMPORARY}sort${i}` }));
  return frame.withColumns(named.map(({ expr, name }) => p.alias(expr, name))).sortEach(named);
}
