import { children, type Expr, someExpr } from "../../relation/expr.js";
import type { NamedExpr, Project, RelationNode } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { compileTogether } from "./compile_expr.js";
import type { LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { replacer } from "./replace_exprs.js";
import { Stages } from "./stages.js";

/** Filters and projections one above the other, as conditions on and columns of the rows below all of them. */
export interface RowWiseSteps {
  readonly base: RelationNode;
  /** In the order in which they stand, the lowest first. */
  readonly conditions: readonly Expr[];
  readonly columns: readonly NamedExpr[];
}

/** The steps of a node; none where it is neither a filter nor a projection, or looks at other rows too (windows). */
export function rowWiseSteps(node: RelationNode): RowWiseSteps {
  const isStep = node.op === "filter" || (node.op === "project" && !hasWindows(node));
  if (!isStep) return { base: node, conditions: [], columns: node.fields.map(passed) };
  const below = rowWiseSteps(node.input);
  const columns = new Map(below.columns.map(({ name, expr }) => [name, expr]));
  const overBase = replacer((part) => (part.kind === "column" ? columns.get(part.name) : undefined));
  if (node.op === "filter") return { ...below, conditions: [...below.conditions, overBase(node.condition)] };
  return { ...below, columns: node.columns.map(({ name, expr }) => ({ name, expr: overBase(expr) })) };
}

/** True for a projection that looks at other rows too. */
export function hasWindows(node: Project): boolean {
  return node.columns.some(({ expr }) => someExpr(expr, (part) => part.kind === "window"));
}

/** True when the rows of a node can be looked at without computing all of them. */
export function isRowWise(node: RelationNode): boolean {
  switch (node.op) {
    case "scan":
      return true;
    case "filter":
      return isRowWise(node.input);
    case "project":
      return !hasWindows(node) && isRowWise(node.input);
    case "union":
      return node.inputs.every(isRowWise);
    default:
      return false;
  }
}

/** The conditions that speak of columns and constants only, as far as files can be skipped by them. */
export function plainConditions(conditions: readonly Expr[]): readonly Expr[] {
  return conditions.filter(isPlain);
}

/**
 * Conditions first, and every column only when it is needed: what a condition does not use is computed of the rows that
 * are left. Parts in common are computed once, also those of a condition and a column.
 */
export function compileRowWise({ conditions, columns }: RowWiseSteps, base: LazyFrame): LazyFrame {
  const stages = new Stages();
  const compile = compileTogether([...conditions, ...columns.map(({ expr }) => expr)], stages.bind);
  const kept = conditions.reduce((frame, condition) => {
    const compiled = compile(condition);
    return stages.apply(frame).filter(compiled);
  }, base);
  const exprs = columns.map(({ name, expr }): PolarsExpr => p.alias(compile(expr), name));
  const staged = stages.apply(kept);
  const isColumn = (part: Expr): boolean => part.kind === "column";
  if (columns.some(({ expr }) => someExpr(expr, isColumn))) return staged.select(exprs);
  // Constants alone would be one row.
  return staged.withColumns(exprs).select(columns.map(({ name }) => p.column(name)));
}

function passed({ name, type, nullable }: StructField): NamedExpr {
  return { name, expr: { kind: "column", name, type, nullable } };
}

const PLAIN = new Set(["and", "or", "eq", "lt", "le", "gt", "ge", "isIn", "isNull", "isNotNull"]);

function isPlain(expr: Expr): boolean {
  if (expr.kind === "column" || expr.kind === "literal") return true;
  return expr.kind === "call" && PLAIN.has(expr.fn) && children(expr).every(isPlain);
}
