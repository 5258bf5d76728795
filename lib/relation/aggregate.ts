import type { DataType } from "../types.js";
import { type Column, type ColumnOf, type Kind, wrap } from "./column.js";
import type { AggregateName, Expr } from "./expr.js";
import type { LongColumn } from "./number_column.js";

/** Aggregate: the number of rows of the group. */
export function countRows(): LongColumn {
  return aggregate("countAll", [], "long", false);
}

/** Aggregate: how many values are not null. */
export function count(column: Column): LongColumn {
  return aggregate("count", [column.expr], "long", false);
}

/** Aggregate: how many different values there are, null not counted. */
export function countDistinct(column: Column): LongColumn {
  return aggregate("countDistinct", [column.expr], "long", false);
}

/** Aggregate: the least value; null if there is none. */
export function min<K extends Kind>(column: Column<K>): ColumnOf<K> {
  return aggregate("min", [column.expr], column.expr.type, true);
}

/** Aggregate: the greatest value; null if there is none. */
export function max<K extends Kind>(column: Column<K>): ColumnOf<K> {
  return aggregate("max", [column.expr], column.expr.type, true);
}

/** An aggregate call as a column. */
export function aggregate<C extends Column>(
  fn: AggregateName,
  args: readonly Expr[],
  type: DataType,
  nullable: boolean,
): C {
  return wrap({ kind: "aggregate", fn, args, type, nullable });
}
