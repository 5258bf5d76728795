import type { DataType } from "../types.js";
import type { BooleanColumn } from "./boolean_column.js";
import type { KindOfType } from "./column.js";
import { Column, type ColumnOf, call, commonType, type Kind, wrap } from "./column.js";
import type { Expr } from "./expr.js";
import { literalExpr, nullExpr, typedLiteral } from "./literal.js";
import type { IntegerColumn, LongColumn } from "./number_column.js";
import type { TextColumn } from "./text_column.js";

/** A constant that needs no type of its own: text, a truth value, a whole number. */
export type Plain = string | boolean | number | bigint;

/** The kind of a value given as a column or a plain constant. */
export type KindOfValue<V> =
  V extends Column<infer K>
    ? K
    : V extends string
      ? "string"
      : V extends boolean
        ? "boolean"
        : V extends bigint
          ? "long"
          : "integer";

/** A constant: text, truth value, integer (number), long (bigint), or any value of the type named. */
export function lit(value: string): TextColumn;
export function lit(value: boolean): BooleanColumn;
export function lit(value: number): IntegerColumn;
export function lit(value: bigint): LongColumn;
export function lit<T extends DataType>(value: Plain | null, type: T): ColumnOf<KindOfType<T>>;
export function lit(value: Plain | null, type?: DataType): Column {
  if (value === null) return wrap(nullExpr(type ?? "string"));
  return wrap(typedLiteral(value, type ?? plainType(value)));
}

/** The column of a value given as a column or a plain constant. */
export function toColumn(value: Column | Plain): Column {
  return value instanceof Column ? value : wrap(literalExpr(value, plainType(value)));
}

/** A choice under construction: add branches with `when`, close it with `otherwise`. */
export class Choice<K extends Kind> {
  private readonly branches: readonly { readonly when: Expr; readonly then: Expr }[];

  constructor(branches: readonly { readonly when: Expr; readonly then: Expr }[]) {
    this.branches = branches;
  }

  when(condition: BooleanColumn, value: Column<K> | Extract<Plain, PlainOf<K>>): Choice<K> {
    return new Choice([...this.branches, { when: condition.expr, then: toColumn(value).expr }]);
  }

  /** The value where no condition is true. */
  otherwise(value: Column<K> | Extract<Plain, PlainOf<K>> | null): ColumnOf<K> {
    const first = this.branches[0]?.then.type ?? "string";
    const otherwise = value === null ? nullExpr(first) : toColumn(value).expr;
    const values = [...this.branches.map((branch) => branch.then), otherwise];
    const type = values.reduce<DataType>((common, expr) => commonType("when", common, expr.type), first);
    const nullable = values.some((expr) => expr.nullable);
    return wrap({ kind: "case", branches: this.branches, otherwise, type, nullable });
  }
}

type PlainOf<K extends Kind> = K extends "string"
  ? string
  : K extends "boolean"
    ? boolean
    : K extends "long"
      ? bigint
      : number;

/** The value of the first condition that is true; a null condition is not. */
export function when<V extends Column | Plain>(condition: BooleanColumn, value: V): Choice<KindOfValue<V>> {
  return new Choice([{ when: condition.expr, then: toColumn(value).expr }]);
}

/** Texts joined; null if any of them is. */
export function concat(...parts: readonly (Column<"string"> | string)[]): TextColumn {
  return call(
    "concat",
    parts.map((part) => toColumn(part).expr),
    "string",
  );
}

/** Texts joined by a separator; those that are null are left out. */
export function concatWith(separator: string, ...parts: readonly (Column<"string"> | string)[]): TextColumn {
  return call(
    "concatWith",
    [literalExpr(separator, "string"), ...parts.map((part) => toColumn(part).expr)],
    "string",
    false,
  );
}

/** The first value that is not null. */
export function coalesce<K extends Kind>(...columns: readonly Column<K>[]): ColumnOf<K> {
  const exprs = columns.map((column) => column.expr);
  const type = exprs.reduce<DataType>(
    (common, expr) => commonType("coalesce", common, expr.type),
    exprs[0]?.type ?? "string",
  );
  return call(
    "coalesce",
    exprs,
    type,
    exprs.every((expr) => expr.nullable),
  );
}

/** The texts that are not null, as a list. */
export function listOf(...parts: readonly Column<"string">[]): Column<"list"> {
  const type: DataType = { type: "array", elementType: "string", containsNull: false };
  return call(
    "listOf",
    parts.map((part) => part.expr),
    type,
    false,
  );
}

function plainType(value: Plain): DataType {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "boolean";
  return typeof value === "bigint" ? "long" : "integer";
}
