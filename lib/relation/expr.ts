import type { DataType } from "../types.js";

/**
 * Expressions as plain values: every node knows its type and nullability, so that a compiler infers nothing. The exact
 * meaning of each function is written in `functions.ts`.
 */
export type Expr = ColumnRef | Literal | Call | Case | Cast | Aggregate | Window;

interface Typed {
  readonly type: DataType;
  readonly nullable: boolean;
}

export interface ColumnRef extends Typed {
  readonly kind: "column";
  readonly name: string;
}

/** A constant. Numbers, dates and times are kept as text (`"2023-01-31"`, `"-12.50"`), so that nothing is rounded. */
export interface Literal extends Typed {
  readonly kind: "literal";
  readonly value: string | boolean | null;
}

export interface Call extends Typed {
  readonly kind: "call";
  readonly fn: FunctionName;
  readonly args: readonly Expr[];
}

/** The first branch whose condition is true; a null condition is not true. */
export interface Case extends Typed {
  readonly kind: "case";
  readonly branches: readonly { readonly when: Expr; readonly then: Expr }[];
  readonly otherwise: Expr;
}

/** `strict`: a value that does not fit stops the query with an error. `try`: it becomes null. */
export interface Cast extends Typed {
  readonly kind: "cast";
  readonly input: Expr;
  readonly mode: "strict" | "try";
}

/** Valid only directly below `aggregate`. Nulls are left out; `sum`, `min` and `max` of no value are null. */
export interface Aggregate extends Typed {
  readonly kind: "aggregate";
  readonly fn: AggregateName;
  readonly args: readonly Expr[];
}

/** A function over the rows of a partition in order; the frame is rows from the first to the current one. */
export interface Window extends Typed {
  readonly kind: "window";
  readonly fn: WindowName;
  readonly args: readonly Expr[];
  /** Rows back, for `lag`. */
  readonly offset: number;
  readonly partitionBy: readonly Expr[];
  readonly orderBy: readonly SortKey[];
}

/** Ascending puts nulls first, descending last. Text is ordered by its UTF-8 bytes, NaN is the greatest double. */
export interface SortKey {
  readonly expr: Expr;
  readonly descending: boolean;
}

export type AggregateName = "count" | "countAll" | "countDistinct" | "sum" | "min" | "max" | "avg";

export type WindowName = "rowNumber" | "lag" | "runningSum" | "runningMax" | "lastKnown";

export type FunctionName =
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "eqNullSafe"
  | "isIn"
  | "isNull"
  | "isNotNull"
  | "isNullWithin"
  | "coalesce"
  | "nullIf"
  | "and"
  | "or"
  | "not"
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "modulo"
  | "negate"
  | "abs"
  | "round"
  | "length"
  | "trim"
  | "upper"
  | "lower"
  | "titleCase"
  | "unaccent"
  | "concat"
  | "concatWith"
  | "contains"
  | "startsWith"
  | "substring"
  | "replace"
  | "replaceRegex"
  | "matches"
  | "extract"
  | "splitPart"
  | "padStart"
  | "padEnd"
  | "year"
  | "month"
  | "day"
  | "hour"
  | "minute"
  | "second"
  | "toDate"
  | "parseDecimal"
  | "parseDate"
  | "parseTimestamp"
  | "formatDate"
  | "truncate"
  | "addDays"
  | "addSeconds"
  | "daysBetween"
  | "secondsBetween"
  | "listOf";

/** Every expression directly below one. */
export function children(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "column":
    case "literal":
      return [];
    case "call":
    case "aggregate":
      return expr.args;
    case "case":
      return [...expr.branches.flatMap((branch) => [branch.when, branch.then]), expr.otherwise];
    case "cast":
      return [expr.input];
    case "window":
      return [...expr.args, ...expr.partitionBy, ...expr.orderBy.map((key) => key.expr)];
  }
}

/** The names of the columns that an expression uses, in order of first use. */
export function columnsIn(expr: Expr): readonly string[] {
  const names = new Set<string>();
  someExpr(expr, (node) => {
    if (node.kind === "column") names.add(node.name);
    return false;
  });
  return [...names];
}

/** True when an expression holds a node that satisfies the test; parts that stand in several places are looked at once. */
export function someExpr(expr: Expr, test: (node: Expr) => boolean, seen: Set<Expr> = new Set()): boolean {
  if (seen.has(expr)) return false;
  seen.add(expr);
  return test(expr) || children(expr).some((child) => someExpr(child, test, seen));
}
