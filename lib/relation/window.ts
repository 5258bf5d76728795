import type { DataType } from "../types.js";
import { checkInteger } from "./arguments.js";
import { Column, type ColumnOf, type Kind, wrap } from "./column.js";
import type { Expr, SortKey, WindowName } from "./expr.js";
import type { LongColumn, NumericKind } from "./number_column.js";

/** The rows that a window function looks at: those of equal `partitionBy`, in the order of `orderBy`, which must leave no ties that matter. */
export interface Over {
  readonly partitionBy: readonly Column[];
  readonly orderBy: readonly (Column | SortKey)[];
}

/** Window: 1, 2, 3… in each partition. */
export function rowNumber(over: Over): LongColumn {
  return window("rowNumber", [], "long", false, over);
}

/** Window: the value of the row `offset` rows before; null at the partition's beginning. */
export function lag<K extends Kind>(column: Column<K>, over: Over, offset = 1): ColumnOf<K> {
  checkInteger("the rows back", offset, 1);
  return window("lag", [column.expr], column.expr.type, true, over, offset);
}

/** Window: the last value that is not null, from the partition's first row to this one. */
export function lastKnown<K extends Kind>(column: Column<K>, over: Over): ColumnOf<K> {
  return window("lastKnown", [column.expr], column.expr.type, true, over);
}

/** Kinds whose values a running maximum is known of. */
export type Measurable = NumericKind | "date" | "timestamp" | "timestamp_ntz";

/** Window: the greatest value from the partition's first row to this one, nulls left out. */
export function runningMax<K extends Measurable>(column: Column<K>, over: Over): ColumnOf<K> {
  return window("runningMax", [column.expr], column.expr.type, true, over);
}

/** A running function of one expression. */
export function runningWindow<C extends Column>(fn: WindowName, expr: Expr, type: DataType, over: Over): C {
  return window(fn, [expr], type, true, over);
}

/** A sort key as such; a bare column is ascending. */
export function sortKey(key: Column | SortKey): SortKey {
  return key instanceof Column ? key.asc() : key;
}

function window<C extends Column>(
  fn: WindowName,
  args: readonly Expr[],
  type: DataType,
  nullable: boolean,
  over: Over,
  offset = 0,
): C {
  const partitionBy = over.partitionBy.map((column) => column.expr);
  return wrap({ kind: "window", fn, args, offset, partitionBy, orderBy: over.orderBy.map(sortKey), type, nullable });
}
