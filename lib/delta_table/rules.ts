import { DataError } from "../errors.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import { type Column, wrap } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import type { Columns, Shape } from "../relation/relation.js";
import { type Plain, toColumn } from "../relation/when.js";
import type { StructField } from "../types.js";
import { assigned } from "./assign.js";
import { columnExpr } from "./expressions.js";
import { parseCondition, parseSql, type ResolveName } from "./sql_expression.js";

/** A condition on the rows of a table: a function of its columns, or SQL. */
export type Condition<S extends Shape = Shape> = string | ((t: Columns<S>) => BooleanColumn);

/** New values of columns: a function of the table's columns, or of each column an SQL expression. */
export type Assignments<S extends Shape = Shape> =
  | Readonly<Record<string, string>>
  | ((t: Columns<S>) => Readonly<Record<string, Column | Plain>>);

/** The columns that a rule may use, by the name that it gives their table. */
export interface Scope {
  /** Tables in the order in which a function takes them; names without a table are looked for in this order. */
  readonly tables: readonly ScopeTable[];
}

export interface ScopeTable {
  readonly names: readonly string[];
  readonly fields: readonly StructField[];
  /** The name under which the rows hold one of the columns. */
  rename(name: string): string;
}

/** The scope of a table on its own. */
export function tableScope(fields: readonly StructField[]): Scope {
  return { tables: [{ names: ["target", "t"], fields, rename: (name) => name }] };
}

/** A function of some tables' columns. */
export type RuleFunction<T> = (...tables: never[]) => T;

/** A condition on tables of any columns. */
export type AnyCondition = string | RuleFunction<BooleanColumn>;

/** New values from tables of any columns. */
export type AnyAssignments = Readonly<Record<string, string>> | RuleFunction<Readonly<Record<string, Column | Plain>>>;

/** A condition as an expression over the rows that hold the scope's columns. */
export function conditionExpr(condition: AnyCondition, scope: Scope): Expr {
  if (typeof condition === "string") return parseCondition(condition, resolver(scope));
  return condition(...(scope.tables.map(columnsOf) as never[])).expr;
}

/** What each column is set to. Throws DataError for a column that the table lacks. */
export function assignmentExprs(
  assignments: AnyAssignments,
  scope: Scope,
  columns: readonly StructField[],
  label: string,
): ReadonlyMap<string, Expr> {
  const values =
    typeof assignments === "function"
      ? Object.entries(assignments(...(scope.tables.map(columnsOf) as never[]))).map(
          ([name, value]) => [name, toColumn(value).expr] as const,
        )
      : Object.entries(assignments).map(([name, sql]) => [name, parseSql(sql, resolver(scope))] as const);
  return new Map(
    values.map(([name, expr]) => {
      const column = columns.find((one) => one.name.toLowerCase() === name.toLowerCase());
      if (column) return [column.name, assigned(expr, column, label)];
      throw new DataError(`${label}: there is no column ${name} to set`, {
        where: { table: label, column: name },
        expected: `one of ${columns.map((one) => one.name).join(", ")}`,
        actual: name,
      });
    }),
  );
}

/** Names as SQL looks them up: without regard to case. */
export function resolver({ tables }: Scope): ResolveName {
  return (name, qualifier) => {
    const wanted = name.toLowerCase();
    for (const { names, fields, rename } of tables) {
      if (qualifier !== undefined && !names.includes(qualifier.toLowerCase())) continue;
      const found = fields.find((f) => f.name.toLowerCase() === wanted);
      if (found) return columnExpr({ ...found, name: rename(found.name) });
    }
    return undefined;
  };
}

function columnsOf({ fields, rename }: ScopeTable): Columns<Shape> {
  return new Proxy<Columns<Shape>>(
    {},
    {
      get: (_, name) => {
        const found = fields.find((f) => f.name === name);
        if (found) return wrap(columnExpr({ ...found, name: rename(found.name) }));
        throw new DataError(`there is no column ${String(name)}`, {
          expected: `one of ${fields.map((f) => f.name).join(", ")}`,
          actual: String(name),
        });
      },
    },
  );
}
