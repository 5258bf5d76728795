import { RelationError } from "../errors.js";
import { type DataType, decimalOf, decimalType, formatType } from "../types.js";
import type { BooleanColumn } from "./boolean_column.js";
import { checkCast } from "./casts.js";
import type { Expr, FunctionName, SortKey } from "./expr.js";
import { type LiteralFor, literalExpr } from "./literal.js";
import type { DecimalColumn, DoubleColumn, IntegerColumn, LongColumn } from "./number_column.js";
import type { TextColumn } from "./text_column.js";
import type { DateColumn, TimestampColumn, WallClockColumn } from "./time_column.js";

/** What kind of values a column holds, as the compiler of TypeScript sees it (`list`: all that is nested). Precision, scale and nullability are known when a relation is built. */
export type Kind =
  | "boolean"
  | "integer"
  | "long"
  | "double"
  | "decimal"
  | "string"
  | "date"
  | "timestamp"
  | "timestamp_ntz"
  | "binary"
  | "list";

/** The kind of a column type. */
function kindOf(type: DataType): Kind {
  if (decimalOf(type)) return "decimal";
  switch (type) {
    case "byte":
    case "short":
    case "integer":
      return "integer";
    case "float":
    case "double":
      return "double";
    case "boolean":
    case "long":
    case "string":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
    case "binary":
      return type;
    default:
      if (typeof type === "object" || type === "variant" || type === "void") return "list";
      throw new RelationError(`no column operations for type ${formatType(type)}`, {
        remedy: "drop the column before building a relation on it",
      });
  }
}

/** The class of a column of each kind. */
export interface ColumnKinds {
  boolean: BooleanColumn;
  integer: IntegerColumn;
  long: LongColumn;
  double: DoubleColumn;
  decimal: DecimalColumn;
  string: TextColumn;
  date: DateColumn;
  timestamp: TimestampColumn;
  timestamp_ntz: WallClockColumn;
  binary: Column<"binary">;
  list: Column<"list">;
}

export type ColumnOf<K extends Kind> = ColumnKinds[K];

/** A column of the same kind, or a constant for one. */
export type Operand<K extends Kind> = Column<K> | LiteralFor<K>;

/** What every column can do, whatever its kind. Methods only build expressions; nothing is computed. */
export class Column<K extends Kind = Kind> {
  /** Only for the type checker. */
  declare readonly kind: K;
  readonly expr: Expr;

  constructor(expr: Expr) {
    this.expr = expr;
  }

  eq(other: Operand<K>): BooleanColumn {
    return this.compare("eq", other);
  }
  ne(other: Operand<K>): BooleanColumn {
    return this.compare("ne", other);
  }
  lt(other: Operand<K>): BooleanColumn {
    return this.compare("lt", other);
  }
  le(other: Operand<K>): BooleanColumn {
    return this.compare("le", other);
  }
  gt(other: Operand<K>): BooleanColumn {
    return this.compare("gt", other);
  }
  ge(other: Operand<K>): BooleanColumn {
    return this.compare("ge", other);
  }
  /** Equal, where null equals null. */
  eqNullSafe(other: Operand<K>): BooleanColumn {
    return call("eqNullSafe", [this.expr, this.operand(other)], "boolean", false);
  }
  /** Both bounds included. */
  between(low: Operand<K>, high: Operand<K>): BooleanColumn {
    return this.ge(low).and(this.le(high));
  }
  isIn(...values: readonly LiteralFor<K>[]): BooleanColumn {
    return call("isIn", [this.expr, ...values.map((value) => this.operand(value))], "boolean", this.expr.nullable);
  }
  isNull(): BooleanColumn {
    return call("isNull", [this.expr], "boolean", false);
  }
  isNotNull(): BooleanColumn {
    return call("isNotNull", [this.expr], "boolean", false);
  }
  /** This value, or the other where this is null. */
  orElse(other: Operand<K>): ColumnOf<K> {
    const fallback = this.operand(other);
    const type = commonType("orElse", this.expr.type, fallback.type);
    return call("coalesce", [this.expr, fallback], type, this.expr.nullable && fallback.nullable);
  }
  /** Null where both are equal. */
  nullIf(other: Operand<K>): ColumnOf<K> {
    return call("nullIf", [this.expr, this.operand(other)], this.expr.type, true);
  }

  /** Converted; a value that does not fit stops the query. */
  cast<T extends DataType>(type: T): ColumnOf<KindOfType<T>> {
    checkCast(this.expr.type, type);
    return wrap({ kind: "cast", input: this.expr, mode: "strict", type, nullable: this.expr.nullable });
  }
  /** Converted; a value that does not fit becomes null. */
  tryCast<T extends DataType>(type: T): ColumnOf<KindOfType<T>> {
    checkCast(this.expr.type, type);
    return wrap({ kind: "cast", input: this.expr, mode: "try", type, nullable: true });
  }

  /** Ascending, nulls first. */
  asc(): SortKey {
    return { expr: this.expr, descending: false };
  }
  /** Descending, nulls last. */
  desc(): SortKey {
    return { expr: this.expr, descending: true };
  }

  protected operand(value: Operand<K>): Expr {
    return value instanceof Column ? value.expr : literalExpr(value, this.expr.type);
  }
  private compare(fn: FunctionName, other: Operand<K>): BooleanColumn {
    const right = this.operand(other);
    commonType(fn, this.expr.type, right.type);
    return call(fn, [this.expr, right], "boolean", this.expr.nullable || right.nullable);
  }
}

/** The kind of a column type, for the compiler of TypeScript. */
export type KindOfType<T> = T extends "byte" | "short" | "integer"
  ? "integer"
  : T extends "float" | "double"
    ? "double"
    : T extends `decimal(${string})`
      ? "decimal"
      : T extends Kind
        ? T
        : "list";

type Constructor = new (expr: Expr) => Column;
const constructors = new Map<Kind, Constructor>();

/** Makes a class the one for a kind; each kind's module does so once. */
export function register(kind: Kind, constructor: Constructor): void {
  constructors.set(kind, constructor);
}

/** The column of an expression, with the methods of its type. The caller vouches for the class. */
export function wrap<C extends Column>(expr: Expr): C {
  const constructor = constructors.get(kindOf(expr.type)) ?? Column;
  return new constructor(expr) as C;
}

/** A function call as a column. */
export function call<C extends Column>(
  fn: FunctionName,
  args: readonly Expr[],
  type: DataType,
  nullable = args.some((arg) => arg.nullable),
): C {
  return wrap({ kind: "call", fn, args, type, nullable });
}

/**
 * The type that two values share when they are compared or stand in one column: equal types, two integers, two decimals
 * (the integer digits and the scale of the larger), or a double with any number.
 * @throws RelationError when there is none
 */
export function commonType(operation: string, left: DataType, right: DataType): DataType {
  if (formatType(left) === formatType(right)) return left;
  const ranks = ["byte", "short", "integer", "long", "float", "double"];
  const [a, b] = [asDecimal(left), asDecimal(right)];
  const ranked = [left, right].map((type) => (typeof type === "string" ? ranks.indexOf(type) : -1));
  const [rankLeft = -1, rankRight = -1] = ranked;
  if (rankLeft >= 0 && rankRight >= 0) return rankLeft > rankRight ? left : right;
  if (a && b) {
    const scale = Math.max(a.scale, b.scale);
    return decimalType(Math.min(38, Math.max(a.precision - a.scale, b.precision - b.scale) + scale), scale);
  }
  if ((a && rankRight >= 4) || (b && rankLeft >= 4)) return "double";
  throw new RelationError(`${operation} does not take ${formatType(left)} and ${formatType(right)}`, {
    expected: "two values of one type",
    actual: `${formatType(left)} and ${formatType(right)}`,
    remedy: "cast one of them",
  });
}

/** Precision and scale of a decimal, or of the decimal that holds every value of an integer type. */
export function asDecimal(type: DataType): { readonly precision: number; readonly scale: number } | undefined {
  const digits: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 20 };
  const precision = typeof type === "string" ? digits[type] : undefined;
  return precision === undefined ? decimalOf(type) : { precision, scale: 0 };
}
