import type { Expr } from "../../relation/expr.js";
import { someExpr } from "../../relation/expr.js";
import type { Project, RelationNode } from "../../relation/node.js";

/**
 * Of each input of an operator the column (undefined: none) by which rows of the result may be chosen before the operator
 * instead of after it: rows of different values of the column never meet in it. Undefined when there is no such way.
 */
export function columnsBelow(node: RelationNode, column: string): readonly (string | undefined)[] | undefined {
  switch (node.op) {
    case "scan":
    case "limit":
      return undefined;
    case "filter":
    case "sort":
      return [column];
    case "union":
      return node.inputs.map(() => column);
    case "project": {
      const source = node.columns.find(({ name }) => name === column)?.expr;
      return source?.kind === "column" && windowsWithin(node, source.name) ? [source.name] : undefined;
    }
    case "groupBy":
      return node.keys.includes(column) ? [column] : undefined;
    case "distinct":
      return node.on.includes(column) ? [column] : undefined;
    case "join": {
      const key = node.on.find(({ left }) => left === column);
      if (key) return [column, key.right];
      const isLeft = node.left.fields.some((f) => f.name === column);
      if (isLeft) return node.how === "full" ? undefined : [column, undefined];
      return node.how === "inner" ? [undefined, column] : undefined;
    }
  }
}

/** True when every window looks at rows of one value of the column only. */
function windowsWithin(node: Project, column: string): boolean {
  const leaves = (part: Expr): boolean =>
    part.kind === "window" && !part.partitionBy.some((key) => key.kind === "column" && key.name === column);
  return !node.columns.some(({ expr }) => someExpr(expr, leaves));
}
