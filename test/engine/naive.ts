import type { Aggregate, Expr, SortKey, Window } from "../../lib/relation/expr.js";
import type { RelationNode } from "../../lib/relation/node.js";
import type { Value } from "../../lib/relation/runner.js";
import { type DataType, decimalOf } from "../../lib/types.js";

/**
 * The meaning of relations, row by row and without haste: the oracle that engines are compared with. It knows the operators
 * and the functions that random relations are made of; values are as `collect` gives them.
 */

export type NaiveRow = Readonly<Record<string, Value>>;

/** The rows of a relation over written-down values. */
export function evaluate(node: RelationNode): readonly NaiveRow[] {
  switch (node.op) {
    case "scan": {
      if (node.source.kind !== "values") throw new Error("the oracle reads only values");
      const read = (cell: string | boolean | null, type: DataType): Value =>
        cell === null ? null : parse(cell, String(type));
      return node.source.rows.map((row) =>
        Object.fromEntries(node.fields.map((f, i) => [f.name, read(row[i] ?? null, f.type)])),
      );
    }
    case "filter":
      return evaluate(node.input).filter((row, _, rows) => value(node.condition, row, rows) === true);
    case "project": {
      const rows = evaluate(node.input);
      return rows.map((row) =>
        Object.fromEntries(node.columns.map(({ name, expr }) => [name, value(expr, row, rows)])),
      );
    }
    case "sort":
      return sorted(evaluate(node.input), node.orderBy);
    case "limit":
      return evaluate(node.input).slice(0, node.rows);
    case "union":
      return node.inputs.flatMap(evaluate);
    case "distinct":
      return [...groups(sorted(evaluate(node.input), node.orderBy), node.on).values()].flatMap(([first]) =>
        first ? [first] : [],
      );
    case "groupBy": {
      const rows = evaluate(node.input);
      const found = node.keys.length === 0 ? [rows] : [...groups(rows, node.keys).values()];
      return found.map((group) => ({
        ...Object.fromEntries(node.keys.map((key) => [key, group[0]?.[key] ?? null])),
        ...Object.fromEntries(node.aggregates.map(({ name, expr }) => [name, value(expr, {}, group)])),
      }));
    }
    case "join":
      return join(node, evaluate(node.left), evaluate(node.right));
  }
}

/** Rows in a form that compares them whatever their order is. */
export function bag(rows: readonly NaiveRow[]): readonly string[] {
  return rows
    .map((row) =>
      Object.entries(row)
        .map(([name, item]) => `${name}=${keyOf(item)}`)
        .join(", "),
    )
    .sort();
}

/** Text by which two values are equal: NaN equals NaN, -0 equals 0. */
function keyOf(item: Value | undefined): string {
  if (item === null || item === undefined) return "null";
  if (typeof item === "number") return `number ${Object.is(item, -0) ? 0 : item}`;
  return `${typeof item} ${String(item)}`;
}

function parse(cell: string | boolean, type: string): Value {
  if (typeof cell === "boolean") return cell;
  if (type === "long") return BigInt(cell);
  if (type === "integer" || type === "double") return Number(cell);
  return cell;
}

function join(
  node: Extract<RelationNode, { op: "join" }>,
  left: readonly NaiveRow[],
  right: readonly NaiveRow[],
): readonly NaiveRow[] {
  const matches = (l: NaiveRow, r: NaiveRow): boolean =>
    node.on.every((key) => keyOf(l[key.left]) === keyOf(r[key.right]) && (node.nullsEqual || l[key.left] !== null));
  if (node.how === "semi") return left.filter((l) => right.some((r) => matches(l, r)));
  if (node.how === "anti") return left.filter((l) => !right.some((r) => matches(l, r)));
  const output = (l: NaiveRow | undefined, r: NaiveRow | undefined): NaiveRow => {
    const key = (name: string): string => node.on.find((pair) => pair.left === name)?.right ?? name;
    return Object.fromEntries(
      node.fields.map(({ name }) => [name, (l && name in l ? l[name] : r?.[l ? name : key(name)]) ?? null]),
    );
  };
  const pairs = left.flatMap((l) => {
    const partners = right.filter((r) => matches(l, r));
    return partners.length > 0 ? partners.map((r) => output(l, r)) : node.how === "inner" ? [] : [output(l, undefined)];
  });
  const alone = node.how === "full" ? right.filter((r) => !left.some((l) => matches(l, r))) : [];
  return [...pairs, ...alone.map((r) => output(undefined, r))];
}

function value(expr: Expr, row: NaiveRow, rows: readonly NaiveRow[]): Value {
  switch (expr.kind) {
    case "column":
      return row[expr.name] ?? null;
    case "literal":
      return expr.value === null ? null : parse(expr.value, String(expr.type));
    case "aggregate":
      return aggregate(expr, rows);
    case "window":
      return window(expr, row, rows);
    case "case": {
      const branch = expr.branches.find(({ when }) => value(when, row, rows) === true);
      return value(branch?.then ?? expr.otherwise, row, rows);
    }
    case "call": {
      const args = expr.args.map((arg) => value(arg, row, rows));
      return call(expr.fn, args);
    }
    case "cast":
      throw new Error("the oracle casts nothing");
  }
}

function call(fn: string, args: readonly Value[]): Value {
  const [a = null, b = null] = args;
  if (fn === "isNull") return a === null;
  if (fn === "isNotNull") return a !== null;
  if (fn === "eqNullSafe") return keyOf(a) === keyOf(b);
  if (fn === "coalesce") return args.find((arg) => arg !== null) ?? null;
  if (fn === "and") return a === false || b === false ? false : a === null || b === null ? null : true;
  if (fn === "or") return a === true || b === true ? true : a === null || b === null ? null : false;
  if (a === null || (args.length > 1 && b === null)) return null;
  switch (fn) {
    case "not":
      return !a;
    case "eq":
      return compare(a, b) === 0;
    case "ne":
      return compare(a, b) !== 0;
    case "lt":
      return compare(a, b) < 0;
    case "ge":
      return compare(a, b) >= 0;
    case "add":
      return (BigInt(a as bigint) + BigInt(b as bigint)) as Value;
    case "upper":
      return String(a).toUpperCase();
    default:
      throw new Error(`the oracle does not know ${fn}`);
  }
}

function aggregate({ fn, args: [arg], type }: Aggregate, rows: readonly NaiveRow[]): Value {
  if (fn === "countAll" || !arg) return BigInt(rows.length);
  const values = rows.map((row) => value(arg, row, rows)).filter((item) => item !== null);
  switch (fn) {
    case "count":
      return BigInt(values.length);
    case "countDistinct":
      return BigInt(new Set(values.map(keyOf)).size);
    case "min":
      return values.reduce<Value>((least, item) => (least === null || compare(item, least) < 0 ? item : least), null);
    case "max":
      return values.reduce<Value>((most, item) => (most === null || compare(item, most) > 0 ? item : most), null);
    case "sum":
      return values.length === 0 ? null : total(values, type);
    case "avg":
      throw new Error("the oracle takes no means");
  }
}

/** Exact sums of whole numbers and decimals; doubles from left to right. */
function total(values: readonly Value[], type: DataType): Value {
  const scale = decimalOf(type)?.scale;
  if (scale !== undefined)
    return decimalText(
      values.reduce<bigint>((sum, item) => sum + unscaled(String(item)), 0n),
      scale,
    );
  if (type !== "double") return values.reduce<bigint>((sum, item) => sum + BigInt(item as bigint | number), 0n);
  return values.reduce<number>((sum, item) => sum + Number(item), 0);
}

function window(expr: Window, row: NaiveRow, rows: readonly NaiveRow[]): Value {
  const partitionOf = (other: NaiveRow): string =>
    expr.partitionBy.map((key) => keyOf(value(key, other, rows))).join("|");
  const partition = sorted(
    rows.filter((other) => partitionOf(other) === partitionOf(row)),
    expr.orderBy,
  );
  const place = partition.indexOf(row);
  const [arg] = expr.args;
  if (expr.fn === "rowNumber" || !arg) return BigInt(place + 1);
  const seen = partition.slice(0, place + 1).map((other) => value(arg, other, rows));
  const known = seen.filter((item) => item !== null);
  switch (expr.fn) {
    case "lag":
      return place < expr.offset ? null : (seen[place - expr.offset] ?? null);
    case "lastKnown":
      return known.at(-1) ?? null;
    case "runningMax":
      return known.reduce<Value>((most, item) => (most === null || compare(item, most) > 0 ? item : most), null);
    case "runningSum":
      return known.length === 0 ? null : total(known, expr.type);
  }
}

function groups(rows: readonly NaiveRow[], keys: readonly string[]): ReadonlyMap<string, readonly NaiveRow[]> {
  const found = new Map<string, NaiveRow[]>();
  for (const row of rows) {
    const key = keys.map((name) => keyOf(row[name])).join("|");
    const group = found.get(key);
    if (group) group.push(row);
    else found.set(key, [row]);
  }
  return found;
}

/** Stable; nulls first when ascending, last when descending. */
function sorted(rows: readonly NaiveRow[], orderBy: readonly SortKey[]): readonly NaiveRow[] {
  return rows.toSorted((a, b) => {
    for (const { expr, descending } of orderBy) {
      const order = compare(value(expr, a, rows), value(expr, b, rows));
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
}

/** Nulls lowest, NaN highest, text by UTF-8 bytes, decimals by value. */
function compare(a: Value, b: Value): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "string" && typeof b === "string") {
    const isDecimal = /^-?\d+\.\d+$/;
    if (isDecimal.test(a) && isDecimal.test(b)) return Number(unscaled(a) - unscaled(b));
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b) ? 0 : Number.isNaN(a) ? 1 : -1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function unscaled(text: string): bigint {
  return BigInt(text.replace(".", ""));
}

function decimalText(value: bigint, scale: number): string {
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0");
  return `${value < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
