import type { Expr, SortKey } from "../../relation/expr.js";
import type { NamedExpr } from "../../relation/node.js";
import type { LazyFrame } from "./native.js";
import type { Ranges } from "./packed_key.js";

/** Columns by which rows are known to be sorted, the weightiest first; none where nothing is known. */
export type RowOrder = readonly OrderedColumn[];

export interface OrderedColumn {
  readonly name: string;
  readonly descending: boolean;
}

/** A query, and how its rows are sorted. */
export interface OrderedFrame {
  readonly frame: LazyFrame;
  readonly order: RowOrder;
  /** Of those columns by which the rows are about to be sorted, as far as they are known. */
  readonly ranges?: Ranges;
}

/** True when the rows of equal keys already follow one another, in the order wanted within them. */
export function isOrderedBy(order: RowOrder, keys: readonly Expr[], orderBy: readonly SortKey[]): boolean {
  const names = new Set(keys.map(nameOf));
  const [first, then] = [order.slice(0, names.size), order.slice(names.size)];
  return (
    first.length === names.size &&
    first.every(({ name }) => names.has(name)) &&
    orderBy.every((key, i) => then[i]?.name === nameOf(key.expr) && then[i]?.descending === key.descending)
  );
}

/** As far as the keys are columns. */
export function orderOf(keys: readonly SortKey[]): RowOrder {
  const computed = keys.findIndex(({ expr }) => nameOf(expr) === undefined);
  return keys
    .slice(0, computed < 0 ? keys.length : computed)
    .map(({ expr, descending }) => ({ name: nameOf(expr) ?? "", descending }));
}

/** The same order under the names that a projection gives the columns, as far as it keeps them. */
export function projectedOrder(order: RowOrder, columns: readonly NamedExpr[]): RowOrder {
  const names = new Map(columns.map(({ name, expr }) => [nameOf(expr), name]));
  const lost = order.findIndex(({ name }) => !names.has(name));
  return order
    .slice(0, lost < 0 ? order.length : lost)
    .map(({ name, descending }) => ({ name: names.get(name) ?? name, descending }));
}

/** The other way round. */
export function reversed(keys: readonly SortKey[]): readonly SortKey[] {
  return keys.map(({ expr, descending }) => ({ expr, descending: !descending }));
}

function nameOf(expr: Expr): string | undefined {
  return expr.kind === "column" ? expr.name : undefined;
}
