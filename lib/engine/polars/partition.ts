import type { Expr, SortKey } from "../../relation/expr.js";
import { compileExpr } from "./compile_expr.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { isOrderedBy, type OrderedFrame, orderOf, reversed } from "./row_order.js";
import { sortByRanges } from "./sort.js";
import { TEMPORARY } from "./temporary.js";

/** Rows sorted so that those of equal keys follow one another, in order. */
export interface SortedPartitions extends OrderedFrame {
  /** True in the first row of each partition. */
  readonly isFirst: PolarsExpr;
  /** The row's number in the whole frame, from 0. */
  readonly index: PolarsExpr;
}

/** Sorts by partition, then order; comparing a key with the row above tells where a partition begins. Nulls are equal. */
export function sortPartitions(
  input: OrderedFrame,
  partitionBy: readonly Expr[],
  orderBy: readonly SortKey[],
): SortedPartitions {
  const index = p.column(`${TEMPORARY}index`);
  const { frame, order } = isOrderedBy(input.order, partitionBy, orderBy) ? input : sorted(input, partitionBy, orderBy);
  const numbered = frame
    .withColumns([p.alias(p.rowIndex(), `${TEMPORARY}index`)])
    .withColumns([p.alias(differs(partitionBy, 1, index), `${TEMPORARY}first`)]);
  return { frame: numbered, order, index, isFirst: p.column(`${TEMPORARY}first`) };
}

/** The first row, in order, of each partition. */
export function firstOfPartitions(
  input: OrderedFrame,
  partitionBy: readonly Expr[],
  orderBy: readonly SortKey[],
): OrderedFrame {
  const [isForwards, isBackwards] = [orderBy, reversed(orderBy)].map((by) => isOrderedBy(input.order, partitionBy, by));
  const backwards = isBackwards || (!isForwards && orderBy.every((key) => key.descending));
  const { frame, order } =
    isForwards || isBackwards ? input : sorted(input, partitionBy, backwards ? reversed(orderBy) : orderBy);
  const number = backwards
    ? p.binary("Minus", p.binary("Minus", p.cast(p.rows(), "long"), p.int64(1)), p.rowIndex())
    : p.rowIndex();
  return { frame: frame.filter(differs(partitionBy, backwards ? -1 : 1, number)), order };
}

/** Polars sorts fastest when all keys have one direction. */
function sorted(input: OrderedFrame, partitionBy: readonly Expr[], orderBy: readonly SortKey[]): OrderedFrame {
  const descending = orderBy[0]?.descending ?? false;
  const keys = [...partitionBy.map((expr) => ({ expr, descending })), ...orderBy];
  return { frame: sortByRanges(input.frame, keys, input.ranges), order: orderOf(keys) };
}

/** True where a key differs from that of the row above (or below); the row numbered 0 has none there. */
function differs(keys: readonly Expr[], rowsBack: 1 | -1, number: PolarsExpr): PolarsExpr {
  const changes = keys.map((key) => {
    const value = compileExpr(key);
    return p.binary("NotEqValidity", value, p.shift(value, rowsBack));
  });
  const certain = keys.some((key) => !key.nullable);
  const begins = certain ? changes : [p.binary("Eq", number, p.int64(0)), ...changes];
  return begins.reduce((any, change) => p.binary("Or", any, change));
}
