import type { Expr } from "../../relation/expr.js";

/** The expression with parts replaced: from the top down, where `replacement` gives one, it is not looked into further. */
export function replaceExprs(expr: Expr, replacement: (part: Expr) => Expr | undefined): Expr {
  const replaced = replacement(expr);
  if (replaced) return replaced;
  const visit = (part: Expr): Expr => replaceExprs(part, replacement);
  switch (expr.kind) {
    case "column":
    case "literal":
      return expr;
    case "call":
      return { ...expr, args: expr.args.map(visit) };
    case "aggregate":
      return { ...expr, args: expr.args.map(visit) };
    case "case":
      return {
        ...expr,
        branches: expr.branches.map((branch) => ({ when: visit(branch.when), then: visit(branch.then) })),
        otherwise: visit(expr.otherwise),
      };
    case "cast":
      return { ...expr, input: visit(expr.input) };
    case "window":
      return {
        ...expr,
        args: expr.args.map(visit),
        partitionBy: expr.partitionBy.map(visit),
        orderBy: expr.orderBy.map((key) => ({ ...key, expr: visit(key.expr) })),
      };
  }
}
