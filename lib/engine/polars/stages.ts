import { children, type Expr } from "../../relation/expr.js";
import type { LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { TEMPORARY } from "./temporary.js";

/**
 * Gives an expression that is used several times a column of its own, so that it is computed once: Polars finds equal
 * parts only of different columns. Where no columns can be added, it stays as it is (`inline`).
 */
export type Bind = (expr: PolarsExpr) => PolarsExpr;

export const inline: Bind = (expr) => expr;

/** The expressions that several columns, or several places of one, have in common; not columns and constants. */
export function sharedParts(exprs: readonly Expr[]): ReadonlySet<Expr> {
  const seen = new Set<Expr>();
  const shared = new Set<Expr>();
  const visit = (expr: Expr): void => {
    if (expr.kind === "column" || expr.kind === "literal") return;
    if (seen.has(expr)) {
      shared.add(expr);
      return;
    }
    seen.add(expr);
    children(expr).forEach(visit);
  };
  exprs.forEach(visit);
  return shared;
}

/** Columns that are computed before an operator, those that need others after them. */
export class Stages {
  private readonly names = new Map<PolarsExpr, { readonly name: string; readonly stage: number }>();
  private applied = 0;

  readonly bind: Bind = (expr) => {
    if (isPlain(expr)) return expr;
    const known = this.names.get(expr);
    if (known) return p.column(known.name);
    const stage =
      Math.max(
        -1,
        ...[...this.names.values()].filter(({ name }) => expr.includes(JSON.stringify(name))).map((used) => used.stage),
      ) + 1;
    const name = `${TEMPORARY}bound${this.names.size}`;
    this.names.set(expr, { name, stage });
    return p.column(name);
  };

  /** The frame with the columns that it lacks so far. */
  apply(frame: LazyFrame): LazyFrame {
    const stages: PolarsExpr[][] = [];
    for (const [expr, { name, stage }] of [...this.names].slice(this.applied)) {
      stages[stage] ??= [];
      stages[stage]?.push(p.alias(expr, name));
    }
    this.applied = this.names.size;
    return stages.reduce((staged, exprs) => staged.withColumns(exprs), frame);
  }
}

/** A column or a constant: nothing to compute. */
function isPlain(expr: PolarsExpr): boolean {
  return expr.startsWith('{"Column":') || expr.startsWith('{"Literal":');
}
