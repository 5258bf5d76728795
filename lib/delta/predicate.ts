import type { DataType } from "../types.js";
import type { Scalar } from "./scalar.js";

/** A constant with its type, so that no comparison depends on an engine's implicit casts. */
export interface Literal {
  readonly type: DataType;
  readonly value: Scalar;
}

export type ComparisonOperator = "=" | "<>" | "<" | "<=" | ">" | ">=";

/**
 * A condition on a table's top-level columns, for finding the files that may hold matching rows. Comparisons with null
 * do not match; NaN is equal to itself and greater than any number.
 */
export type Predicate =
  | { readonly kind: "and" | "or"; readonly operands: readonly Predicate[] }
  | { readonly kind: "not"; readonly operand: Predicate }
  | {
      readonly kind: "comparison";
      readonly operator: ComparisonOperator;
      readonly column: string;
      readonly literal: Literal;
    }
  | { readonly kind: "in"; readonly column: string; readonly literals: readonly Literal[] }
  | { readonly kind: "isNull" | "isNotNull"; readonly column: string };

export const predicate = {
  and: (...operands: readonly Predicate[]): Predicate => ({ kind: "and", operands }),
  or: (...operands: readonly Predicate[]): Predicate => ({ kind: "or", operands }),
  not: (operand: Predicate): Predicate => ({ kind: "not", operand }),
  compare: (column: string, operator: ComparisonOperator, literal: Literal): Predicate => ({
    kind: "comparison",
    operator,
    column,
    literal,
  }),
  in: (column: string, literals: readonly Literal[]): Predicate => ({ kind: "in", column, literals }),
  isNull: (column: string): Predicate => ({ kind: "isNull", column }),
  isNotNull: (column: string): Predicate => ({ kind: "isNotNull", column }),
} as const;

/** The rows that the predicate makes false (not those it makes null), without any `not` above a comparison. */
export function negate(condition: Predicate): Predicate {
  switch (condition.kind) {
    case "and":
      return { kind: "or", operands: condition.operands.map(negate) };
    case "or":
      return { kind: "and", operands: condition.operands.map(negate) };
    case "not":
      return condition.operand;
    case "comparison":
      return { ...condition, operator: OPPOSITE[condition.operator] };
    case "in":
      return {
        kind: "and",
        operands: condition.literals.map((literal) => predicate.compare(condition.column, "<>", literal)),
      };
    case "isNull":
      return { kind: "isNotNull", column: condition.column };
    case "isNotNull":
      return { kind: "isNull", column: condition.column };
  }
}

const OPPOSITE: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  "=": "<>",
  "<>": "=",
  "<": ">=",
  "<=": ">",
  ">": "<=",
  ">=": "<",
};
