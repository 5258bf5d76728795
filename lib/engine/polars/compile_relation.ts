import { columnsIn, type Expr, type SortKey } from "../../relation/expr.js";
import type { Project, RelationNode, Source } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { convert } from "./cast.js";
import { compileExpr } from "./compile_expr.js";
import { compileDistinct } from "./distinct.js";
import { compileGroupBy } from "./group_by.js";
import { compileJoin } from "./join.js";
import { concatenate, type LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { sortFrame } from "./sort.js";
import { compileWindows } from "./window.js";

/** Gives the frame of a source; `conditions` stand above it and reach it unchanged, so that files may be skipped by them. */
export type Scans = (source: Source, fields: readonly StructField[], conditions: readonly Expr[]) => Promise<LazyFrame>;

/** A relation as a Polars query, whose columns have the names, types and order of the node's fields. */
export async function compileRelation(node: RelationNode, scans: Scans, conditions: readonly Expr[] = []): Promise<LazyFrame> {
  switch (node.op) {
    case "scan":
      return scans(node.source, node.fields, conditions);
    case "filter": {
      const input = await compileRelation(node.input, scans, [node.condition, ...conditions]);
      return input.filter(compileExpr(node.condition));
    }
    case "project":
      return project(node, await compileRelation(node.input, scans, passedOn(node, conditions)));
    case "join": {
      const [left, right] = await Promise.all([compileRelation(node.left, scans), compileRelation(node.right, scans)]);
      return compileJoin(node, left, right);
    }
    case "groupBy":
      return compileGroupBy(node, await compileRelation(node.input, scans));
    case "distinct":
      return compileDistinct(node, await compileRelation(node.input, scans));
    case "union": {
      const inputs = await Promise.all(node.inputs.map((input) => compileRelation(input, scans)));
      return concatenate(inputs.map((frame, i) => retyped(frame, node.inputs[i]?.fields ?? [], node.fields)));
    }
    case "sort":
      return sortBy(await compileRelation(node.input, scans), node.orderBy, node.fields);
    case "limit":
      return (await compileRelation(node.input, scans)).slice(0, node.rows);
  }
}

function project(node: Project, input: LazyFrame): LazyFrame {
  const { frame, columns } = compileWindows(node.columns, input);
  return frame.select(columns.map(({ name, expr }) => p.alias(compileExpr(expr), name)));
}

function sortBy(input: LazyFrame, orderBy: readonly SortKey[], fields: readonly StructField[]): LazyFrame {
  const keys = orderBy.map(({ expr, descending }) => ({ expr: compileExpr(expr), descending }));
  return sortFrame(input, keys).select(fields.map((f) => p.column(f.name)));
}

function retyped(frame: LazyFrame, from: readonly StructField[], to: readonly StructField[]): LazyFrame {
  return frame.select(to.map((f, i) => p.alias(convert(p.column(f.name), from[i]?.type ?? f.type, f.type), f.name)));
}

/** The conditions that speak only of columns which a projection passes on unchanged. */
function passedOn(node: Project, conditions: readonly Expr[]): readonly Expr[] {
  const passed = new Set(node.columns.filter(({ name, expr }) => expr.kind === "column" && expr.name === name).map(({ name }) => name));
  return conditions.filter((condition) => columnsIn(condition).every((name) => passed.has(name)));
}
