import type { Distinct } from "../../relation/node.js";
import type { LazyFrame } from "./native.js";
import { firstOfPartitions } from "./partition.js";
import * as p from "./polars_expr.js";
import { compileKeys } from "./sort.js";

/** One row per combination of the keys: of whole rows any of the equal ones, else the first in order. */
export function compileDistinct(node: Distinct, input: LazyFrame): LazyFrame {
  if (node.orderBy.length === 0) return input.unique(node.on);
  const keys = node.fields.filter((f) => node.on.includes(f.name)).map((f) => ({ expr: p.column(f.name), nullable: f.nullable }));
  return firstOfPartitions(input, keys, compileKeys(node.orderBy)).select(node.fields.map((f) => p.column(f.name)));
}
