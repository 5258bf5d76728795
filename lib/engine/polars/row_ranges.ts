import type { Call, Expr, FunctionName } from "../../relation/expr.js";
import { inputsOf, type RelationNode } from "../../relation/node.js";
import type { DataType, StructField } from "../../types.js";
import { columnsBelow } from "./columns_below.js";
import { isInteger } from "./data_type.js";
import { concatenate, type LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { isRowWise } from "./row_wise.js";
import { toRows } from "./rows.js";

/** Some of the values of a relation's column, the more the more rows it has. */
export type Sample = (node: RelationNode, column: string) => Promise<LazyFrame>;

/** The ranges of the first of the columns that can be split into so many parts, or of the one that can be split into most. */
export async function mostRanges(
  node: RelationNode,
  columns: readonly string[],
  parts: number,
  sample: Sample,
): Promise<readonly Expr[] | undefined> {
  let most: readonly Expr[] | undefined;
  for (const column of node.fields.filter((f) => columns.includes(f.name))) {
    const ranges = await rowRanges(node, column, parts, sample);
    if (ranges?.length === parts) return ranges;
    if ((ranges?.length ?? 0) > (most?.length ?? 0)) most = ranges;
  }
  return most;
}

/**
 * Conditions on a column of a relation that split its rows into ranges of the column's values, so that about equally many
 * rows are read for each; every row is in one of them. Fewer than asked for where values repeat much; undefined when the
 * column has no ranges, or when its values stand on no row before much of the relation is computed.
 */
async function rowRanges(
  node: RelationNode,
  column: StructField,
  parts: number,
  sample: Sample,
): Promise<readonly Expr[] | undefined> {
  const origins = hasRanges(column.type) ? originsOf(node, column.name) : undefined;
  if (origins === undefined || origins.length === 0) return undefined;
  const { name } = column;
  const samples = origins.map(async (origin) =>
    (await sample(origin.node, origin.column)).select([p.alias(p.column(origin.column), name)]),
  );
  const values = concatenate(await Promise.all(samples)).filter(p.isNotNull(p.column(name)));
  const sorted = toRows(await values.sort([p.column(name)], false).collect(), [column]);
  const bounds = Array.from({ length: parts - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / parts)]);
  return between([...new Set(bounds.flatMap((row) => (row === undefined ? [] : [String(row[name])])))], column);
}

/** The conditions `< first`, `>= first and < second`, … `>= last`; nulls are in the first. Undefined without a bound. */
function between(bounds: readonly string[], { name, type, nullable }: StructField): readonly Expr[] | undefined {
  if (bounds.length === 0) return undefined;
  const column: Expr = { kind: "column", name, type, nullable };
  const compared = (fn: "lt" | "ge", value: string): Expr =>
    condition(fn, [column, { kind: "literal", value, type, nullable: false }], nullable);
  return Array.from({ length: bounds.length + 1 }, (_, i) => {
    const [low, high] = [bounds[i - 1], bounds[i]];
    const limits = [
      ...(low === undefined ? [] : [compared("ge", low)]),
      ...(high === undefined ? [] : [compared("lt", high)]),
    ];
    const within = limits.reduce((all, limit) => condition("and", [all, limit], nullable));
    const isNull = condition("isNull", [column], false);
    return low === undefined && nullable ? condition("or", [isNull, within], nullable) : within;
  });
}

function condition(fn: FunctionName, args: readonly Expr[], nullable: boolean): Call {
  return { kind: "call", fn, args, type: "boolean", nullable };
}

interface Origin {
  readonly node: RelationNode;
  readonly column: string;
}

/** The relations that a column's values are looked at in, below all that rows need not pass for that. */
function originsOf(node: RelationNode, column: string): readonly Origin[] | undefined {
  const below = isRowWise(node) ? undefined : columnsBelow(node, column);
  if (below === undefined) return isRowWise(node) ? [{ node, column }] : undefined;
  const origins: Origin[] = [];
  for (const [i, input] of inputsOf(node).entries()) {
    const name = below[i];
    if (name === undefined) continue;
    const found = originsOf(input, name);
    if (found === undefined) return undefined;
    origins.push(...found);
  }
  return origins;
}

function hasRanges(type: DataType): boolean {
  return isInteger(type) || type === "date" || type === "timestamp" || type === "timestamp_ntz" || type === "string";
}
