import type { Expr } from "../relation/expr.js";

/** A merge with its expressions: over the table's columns, and those of the source under `sourceName`. */
export interface MergePlan {
  /** Of each key the column in the table and in the source. */
  readonly on: readonly MergeKey[];
  /** In order: the first clause whose condition is true decides. */
  readonly matched: readonly ChangeClause[];
  readonly notMatched: readonly InsertClause[];
  readonly notMatchedBySource: readonly ChangeClause[];
  /** Two source rows of one key are refused even where the table has no such row. */
  readonly uniqueKeys?: boolean;
  /** Matched rows are replaced and the others added, whatever they hold: then no row has to be looked at one by one. */
  readonly isUpsert: boolean;
}

export interface MergeKey {
  readonly target: string;
  readonly source: string;
}

/** `set` holds the new values of an update; without it the row is deleted. */
export interface ChangeClause {
  readonly where?: Expr | undefined;
  readonly set?: ReadonlyMap<string, Expr> | undefined;
}

export interface InsertClause {
  readonly where?: Expr | undefined;
  /** Columns that are not named are null. */
  readonly values: ReadonlyMap<string, Expr>;
}
