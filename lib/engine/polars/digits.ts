import { asDecimal } from "../../relation/column.js";
import { type DataType, decimalOf, decimalType, formatType } from "../../types.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/** Decimals as their digits without the point: integers of 128 bits, which wrap around, and how they become decimals again. */

/** Digits that a decimal has at most. */
export const MAX_DIGITS = 38;

/** A decimal, or a decimal result of an integer type's values. */
export interface DecimalOperand {
  readonly expr: PolarsExpr;
  readonly type: DataType;
}

/** True when all values of a type have at most 38 digits at a scale. */
export function fitsAt(type: DataType, scale: number): boolean {
  const digits = asDecimal(type) ?? { precision: MAX_DIGITS, scale: 0 };
  return digits.scale <= scale && digits.precision - digits.scale + scale <= MAX_DIGITS;
}

/** With all digits: Polars takes two operands to the larger of their precisions, and makes null what does not fit it. */
export function atScale({ expr }: DecimalOperand, scale: number): PolarsExpr {
  return p.cast(expr, decimalType(MAX_DIGITS, scale));
}

/** Digits after the point; none of an integer type. */
export function scaleOf(type: DataType): number {
  return decimalOf(type)?.scale ?? 0;
}

/** The digits of a decimal without its point. */
export function digitsOf({ expr, type }: DecimalOperand): PolarsExpr {
  return decimalOf(type) ? p.call('"ToPhysical"', expr) : p.cast(expr, "Int128");
}

/** Digits, at most 38, with a point before the last `scale` of them. */
export function withPoint(digits: PolarsExpr, scale: number): PolarsExpr {
  return p.cast(pointed(digits, scale), decimalType(MAX_DIGITS, scale));
}

/** What an operation is shown by: its operands, and its sign between them. */
export type Shown = readonly [DecimalOperand, string, DecimalOperand];

/** Digits as a decimal where they fit; elsewhere a text that a strict cast refuses and shows. */
export function checked(fits: PolarsExpr, digits: PolarsExpr, type: DataType, shown: Shown): PolarsExpr {
  return p.cast(p.choose(fits, pointed(digits, scaleOf(type)), refused(shown, type)), type);
}

export function refused([left, sign, right]: Shown, type: DataType): PolarsExpr {
  const texts = [p.text(`not a ${formatType(type)}: `), p.cast(left.expr, "string"), p.text(sign)];
  return p.joined(...texts, p.cast(right.expr, "string"));
}

/** The text of digits with a point before the last `scale` of them: Polars' parser knows exponents. */
export function pointed(digits: PolarsExpr, scale: number): PolarsExpr {
  return p.joined(p.cast(digits, "string"), p.text(`e-${scale}`));
}

/** `10^exponent`, wrapped around like everything of 128 bits. */
export function power(exponent: number): PolarsExpr {
  return p.int128(BigInt.asIntN(128, 10n ** BigInt(exponent)));
}

/** Half of `10^digits`; none of one. */
export function half(digits: number): PolarsExpr {
  return p.int128(10n ** BigInt(digits) / 2n);
}

/** The decimal `count × 10^-scale`. */
export function units(count: number | bigint, scale: number): PolarsExpr {
  const limit = 1n << 63n;
  if (count < limit && count >= -limit) return p.scalar("Decimal", `[${count},${MAX_DIGITS},${scale}]`);
  return withPoint(p.int128(BigInt(count)), scale);
}

export function isNegative(value: PolarsExpr): PolarsExpr {
  return p.binary("Lt", value, p.int128(0));
}

export function plus(a: PolarsExpr, b: PolarsExpr): PolarsExpr {
  return p.binary("Plus", a, b);
}

export function minus(a: PolarsExpr, b: PolarsExpr): PolarsExpr {
  return p.binary("Minus", a, b);
}

export function times(a: PolarsExpr, b: PolarsExpr): PolarsExpr {
  return p.binary("Multiply", a, b);
}

/** Toward minus infinity. */
export function over(a: PolarsExpr, b: PolarsExpr): PolarsExpr {
  return p.binary("FloorDivide", a, b);
}

/** With the sign of `b`. */
export function modulo(a: PolarsExpr, b: PolarsExpr): PolarsExpr {
  return p.binary("Modulus", a, b);
}
