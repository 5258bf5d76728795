import type { Expr, SortKey } from "../../relation/expr.js";
import type { Project, RelationNode, Source } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { convert } from "./cast.js";
import { compileDistinct } from "./distinct.js";
import { compileGroupBy } from "./group_by.js";
import { classBelow, type HashClass, inClass } from "./hash_class.js";
import { compileJoin } from "./join.js";
import { concatenate, type LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { replacer } from "./replace_exprs.js";
import { compileRowWise, hasWindows, plainConditions, type RowWiseSteps, rowWiseSteps } from "./row_wise.js";
import { compileKeys, sortFrame } from "./sort.js";
import { compileWindows } from "./window.js";

/** Gives the frame of a source; `conditions` stand above it and reach it unchanged, so that files may be skipped by them. */
export type Scans = (source: Source, fields: readonly StructField[], conditions: readonly Expr[]) => Promise<LazyFrame>;

/** What a compilation carries down the tree. */
export interface Demand {
  /** Conditions that hold for every row that is needed from here. */
  readonly conditions?: readonly Expr[];
  /** The rows that are needed: one class of them. */
  readonly rows?: HashClass | undefined;
  /** The query will be streamed; otherwise it runs in memory. */
  readonly streamed?: boolean;
}

/** A relation as a Polars query, whose columns have the names, types and order of the node's fields. */
export async function compileRelation(node: RelationNode, scans: Scans, demand: Demand = {}): Promise<LazyFrame> {
  if (node.op === "filter" || (node.op === "project" && !hasWindows(node))) {
    return compileSteps(rowWiseSteps(node), scans, demand);
  }
  const { conditions = [], rows, streamed = false } = demand;
  const below = rows && classBelow(node, rows.column);
  if (rows && !below) return (await compileRelation(node, scans, { conditions, streamed })).filter(inClass(rows));
  const input = (of: RelationNode, i = 0, holding: readonly Expr[] = []): Promise<LazyFrame> => {
    const column = below?.[i];
    const inputRows = column === undefined || !rows ? undefined : { ...rows, column };
    return compileRelation(of, scans, { conditions: holding, rows: inputRows, streamed });
  };
  switch (node.op) {
    case "scan":
      return scans(node.source, node.fields, conditions);
    case "project":
      return projectWindows(node, await input(node.input));
    case "join": {
      const [left, right] = await Promise.all([input(node.left, 0), input(node.right, 1)]);
      return compileJoin(node, left, right);
    }
    case "groupBy":
      return compileGroupBy(node, await input(node.input));
    case "distinct":
      return compileDistinct(node, await input(node.input), streamed);
    case "union": {
      const inputs = await Promise.all(node.inputs.map((of, i) => input(of, i, conditions)));
      return concatenate(inputs.map((frame, i) => retyped(frame, node.inputs[i]?.fields ?? [], node.fields)));
    }
    case "sort":
      return sortBy(await input(node.input, 0, conditions), node.orderBy, node.fields);
    case "limit":
      return (await input(node.input)).slice(0, node.rows);
  }
}

async function compileSteps(
  steps: RowWiseSteps,
  scans: Scans,
  { conditions = [], rows, streamed = false }: Demand,
): Promise<LazyFrame> {
  const columns = new Map(steps.columns.map(({ name, expr }) => [name, expr]));
  const overBase = replacer((part) => (part.kind === "column" ? columns.get(part.name) : undefined));
  const holding = plainConditions([...steps.conditions, ...conditions.map(overBase)]);
  const source = rows && columns.get(rows.column);
  const below = rows && source?.kind === "column" ? { ...rows, column: source.name } : undefined;
  const result = compileRowWise(
    steps,
    await compileRelation(steps.base, scans, { conditions: holding, rows: below, streamed }),
  );
  return rows && !below ? result.filter(inClass(rows)) : result;
}

function projectWindows(node: Project, input: LazyFrame): LazyFrame {
  const { frame, columns } = compileWindows(node.columns, input);
  return compileRowWise({ base: node, conditions: [], columns }, frame);
}

function sortBy(input: LazyFrame, orderBy: readonly SortKey[], fields: readonly StructField[]): LazyFrame {
  return sortFrame(input, compileKeys(orderBy)).select(fields.map((f) => p.column(f.name)));
}

function retyped(frame: LazyFrame, from: readonly StructField[], to: readonly StructField[]): LazyFrame {
  return frame.select(to.map((f, i) => p.alias(convert(p.column(f.name), from[i]?.type ?? f.type, f.type), f.name)));
}
