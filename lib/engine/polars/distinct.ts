import type { Expr } from "../../relation/expr.js";
import type { Distinct } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { fingerprint } from "./fingerprint.js";
import type { LazyFrame } from "./native.js";
import { firstOfPartitions } from "./partition.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { isOrderedBy, type OrderedFrame, reversed } from "./row_order.js";
import { isRowWise } from "./row_wise.js";
import { type CompiledKey, compileKeys, sortFrame } from "./sort.js";
import { TEMPORARY } from "./temporary.js";

/**
 * One row per combination of the keys: of whole rows any of the equal ones, else the first in order. What costs least
 * differs by the kind of keys, by whether the query is streamed, and by whether its input can be read twice in one order.
 */
export function compileDistinct(node: Distinct, input: OrderedFrame, streamed: boolean): OrderedFrame {
  const keys = node.fields.filter((f) => node.on.includes(f.name));
  const exprs = keys.map(({ name, type, nullable }): Expr => ({ kind: "column", name, type, nullable }));
  const isSorted = [node.orderBy, reversed(node.orderBy)].some((by) => isOrderedBy(input.order, exprs, by));
  if (isSorted || isSorting(node)) {
    const { frame, order } = firstOfPartitions(input, exprs, node.orderBy);
    return { frame: frame.select(node.fields.map(columnOf)), order };
  }
  return { frame: ofUnsorted(node, input.frame, keys, streamed), order: [] };
}

/** True for a distinct that is done by sorting its rows. */
export function isSorting(node: Distinct): boolean {
  return node.orderBy.length > 0 && !node.fields.some((f) => node.on.includes(f.name) && isText(f));
}

function ofUnsorted(node: Distinct, input: LazyFrame, keys: readonly StructField[], streamed: boolean): LazyFrame {
  const order = compileKeys(node.orderBy);
  if (!keys.some(isText)) return firstOfGroups(node, input, keys, order);
  if (!streamed) return sortFrame(input, order).unique(node.on, "first").select(node.fields.map(columnOf));
  return isTextOfRowWise(node)
    ? withoutRows(node, input, repetitions(node, input))
    : firstOfGroups(node, input, keys, order);
}

const ROWS = `${TEMPORARY}rows`;
const ORDER = `${TEMPORARY}order`;
const REST = `${TEMPORARY}rest`;
const INDEX = `${TEMPORARY}row`;
const ONE = `${TEMPORARY}hash1`;
const TWO = `${TEMPORARY}hash2`;
/** With more columns than this, they are taken together. */
const FEW_COLUMNS = 4;

/** True for a distinct whose repetitions can be found apart from its wide rows: by text, of an input that can be read twice. */
export function isTextOfRowWise(node: Distinct): boolean {
  return node.fields.some((f) => node.on.includes(f.name) && isText(f)) && isRowWise(node.input);
}

/** The numbers of the input's rows that repeat another one which comes before them; only the keys' hashes are held. */
export function repetitions(node: Distinct, input: LazyFrame): LazyFrame {
  const keys = node.fields.filter((f) => node.on.includes(f.name));
  const [first, second] = fingerprint(keys.map(columnOf));
  const [index, one, two] = [p.column(INDEX), p.column(ONE), p.column(TWO)];
  const order = compileKeys(node.orderBy).map((key, i) => ({ ...key, name: `${ORDER}${i}` }));
  const narrow = input
    .withRowIndex(INDEX)
    .select([index, p.alias(first, ONE), p.alias(second, TWO), ...order.map(({ expr, name }) => p.alias(expr, name))]);
  const same = (column: PolarsExpr, rowsBack: 1 | -1): PolarsExpr => p.binary("Eq", column, p.shift(column, rowsBack));
  const repeated = narrow.sort([one], false).filter(p.binary("Or", same(one, 1), same(one, -1)));
  const descending = order[0]?.descending ?? false;
  const together = sortFrame(repeated, [
    { expr: one, descending, nullable: false },
    { expr: two, descending, nullable: false },
    ...order.map((key) => ({ ...key, expr: p.column(key.name) })),
  ]);
  return together.filter(p.binary("And", same(one, 1), same(two, 1))).select([index]);
}

/** The input without the rows of these numbers. */
export function withoutRows(node: Distinct, input: LazyFrame, numbers: LazyFrame): LazyFrame {
  const index = [p.column(INDEX)];
  return input.withRowIndex(INDEX).join(numbers, "anti", index, index).select(node.fields.map(columnOf));
}

/** Of every group the values of the row that comes first. */
function firstOfGroups(
  node: Distinct,
  input: LazyFrame,
  keys: readonly StructField[],
  order: readonly CompiledKey[],
): LazyFrame {
  const rest = node.fields.filter((f) => !keys.includes(f));
  const output = node.fields.map(columnOf);
  if (rest.length === 0) return input.groupBy(keys.map(columnOf), [p.alias(p.rows(), ROWS)]).select(output);
  const ordered = input.withColumns([p.alias(orderBytes(order), ORDER)]);
  const first = (value: PolarsExpr): PolarsExpr => p.call('"MinBy"', value, p.column(ORDER));
  if (rest.length <= FEW_COLUMNS) {
    const values = rest.map((f) => p.alias(first(columnOf(f)), f.name));
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

function isText(f: StructField): boolean {
  return f.type === "string" || f.type === "binary";
}

function columnOf(f: StructField): PolarsExpr {
  return p.column(f.name);
}
