import { type DataType, decimalOf, decimalType } from "../../types.js";
import { atScale, type DecimalOperand, fitsAt, MAX_DIGITS, scaleOf, units } from "./digits.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";
import { addWide, multiplyWide } from "./wide_decimal.js";

/**
 * Decimal arithmetic by Spark's rules. Polars computes with 38 digits at the larger scale of both operands, reports
 * overflow, and rounds half to *even*; what is done here makes products exact and rounding half *up* (away from zero).
 */

/** The sum or difference, of the type that the relation gives it; an overflow is an error. */
export function addDecimals(
  op: "Plus" | "Minus",
  left: DecimalOperand,
  right: DecimalOperand,
  type: DataType,
  bind: Bind,
): PolarsExpr {
  const scale = Math.max(scaleOf(left.type), scaleOf(right.type));
  return fitBoth(left, right, type, scale)
    ? p.cast(p.binary(op, atScale(left, scale), atScale(right, scale)), type)
    : addWide(op, left, right, type, bind);
}

/** The product: exact, then rounded half up if its scale is limited; an overflow is an error. */
export function multiplyDecimals(left: DecimalOperand, right: DecimalOperand, type: DataType, bind: Bind): PolarsExpr {
  const scale = scaleOf(left.type) + scaleOf(right.type);
  return fitBoth(left, right, type, scale)
    ? p.cast(p.binary("Multiply", atScale(left, scale), atScale(right, scale)), type)
    : multiplyWide(left, right, type, bind);
}

/** Whether 38 digits are enough at a scale that is also the result's. */
function fitBoth(left: DecimalOperand, right: DecimalOperand, result: DataType, scale: number): boolean {
  return scaleOf(result) === scale && fitsAt(left.type, scale) && fitsAt(right.type, scale);
}

/** Rounded half away from zero to `decimals`, as `type`. */
export function roundDecimal(input: DecimalOperand, decimals: number, type: DataType, bind: Bind): PolarsExpr {
  if (decimals >= scaleOf(input.type)) return p.cast(input.expr, type);
  return p.cast(halfUp(input.expr, input.type, decimals, bind), type);
}

/** As a decimal of another precision and scale; what does not fit is an error, or null. */
export function castDecimal(input: DecimalOperand, type: DataType, mode: p.CastMode, bind: Bind): PolarsExpr {
  const to = scaleOf(type);
  return p.cast(to < scaleOf(input.type) ? halfUp(input.expr, input.type, to, bind) : asDecimal(input), type, mode);
}

/** The digits before the point, as an integer of 128 bits. */
export function wholePart(input: DecimalOperand): PolarsExpr {
  const power = p.int128(10n ** BigInt(scaleOf(input.type)));
  const physical = p.call('"ToPhysical"', input.expr);
  const whole = p.binary("FloorDivide", p.absolute(physical), power);
  return p.choose(p.binary("Lt", physical, p.int128(0)), p.binary("Minus", p.int128(0), whole), whole);
}

/** A decimal, also from an integer. */
function asDecimal({ expr, type }: DecimalOperand): PolarsExpr {
  return decimalOf(type) ? expr : p.cast(expr, decimalType(20, 0));
}

/**
 * Half away from zero by means of rounding half to even: a value is first moved away from zero by a tenth of its last
 * digit's unit, which decides a tie and nothing else. Where 38 digits leave no room for that, ties are found by their rest.
 */
function halfUp(input: PolarsExpr, type: DataType, to: number, bind: Bind): PolarsExpr {
  const { precision, scale } = decimalOf(type) ?? { precision: MAX_DIGITS, scale: 0 };
  const value = bind(input);
  const negative = p.binary("Lt", value, units(0, 0));
  if (precision >= MAX_DIGITS) return halfUpByRest(value, scale, to, negative, bind);
  const away = p.choose(negative, units(-1, scale + 1), units(1, scale + 1));
  return p.cast(p.binary("Plus", value, away), decimalType(MAX_DIGITS, to));
}

/** A tie that was rounded to its even neighbour nearer to zero leaves half a unit of the value's own sign. */
function halfUpByRest(value: PolarsExpr, from: number, to: number, negative: PolarsExpr, bind: Bind): PolarsExpr {
  const even = bind(p.cast(value, decimalType(MAX_DIGITS, to)));
  const rest = bind(p.binary("Minus", value, even));
  const half = 5n * 10n ** BigInt(from - to - 1);
  const up = p.binary("And", p.binary("Eq", rest, units(half, from)), p.not(negative));
  const down = p.binary("And", p.binary("Eq", rest, units(-half, from)), negative);
  const one = units(1, to);
  return p.choose(up, p.binary("Plus", even, one), p.choose(down, p.binary("Minus", even, one), even));
}
