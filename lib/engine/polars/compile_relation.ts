import { children, type Expr, type SortKey, type Window } from "../../relation/expr.js";
import type { Project, RelationNode, Source } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { convert } from "./cast.js";
import { compileExpr } from "./compile_expr.js";
import { compileDistinct, isSorting } from "./distinct.js";
import { compileGroupBy } from "./group_by.js";
import { compileJoin, compileMembership, isMembership } from "./join.js";
import { conditionsBelow } from "./key_conditions.js";
import { concatenate, type Frame, type LazyFrame } from "./native.js";
import type { Ranges } from "./packed_key.js";
import * as p from "./polars_expr.js";
import { replacer } from "./replace_exprs.js";
import { isOrderedBy, type OrderedFrame, orderOf, projectedOrder } from "./row_order.js";
import { compileRowWise, hasWindows, plainConditions, type RowWiseSteps, rowWiseSteps } from "./row_wise.js";
import { sortByRanges } from "./sort.js";
import { rangeOf, type SourceRanges, type ValueRange } from "./value_range.js";
import { compileWindows } from "./window.js";

/** Gives the frame of a source; `conditions` stand above it and reach it unchanged, so that files may be skipped by them. */
export type Scans = (source: Source, fields: readonly StructField[], conditions: readonly Expr[]) => Promise<LazyFrame>;

/** Where a compilation gets what it does not know of the sources. */
export interface Sources {
  readonly scan: Scans;
  /** Asked for the columns by which rows are sorted. */
  readonly ranges: SourceRanges;
  /** The rows of a relation where they are few and can be had at once. */
  readonly few: (node: RelationNode) => Promise<Frame | undefined>;
}

/** What a compilation carries down the tree. */
export interface Demand {
  /** Conditions that hold for every row that is needed from here. */
  readonly conditions?: readonly Expr[];
  /** The query will be streamed; otherwise it runs in memory. */
  readonly streamed?: boolean;
}

/** A relation as a Polars query, whose columns have the names, types and order of the node's fields. */
export async function compileRelation(node: RelationNode, sources: Sources, demand: Demand = {}): Promise<LazyFrame> {
  return (await compileOrdered(node, sources, demand)).frame;
}

async function compileOrdered(node: RelationNode, sources: Sources, demand: Demand): Promise<OrderedFrame> {
  if (node.op === "filter" || (node.op === "project" && !hasWindows(node))) {
    return compileSteps(rowWiseSteps(node), sources, demand);
  }
  const { conditions = [], streamed = false } = demand;
  const input = (of: RelationNode, holding: readonly Expr[] = []): Promise<OrderedFrame> =>
    compileOrdered(of, sources, { conditions: holding, streamed });
  const ofKeys = conditionsBelow(node, conditions);
  const chosen = async (of: RelationNode, i = 0): Promise<OrderedFrame> => {
    const { frame, order } = await input(of, ofKeys(i));
    return { frame: ofKeys(i).reduce((kept, condition) => kept.filter(compileExpr(condition)), frame), order };
  };
  const toSort = async (of: RelationNode, found: OrderedFrame): Promise<OrderedFrame> =>
    found.order.length > 0 ? found : { ...found, ranges: await rangesOf(sortedBy(node), of, sources.ranges) };
  switch (node.op) {
    case "scan":
      return unordered(await sources.scan(node.source, node.fields, conditions));
    case "project":
      return projectWindows(node, await toSort(node.input, await chosen(node.input)));
    case "join": {
      const members = isMembership(node) ? await sources.few(node.right) : undefined;
      if (members !== undefined) {
        const { frame, order } = await chosen(node.left);
        return { frame: compileMembership(node, frame, members), order };
      }
      const [left, right] = await Promise.all([chosen(node.left, 0), chosen(node.right, 1)]);
      return unordered(compileJoin(node, left.frame, right.frame));
    }
    case "groupBy":
      return unordered(compileGroupBy(node, (await chosen(node.input)).frame));
    case "distinct":
      return compileDistinct(node, await toSort(node.input, await chosen(node.input)), streamed);
    case "union": {
      const inputs = await Promise.all(node.inputs.map((of) => input(of, conditions)));
      const frames = inputs.map(({ frame }, i) => retyped(frame, node.inputs[i]?.fields ?? [], node.fields));
      return unordered(concatenate(frames));
    }
    case "sort":
      return sortBy(await toSort(node.input, await input(node.input, conditions)), node.orderBy, node.fields);
    case "limit": {
      const { frame, order } = await input(node.input);
      return { frame: frame.slice(0, node.rows), order };
    }
  }
}

async function compileSteps(
  steps: RowWiseSteps,
  sources: Sources,
  { conditions = [], streamed = false }: Demand,
): Promise<OrderedFrame> {
  const columns = new Map(steps.columns.map(({ name, expr }) => [name, expr]));
  const overBase = replacer((part) => (part.kind === "column" ? columns.get(part.name) : undefined));
  const holding = plainConditions([...steps.conditions, ...conditions.map(overBase)]);
  const base = await compileOrdered(steps.base, sources, { conditions: holding, streamed });
  return { frame: compileRowWise(steps, base.frame), order: projectedOrder(base.order, steps.columns) };
}

function projectWindows(node: Project, input: OrderedFrame): OrderedFrame {
  const { frame, order, columns } = compileWindows(node.columns, input);
  return {
    frame: compileRowWise({ base: node, conditions: [], columns }, frame),
    order: projectedOrder(order, columns),
  };
}

function sortBy(input: OrderedFrame, orderBy: readonly SortKey[], fields: readonly StructField[]): OrderedFrame {
  if (isOrderedBy(input.order, [], orderBy)) return input;
  const frame = sortByRanges(input.frame, orderBy, input.ranges).select(fields.map((f) => p.column(f.name)));
  return { frame, order: orderOf(orderBy) };
}

/** The columns by which an operator sorts its input. */
function sortedBy(node: RelationNode): ReadonlySet<string> {
  const exprs: Expr[] = [];
  if (node.op === "distinct" && !isSorting(node)) return new Set();
  if (node.op === "distinct" || node.op === "sort") exprs.push(...node.orderBy.map(({ expr }) => expr));
  if (node.op === "project") {
    for (const { partitionBy, orderBy } of node.columns.flatMap(({ expr }) => windowsIn(expr)))
      exprs.push(...partitionBy, ...orderBy.map((key) => key.expr));
  }
  const names = exprs.flatMap((expr) => (expr.kind === "column" ? [expr.name] : []));
  return new Set(node.op === "distinct" ? [...node.on, ...names] : names);
}

function windowsIn(expr: Expr): readonly Window[] {
  const below = children(expr).flatMap(windowsIn);
  return expr.kind === "window" ? [expr, ...below] : below;
}

async function rangesOf(names: ReadonlySet<string>, node: RelationNode, ofSource: SourceRanges): Promise<Ranges> {
  const ranges = new Map<string, ValueRange>();
  if (names.size < 2) return ranges;
  for (const { name } of node.fields) {
    const range = names.has(name) ? await rangeOf(node, name, ofSource) : undefined;
    if (range !== undefined) ranges.set(name, range);
  }
  return ranges;
}

function unordered(frame: LazyFrame): OrderedFrame {
  return { frame, order: [] };
}

function retyped(frame: LazyFrame, from: readonly StructField[], to: readonly StructField[]): LazyFrame {
  return frame.select(to.map((f, i) => p.alias(convert(p.column(f.name), from[i]?.type ?? f.type, f.type), f.name)));
}
