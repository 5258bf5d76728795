import type { Expr } from "../../relation/expr.js";

/**
 * Expressions with parts replaced: from the top down, where `replacement` gives one, it is not looked into further. What
 * is the same object before is the same object afterwards, and what holds nothing to replace stays as it is.
 */
export function replacer(replacement: (part: Expr) => Expr | undefined): (expr: Expr) => Expr {
  const done = new Map<Expr, Expr>();
  const visit = (expr: Expr): Expr => {
    const known = done.get(expr);
    if (known) return known;
    const result = replacement(expr) ?? withParts(expr, visit);
    done.set(expr, result);
    return result;
  };
  return visit;
}

function withParts(expr: Expr, visit: (part: Expr) => Expr): Expr {
  switch (expr.kind) {
    case "column":
    case "literal":
      return expr;
    case "call":
    case "aggregate": {
      const args = expr.args.map(visit);
      return isSame(args, expr.args) ? expr : { ...expr, args };
    }
    case "case": {
      const whens = expr.branches.map((branch) => visit(branch.when));
      const thens = expr.branches.map((branch) => visit(branch.then));
      const otherwise = visit(expr.otherwise);
      const before = [...expr.branches.flatMap((branch) => [branch.when, branch.then]), expr.otherwise];
      if (isSame([...whens.flatMap((when, i) => [when, thens[i] ?? when]), otherwise], before)) return expr;
      return { ...expr, branches: whens.map((when, i) => ({ when, then: thens[i] ?? when })), otherwise };
    }
    case "cast": {
      const input = visit(expr.input);
      return input === expr.input ? expr : { ...expr, input };
    }
    case "window": {
      const args = expr.args.map(visit);
      const partitionBy = expr.partitionBy.map(visit);
      const orderBy = expr.orderBy.map((key) => ({ ...key, expr: visit(key.expr) }));
      return { ...expr, args, partitionBy, orderBy };
    }
  }
}

function isSame(a: readonly Expr[], b: readonly Expr[]): boolean {
  return a.every((expr, i) => expr === b[i]);
}
