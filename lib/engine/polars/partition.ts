import type { LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type CompiledKey, sortFrame } from "./sort.js";
import { TEMPORARY } from "./temporary.js";

export interface PartitionKey {
  readonly expr: PolarsExpr;
  readonly nullable: boolean;
}

/** Rows sorted so that those of equal keys follow one another, in order. */
export interface SortedPartitions {
  readonly frame: LazyFrame;
  /** True in the first row of each partition. */
  readonly isFirst: PolarsExpr;
  /** The row's number in the whole frame, from 0. */
  readonly index: PolarsExpr;
}

/** Sorts by partition, then order; comparing a key with the row above tells where a partition begins. Nulls are equal. */
export function sortPartitions(
  input: LazyFrame,
  partitionBy: readonly PartitionKey[],
  orderBy: readonly CompiledKey[],
): SortedPartitions {
  const descending = orderBy[0]?.descending ?? false;
  const keys = partitionBy.map((key) => ({ ...key, descending }));
  const index = p.column(`${TEMPORARY}index`);
  const frame = sortFrame(input, [...keys, ...orderBy])
    .withColumns([p.alias(p.rowIndex(), `${TEMPORARY}index`)])
    .withColumns([p.alias(differs(partitionBy, 1, index), `${TEMPORARY}first`)]);
  return { frame, index, isFirst: p.column(`${TEMPORARY}first`) };
}

/** The first row, in order, of each partition. */
export function firstOfPartitions(
  input: LazyFrame,
  partitionBy: readonly PartitionKey[],
  orderBy: readonly CompiledKey[],
): LazyFrame {
  const backwards = orderBy.every((key) => key.descending);
  const descending = !backwards && (orderBy[0]?.descending ?? false);
  const keys = partitionBy.map((key) => ({ ...key, descending }));
  const order = backwards ? orderBy.map((key) => ({ ...key, descending: false })) : orderBy;
  const sorted = sortFrame(input, [...keys, ...order]);
  const number = backwards
    ? p.binary("Minus", p.binary("Minus", p.cast(p.rows(), "long"), p.int64(1)), p.rowIndex())
    : p.rowIndex();
  return sorted.filter(differs(partitionBy, backwards ? -1 : 1, number));
}

/** True where a key differs from that of the row above (or below); the row numbered 0 has none there. */
function differs(keys: readonly PartitionKey[], rowsBack: 1 | -1, number: PolarsExpr): PolarsExpr {
  const changes = keys.map(({ expr }) => p.binary("NotEqValidity", expr, p.shift(expr, rowsBack)));
  const certain = keys.some((key) => !key.nullable);
  const begins = certain ? changes : [p.binary("Eq", number, p.int64(0)), ...changes];
  return begins.reduce((any, change) => p.binary("Or", any, change));
}
