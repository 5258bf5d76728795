import type { LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import type { PolarsExpr } from "./polars_expr.js";
import { type CompiledKey, sortFrame, TEMPORARY } from "./sort.js";

/** Rows sorted so that those of equal keys follow one another, in order. */
export interface SortedPartitions {
  readonly frame: LazyFrame;
  /** True in the first row of each partition. */
  readonly isFirst: PolarsExpr;
  /** The row's number in the whole frame, from 0. */
  readonly index: PolarsExpr;
}

/** Sorts by partition, then order; comparing a key with the row above tells where a partition begins. Nulls are equal. */
export function sortPartitions(input: LazyFrame, partitionBy: readonly PolarsExpr[], orderBy: readonly CompiledKey[]): SortedPartitions {
  const descending = orderBy[0]?.descending ?? false;
  const keys = partitionBy.map((expr) => ({ expr, descending }));
  const index = p.column(`${TEMPORARY}index`);
  const changes = partitionBy.map((key) => p.binary("NotEqValidity", key, p.shift(key, 1)));
  const begins = changes.reduce((any, change) => p.binary("Or", any, change), p.binary("Eq", index, p.int64(0)));
  const frame = sortFrame(input, [...keys, ...orderBy])
    .withColumns([p.alias(p.rowIndex(), `${TEMPORARY}index`)])
    .withColumns([p.alias(begins, `${TEMPORARY}first`)]);
  return { frame, index, isFirst: p.column(`${TEMPORARY}first`) };
}
