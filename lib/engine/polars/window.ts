import type { Expr, Window } from "../../relation/expr.js";
import { children, someExpr } from "../../relation/expr.js";
import type { NamedExpr } from "../../relation/node.js";
import { formatExpr } from "../../relation/print.js";
import { decimalOf } from "../../types.js";
import { compileExpr } from "./compile_expr.js";
import { isFloating, isInteger } from "./data_type.js";
import { type SortedPartitions, sortPartitions } from "./partition.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { replacer } from "./replace_exprs.js";
import type { OrderedFrame } from "./row_order.js";
import { TEMPORARY } from "./temporary.js";

/**
 * Windows without Polars' `over`, which is slow on many groups: the rows are sorted once per partition and order, then
 * running functions over the whole frame are cut at the partitions' first rows.
 */
export function compileWindows(
  columns: readonly NamedExpr[],
  input: OrderedFrame,
): OrderedFrame & { readonly columns: readonly NamedExpr[] } {
  let [sorted, remaining, number] = [input, columns, 0];
  for (let ready = innermost(remaining); ready.length > 0; ready = innermost(remaining)) {
    const names = new Map<string, string>();
    for (const group of bySpecification(ready)) {
      const named = group.map((window) => ({ window, name: `${TEMPORARY}window${number++}` }));
      for (const { window, name } of named) names.set(formatExpr(window), name);
      sorted = { ...addWindows(sorted, named), ...(input.ranges && { ranges: input.ranges }) };
    }
    const computed = columnsFor(names);
    remaining = remaining.map(({ name, expr }) => ({ name, expr: computed(expr) }));
  }
  return { ...sorted, columns: remaining };
}

interface NamedWindow {
  readonly window: Window;
  readonly name: string;
}

/** All windows of equal partitions and order. */
function addWindows(input: OrderedFrame, windows: readonly NamedWindow[]): OrderedFrame {
  const [first] = windows;
  if (!first) return input;
  const { partitionBy, orderBy } = first.window;
  const sorted = sortPartitions(input, partitionBy, orderBy);
  const start = p.forwardFill(p.choose(sorted.isFirst, sorted.index, p.nullOf("long")));
  const keys = partitionBy.map((key) => compileExpr(key));
  const added = windows.map(({ window, name }) => p.alias(compileWindow(window, sorted, keys), name));
  const frame = sorted.frame.withColumns([p.alias(start, START)]).withColumns(added);
  const place = new Set(partitionBy.map(formatExpr)).size + orderBy.length;
  const numbers = windows
    .filter(({ window }) => window.fn === "rowNumber")
    .map(({ name }) => ({ name, descending: false }));
  const order =
    sorted.order.length < place
      ? sorted.order
      : [...sorted.order.slice(0, place), ...numbers, ...sorted.order.slice(place)];
  return { frame, order };
}

const START = `${TEMPORARY}start`;

function compileWindow(window: Window, { isFirst, index }: SortedPartitions, keys: readonly PolarsExpr[]): PolarsExpr {
  const start = p.column(START);
  const [argument] = window.args;
  const rowNumber = p.binary("Plus", p.binary("Minus", index, start), p.int64(1));
  if (window.fn === "rowNumber" || !argument) return rowNumber;
  const value = compileExpr(argument);
  switch (window.fn) {
    case "lag":
      return p.choose(
        p.binary("Gt", rowNumber, p.int64(window.offset)),
        p.shift(value, window.offset),
        p.nullOf(window.type),
      );
    case "lastKnown": {
      const knownAt = p.forwardFill(p.choose(p.isNotNull(value), index, p.nullOf("long")));
      return p.choose(p.binary("GtEq", knownAt, start), p.forwardFill(value), p.nullOf(window.type));
    }
    case "runningSum":
      return runningSum(window, argument, value, isFirst, keys);
    case "runningMax":
      return runningMax(window, value, start, keys);
  }
}

/** The running sum of everything, less what it was before the partition's first row; exact for integers and decimals. */
function runningSum(
  window: Window,
  argument: Expr,
  value: PolarsExpr,
  isFirst: PolarsExpr,
  keys: readonly PolarsExpr[],
): PolarsExpr {
  const seen = argument.nullable ? positive(sinceFirst(p.cast(p.isNotNull(value), "long"), isFirst)) : undefined;
  const onlySeen = (sum: PolarsExpr): PolarsExpr =>
    seen === undefined ? sum : p.choose(seen, sum, p.nullOf(window.type));
  if (isFloating(window.type)) {
    const running = cumulative(p.fillNull(p.cast(value, "double"), p.scalar("Float64", "0.0")));
    return onlySeen(keys.length === 0 ? running : p.over(running, keys));
  }
  const decimal = decimalOf(window.type);
  const physical = decimal
    ? p.call('"ToPhysical"', p.cast(value, `decimal(38,${decimal.scale})`))
    : p.cast(value, "Int128");
  const running = sinceFirst(p.fillNull(physical, p.int128(0)), isFirst);
  if (!decimal) return onlySeen(p.cast(running, window.type));
  const unscaled = p.cast(running, "decimal(38,0)");
  return onlySeen(p.cast(p.binary("Multiply", unscaled, p.scalar("Decimal", `[1,38,${decimal.scale}]`)), window.type));
}

function sinceFirst(value: PolarsExpr, isFirst: PolarsExpr): PolarsExpr {
  const total = cumulative(value);
  const before = p.forwardFill(
    p.choose(isFirst, p.binary("Minus", total, value), p.call('"Coalesce"', p.nullOf("long"))),
  );
  return p.binary("Minus", total, before);
}

/** A value of 64 bits is joined with its partition's place into one of 128, whose running maximum begins anew in each partition. */
function runningMax(window: Window, value: PolarsExpr, start: PolarsExpr, keys: readonly PolarsExpr[]): PolarsExpr {
  const narrow =
    isInteger(window.type) || window.type === "date" || window.type === "timestamp" || window.type === "timestamp_ntz";
  if (!narrow) return wideRunningMax(window, value, keys);
  const place = p.binary("Multiply", p.cast(start, "Int128"), p.int128(1n << 66n));
  const none = p.int128(-(1n << 65n));
  const joined = p.binary("Plus", place, p.fillNull(p.cast(p.call('"ToPhysical"', value), "Int128"), none));
  const greatest = p.binary("Minus", p.call('{"CumMax":{"reverse":false}}', joined), place);
  return p.cast(p.cast(p.nullIf(greatest, none, "Int128"), "long"), window.type);
}

/** Polars' own running maximum passes over NaN, which is the greatest of all. */
function wideRunningMax(window: Window, value: PolarsExpr, keys: readonly PolarsExpr[]): PolarsExpr {
  const running = (of: PolarsExpr): PolarsExpr => {
    const filled = p.forwardFill(p.call('{"CumMax":{"reverse":false}}', of));
    return keys.length === 0 ? filled : p.over(filled, keys);
  };
  if (!isFloating(window.type)) return running(value);
  return p.choose(
    p.binary("Eq", running(p.cast(p.isNaN(value), "integer")), p.int32(1)),
    p.cast(p.text("NaN"), window.type),
    running(value),
  );
}

function cumulative(value: PolarsExpr): PolarsExpr {
  return p.call('{"CumSum":{"reverse":false}}', value);
}

function positive(value: PolarsExpr): PolarsExpr {
  return p.binary("Gt", value, p.int64(0));
}

/** The windows that hold no other window, each once. */
function innermost(columns: readonly NamedExpr[]): readonly Window[] {
  const found = new Map<string, Window>();
  const visit = (expr: Expr): void => {
    if (expr.kind === "window" && !children(expr).some((child) => someExpr(child, (part) => part.kind === "window"))) {
      found.set(formatExpr(expr), expr);
    }
    children(expr).forEach(visit);
  };
  for (const { expr } of columns) visit(expr);
  return [...found.values()];
}

function bySpecification(windows: readonly Window[]): readonly (readonly Window[])[] {
  const groups = new Map<string, Window[]>();
  for (const window of windows) {
    const partition = window.partitionBy.map(formatExpr).join();
    const order = window.orderBy.map((key) => formatExpr(key.expr) + key.descending).join();
    const key = `${partition}|${order}`;
    groups.set(key, [...(groups.get(key) ?? []), window]);
  }
  return [...groups.values()];
}

function columnsFor(names: ReadonlyMap<string, string>): (expr: Expr) => Expr {
  return replacer((part) => {
    const name = part.kind === "window" ? names.get(formatExpr(part)) : undefined;
    return name === undefined ? undefined : { kind: "column", name, type: part.type, nullable: part.nullable };
  });
}
