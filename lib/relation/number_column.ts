import { RelationError } from "../errors.js";
import { type DataType, decimalOf, decimalType, formatType } from "../types.js";
import { aggregate } from "./aggregate.js";
import { checkInteger } from "./arguments.js";
import { asDecimal, Column, type ColumnOf, call, register } from "./column.js";
import type { Expr, FunctionName } from "./expr.js";
import { type LiteralFor, literalExpr } from "./literal.js";
import { type Over, runningWindow } from "./window.js";

export type NumericKind = "integer" | "long" | "double" | "decimal";

/** The kind of a result of two numbers: the more general one. */
export type Promote<A extends NumericKind, B extends NumericKind> = "double" extends A | B
  ? "double"
  : "decimal" extends A | B
    ? "decimal"
    : "long" extends A | B
      ? "long"
      : "integer";

/** Numbers: exact arithmetic by the rules of `functions.ts`. */
class NumberColumn<K extends NumericKind> extends Column<K> {
  plus<B extends NumericKind>(other: Column<B>): ColumnOf<Promote<K, B>>;
  plus(other: LiteralFor<K>): ColumnOf<K>;
  plus(other: Column<NumericKind> | LiteralFor<K>): Column {
    return this.arithmetic("add", other);
  }
  minus<B extends NumericKind>(other: Column<B>): ColumnOf<Promote<K, B>>;
  minus(other: LiteralFor<K>): ColumnOf<K>;
  minus(other: Column<NumericKind> | LiteralFor<K>): Column {
    return this.arithmetic("subtract", other);
  }
  times<B extends NumericKind>(other: Column<B>): ColumnOf<Promote<K, B>>;
  times(other: LiteralFor<K>): ColumnOf<K>;
  times(other: Column<NumericKind> | LiteralFor<K>): Column {
    return this.arithmetic("multiply", other);
  }
  /** Decimals and integers divide to a decimal, doubles to a double; by zero is null. */
  dividedBy(other: Column<NumericKind> | LiteralFor<K>): ColumnOf<K extends "double" ? "double" : "decimal"> {
    return this.arithmetic("divide", other) as ColumnOf<K extends "double" ? "double" : "decimal">;
  }
  modulo(other: Column<K> | LiteralFor<K>): ColumnOf<K> {
    return this.arithmetic("modulo", other) as ColumnOf<K>;
  }
  negate(): ColumnOf<K> {
    return call("negate", [this.expr], this.expr.type);
  }
  abs(): ColumnOf<K> {
    return call("abs", [this.expr], this.expr.type);
  }
  /** To a number of decimals (0 or more), half away from zero. */
  round(scale: number): ColumnOf<K> {
    checkInteger("the number of decimals", scale, 0, 38);
    const decimal = decimalOf(this.expr.type);
    const type = decimal ? roundedType(decimal, scale) : this.expr.type;
    return call("round", [this.expr, literalExpr(scale, "integer")], type, this.expr.nullable);
  }

  /** Aggregate: the sum of the values that are not null; null if there is none. Integers sum to long, decimals gain ten digits. */
  sum(): ColumnOf<K extends "integer" ? "long" : K> {
    return aggregate("sum", [this.expr], sumType(this.expr.type), true);
  }
  /** Aggregate: the mean; decimals and integers with four more decimals, rounded half up. */
  avg(): ColumnOf<K extends "double" ? "double" : "decimal"> {
    return aggregate("avg", [this.expr], meanType(this.expr.type), true);
  }
  /** Window: the sum from the first row of the partition to this one, nulls left out; null until the first value. */
  runningSum(over: Over): ColumnOf<K extends "integer" ? "long" : K> {
    return runningWindow("runningSum", this.expr, sumType(this.expr.type), over);
  }

  private arithmetic(fn: FunctionName, other: Column<NumericKind> | LiteralFor<K>): Column {
    const right = other instanceof Column ? other.expr : literalExpr(other, literalType(this.expr.type));
    const zeroDivides = fn === "divide" || fn === "modulo";
    const nullable = zeroDivides || this.expr.nullable || right.nullable;
    return call(fn, [this.expr, right], resultType(fn, this.expr, right), nullable);
  }
}

export class IntegerColumn extends NumberColumn<"integer"> {}
export class LongColumn extends NumberColumn<"long"> {}
export class DoubleColumn extends NumberColumn<"double"> {}
export class DecimalColumn extends NumberColumn<"decimal"> {}

register("integer", IntegerColumn);
register("long", LongColumn);
register("double", DoubleColumn);
register("decimal", DecimalColumn);

/** Spark's decimal result types (DecimalPrecision with allowPrecisionLoss): at least six decimals survive the limit of 38 digits. */
function resultType(fn: FunctionName, left: Expr, right: Expr): DataType {
  if (isFloating(left.type) || isFloating(right.type)) return "double";
  const [a, b] = [digitsOf(left), digitsOf(right)];
  if (!a || !b) {
    throw new RelationError(`no arithmetic on ${formatType(left.type)} and ${formatType(right.type)}`, {
      remedy: "cast first",
    });
  }
  const bothIntegers = !decimalOf(left.type) && !decimalOf(right.type);
  if (bothIntegers && fn !== "divide") return left.type === "long" || right.type === "long" ? "long" : "integer";
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  const scale = Math.max(a.scale, b.scale);
  switch (fn) {
    case "multiply":
      return limited(a.precision + b.precision + 1, a.scale + b.scale);
    case "divide": {
      const quotientScale = Math.max(6, a.scale + b.precision + 1);
      return limited(a.precision - a.scale + b.scale + quotientScale, quotientScale);
    }
    case "modulo":
      return limited(Math.min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    default:
      return limited(whole + scale + 1, scale);
  }
}

/** A whole constant has only the digits that it is written with. */
function digitsOf(expr: Expr): ReturnType<typeof asDecimal> {
  const digits = asDecimal(expr.type);
  if (!digits || decimalOf(expr.type) || expr.kind !== "literal" || typeof expr.value !== "string") return digits;
  return { precision: expr.value.replace("-", "").length, scale: 0 };
}

function limited(precision: number, scale: number): DataType {
  if (precision <= 38) return decimalType(precision, scale);
  const whole = precision - scale;
  return decimalType(38, Math.max(38 - whole, Math.min(scale, 6)));
}

function roundedType(decimal: { readonly precision: number; readonly scale: number }, scale: number): DataType {
  if (scale >= decimal.scale) return decimalType(decimal.precision, decimal.scale);
  return decimalType(Math.min(38, decimal.precision - decimal.scale + scale + 1), scale);
}

function sumType(type: DataType): DataType {
  const decimal = decimalOf(type);
  if (decimal) return decimalType(Math.min(38, decimal.precision + 10), decimal.scale);
  return isFloating(type) ? "double" : "long";
}

function meanType(type: DataType): DataType {
  const decimal = asDecimal(type);
  return decimal ? limited(decimal.precision + 4, decimal.scale + 4) : "double";
}

function isFloating(type: DataType): boolean {
  return type === "double" || type === "float";
}

function literalType(type: DataType): DataType {
  return type === "byte" || type === "short" ? "integer" : type;
}
