import { columnsIn, type Expr } from "../../relation/expr.js";
import type { RelationNode } from "../../relation/node.js";
import { columnsBelow } from "./columns_below.js";
import { replacer } from "./replace_exprs.js";

/**
 * What conditions on an operator's result say of its inputs, of each one separately. A condition on one column may be
 * checked before the operator where rows may be chosen there by the column.
 */
export function conditionsBelow(node: RelationNode, conditions: readonly Expr[]): (input: number) => readonly Expr[] {
  const passed = conditions.flatMap((condition) => {
    const [column, ...others] = columnsIn(condition);
    const below = column === undefined || others.length > 0 ? undefined : columnsBelow(node, column);
    return below === undefined ? [] : [{ condition, below }];
  });
  return (input) =>
    passed.flatMap(({ condition, below }) => {
      const name = below[input];
      return name === undefined ? [] : [onColumn(condition, name)];
    });
}

function onColumn(condition: Expr, name: string): Expr {
  return replacer((part) => (part.kind === "column" ? { ...part, name } : undefined))(condition);
}
