import type { BooleanColumn } from "../relation/boolean_column.js";
import { call, wrap } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import type { NamedExpr } from "../relation/node.js";
import { Relation } from "../relation/relation.js";
import { field, type StructField } from "../types.js";

/** A column of any type, nested ones too. */
export function columnExpr({ name, type, nullable }: StructField): Expr {
  return { kind: "column", name, type, nullable };
}

/** A projection of expressions, also of types that have no column class. */
export function project(relation: Relation, columns: readonly NamedExpr[]): Relation {
  const fields = columns.map(({ name, expr }) => field(name, expr.type, expr.nullable));
  return new Relation({ op: "project", input: relation.node, columns, fields }, relation.runner);
}

/** All columns of the relation, and these. */
export function extended(relation: Relation, columns: readonly NamedExpr[]): Relation {
  const kept = relation.fields.map((f) => ({ name: f.name, expr: columnExpr(f) }));
  return project(relation, [...kept, ...columns]);
}

/** The rows for which a condition is true. */
export function filtered(relation: Relation, condition: Expr): Relation {
  return relation.filter(() => wrap<BooleanColumn>(condition));
}

export function truth(value: boolean): Expr {
  return { kind: "literal", value, type: "boolean", nullable: false };
}

export function both(left: Expr, right: Expr): Expr {
  return call("and", [left, right], "boolean").expr;
}

/** True where the condition is false or null. */
export function notTrue(condition: Expr): Expr {
  return call("not", [call("coalesce", [condition, truth(false)], "boolean", false).expr], "boolean", false).expr;
}

/** The value of the first branch whose condition is true. */
export function choose(branches: readonly { readonly when: Expr; readonly then: Expr }[], otherwise: Expr): Expr {
  if (branches.length === 0) return otherwise;
  const nullable = otherwise.nullable || branches.some(({ then }) => then.nullable);
  return { kind: "case", branches, otherwise, type: otherwise.type, nullable };
}

export function equal(left: Expr, right: Expr): Expr {
  return call("eq", [left, right], "boolean").expr;
}

export function atMost(left: Expr, right: Expr): Expr {
  return call("le", [left, right], "boolean").expr;
}

export function isNotNull(expr: Expr): Expr {
  return call("isNotNull", [expr], "boolean", false).expr;
}
