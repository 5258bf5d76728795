import { type Expr, someExpr } from "../../relation/expr.js";
import type { Project, RelationNode } from "../../relation/node.js";
import type { DataType } from "../../types.js";
import { isInteger } from "./data_type.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/** One of several classes into which the rows fall by the hash of a column; equal values and nulls share one. */
export interface HashClass {
  readonly column: string;
  readonly type: DataType;
  readonly part: number;
  readonly parts: number;
}

/** True for the rows of the class. */
export function inClass({ column, type, part, parts }: HashClass): PolarsExpr {
  const value = p.column(column);
  const hash = isInteger(type)
    ? p.call('"Abs"', p.binary("Modulus", p.fillNull(p.cast(value, "long"), p.int64(0)), p.int64(parts)))
    : p.cast(p.binary("Modulus", p.call('{"Hash":[0,1,2,3]}', value), p.scalar("UInt64", String(parts))), "long");
  return p.binary("Eq", hash, p.int64(part));
}

/**
 * The columns of an operator's inputs (undefined: none) whose class may be chosen before the operator instead of after it,
 * without changing the result; undefined when there is no such way.
 */
export function classBelow(node: RelationNode, column: string): readonly (string | undefined)[] | undefined {
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
