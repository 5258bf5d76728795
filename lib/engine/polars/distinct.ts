import type { Distinct } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import type { LazyFrame } from "./native.js";
import { firstOfPartitions } from "./partition.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type CompiledKey, compileKeys, sortFrame } from "./sort.js";
import { TEMPORARY } from "./temporary.js";

/**
 * One row per combination of the keys: of whole rows any of the equal ones, else the first in order. What costs least
 * differs by the kind of keys and by whether the query is streamed.
 */
export function compileDistinct(node: Distinct, input: LazyFrame, streamed: boolean): LazyFrame {
  const keys = node.fields.filter((f) => node.on.includes(f.name));
  const output = node.fields.map(columnOf);
  if (node.orderBy.length === 0) {
    return streamed
      ? input.groupBy(keys.map(columnOf), [p.alias(p.rows(), ROWS)]).select(output)
      : input.unique(node.on, "any");
  }
  const order = compileKeys(node.orderBy);
  if (!keys.some((key) => key.type === "string" || key.type === "binary")) {
    const partitions = keys.map((key) => ({ expr: p.column(key.name), nullable: key.nullable }));
    return firstOfPartitions(input, partitions, order).select(output);
  }
  return streamed
    ? firstOfGroups(node, input, keys, order)
    : sortFrame(input, order).unique(node.on, "first").select(output);
}

const ROWS = `${TEMPORARY}rows`;
const ORDER = `${TEMPORARY}order`;
const REST = `${TEMPORARY}rest`;
/** With more columns than this, they are taken together. */
const FEW_COLUMNS = 4;

/** By text, grouping costs less than sorting: of every group the values of the row that comes first. */
function firstOfGroups(
  node: Distinct,
  input: LazyFrame,
  keys: readonly StructField[],
  order: readonly CompiledKey[],
): LazyFrame {
  const rest = node.fields.filter((f) => !keys.includes(f));
  const ordered = input.withColumns([p.alias(orderBytes(order), ORDER)]);
  const first = (value: PolarsExpr): PolarsExpr => p.call('"MinBy"', value, p.column(ORDER));
  const output = node.fields.map(columnOf);
  if (rest.length <= FEW_COLUMNS) {
    const values = rest.length === 0 ? [p.alias(p.rows(), ROWS)] : rest.map((f) => p.alias(first(columnOf(f)), f.name));
    return ordered.groupBy(keys.map(columnOf), values).select(output);
  }
  const together = p.alias(first(p.call('"AsStruct"', ...rest.map(columnOf))), REST);
  const fields = rest.map((f) => p.alias(p.structField(p.column(REST), f.name), f.name));
  return ordered.groupBy(keys.map(columnOf), [together]).withColumns(fields).select(output);
}

/** Bytes that are ordered as the keys are: Polars' own encoding of rows for sorting. */
function orderBytes(order: readonly CompiledKey[]): PolarsExpr {
  const descending = JSON.stringify(order.map((key) => key.descending));
  const encoding = `{"RowEncode":{"Ordered":{"descending":${descending},"nulls_last":${descending},"broadcast_nulls":null}}}`;
  return p.cast(p.call(encoding, ...order.map((key) => key.expr)), "binary");
}

function columnOf(f: StructField): PolarsExpr {
  return p.column(f.name);
}
