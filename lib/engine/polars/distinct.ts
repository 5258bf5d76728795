import type { Distinct } from "../../relation/node.js";
import { compileExpr } from "./compile_expr.js";
import type { LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { sortPartitions } from "./partition.js";

/** One row per combination of the keys: of whole rows any of the equal ones, else the first in order. */
export function compileDistinct(node: Distinct, input: LazyFrame): LazyFrame {
  if (node.orderBy.length === 0) return input.unique(node.on);
  const keys = node.on.map(p.column);
  const order = node.orderBy.map(({ expr, descending }) => ({ expr: compileExpr(expr), descending }));
  const { frame, isFirst } = sortPartitions(input, keys, order);
  return frame.filter(isFirst).select(node.fields.map((f) => p.column(f.name)));
}
