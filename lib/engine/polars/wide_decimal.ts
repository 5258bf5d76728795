import { type DataType, decimalType, formatType } from "../../types.js";
import {
  atScale,
  checked,
  type DecimalOperand,
  digitsOf,
  fitsAt,
  half,
  isNegative,
  MAX_DIGITS,
  minus,
  modulo,
  over,
  plus,
  pointed,
  power,
  refused,
  type Shown,
  scaleOf,
  times,
  units,
  withPoint,
} from "./digits.js";
import type { BinaryOperator, PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";

/**
 * Decimals whose values, at the scale that they would be computed at, may have more than 38 digits. They are computed by their
 * digits without a point, integers of 128 bits. These wrap around: a sum or difference that fits is right whatever came before.
 */

const LIMB = 10n ** 19n;

/** The sum or difference, rounded half up to the scale of `type`; one that does not fit is an error. */
export function addWide(
  op: "Plus" | "Minus",
  left: DecimalOperand,
  right: DecimalOperand,
  type: DataType,
  bind: Bind,
): PolarsExpr {
  const to = scaleOf(type);
  const dropped = Math.max(scaleOf(left.type), scaleOf(right.type)) - to;
  const [a, b] = [bind(digitsOf(left)), bind(op === "Plus" ? digitsOf(right) : minus(p.int128(0), digitsOf(right)))];
  const [kept, below] = [left, right]
    .map(({ type: of }, i) => splitAt(i === 0 ? a : b, scaleOf(of), to, dropped))
    .reduce(([x, y], [v, w]) => [plus(x, v), plus(y, w)]);
  const rest = bind(below);
  const least = bind(plus(kept, over(rest, power(dropped))));
  const sum = dropped === 0 ? least : bind(halfUp(least, modulo(rest, power(dropped)), dropped));
  const whole = plus(over(a, power(scaleOf(left.type))), over(b, power(scaleOf(right.type))));
  const fits = p.binary(
    "And",
    // Whole parts are rounded down: of a sum that fits they may be two more. Then nothing has wrapped around.
    p.binary("LtEq", p.absolute(whole), p.int128(10n ** BigInt(MAX_DIGITS - to) + 2n)),
    p.binary("Lt", p.absolute(sum), power(MAX_DIGITS)),
  );
  return checked(fits, sum, type, [left, op === "Plus" ? " + " : " - ", right]);
}

/** The product, rounded half up to the scale of `type`; one that does not fit is an error. */
export function multiplyWide(left: DecimalOperand, right: DecimalOperand, type: DataType, bind: Bind): PolarsExpr {
  const [a, b] = [bind(digitsOf(left)), bind(digitsOf(right))];
  const [high, low] = product(bind(p.absolute(a)), bind(p.absolute(b)), bind);
  const dropped = scaleOf(left.type) + scaleOf(right.type) - scaleOf(type);
  const size = bind(
    dropped > MAX_DIGITS
      ? over(plus(high, half(dropped - MAX_DIGITS)), power(dropped - MAX_DIGITS))
      : plus(times(high, power(MAX_DIGITS - dropped)), over(plus(low, half(dropped)), power(dropped))),
  );
  const fits = p.binary(
    "And",
    p.binary("Lt", high, power(Math.min(dropped, MAX_DIGITS))),
    p.binary("Lt", size, power(MAX_DIGITS)),
  );
  const negative = p.binary("NotEq", isNegative(a), isNegative(b));
  return checked(fits, p.choose(negative, minus(p.int128(0), size), size), type, [left, " × ", right]);
}

/** The quotient, rounded half up to the scale of `type`; null where the divisor is zero, an error where it does not fit. */
export function divide(left: DecimalOperand, right: DecimalOperand, type: DataType, bind: Bind): PolarsExpr {
  const to = scaleOf(type);
  const shift = to + scaleOf(right.type) - scaleOf(left.type);
  const dividend = bind(digitsOf(left));
  const divisor = bind(nonZero(bind(digitsOf(right))));
  const quotient = bind(
    fitsAt(left.type, to) && fitsAt(right.type, to)
      ? p.binary("TrueDivide", atScale(left, to), p.cast(nonZeroAt(right, divisor), decimalType(MAX_DIGITS, to)))
      : withPoint(nearest(shifted(dividend, shift, [left, " / ", right], type), divisor, Math.min(shift, 38)), to),
  );
  const digits = digitsOf({ expr: quotient, type: decimalType(MAX_DIGITS, to) });
  const rest = bind(minus(times(dividend, power(shift)), times(digits, divisor)));
  // Polars rounds half to even: where that was toward zero, half a divisor is left with the dividend's sign.
  const isShort = p.binary(
    "And",
    p.binary("Eq", times(p.absolute(rest), p.int128(2)), p.absolute(divisor)),
    p.binary("Eq", isNegative(rest), isNegative(dividend)),
  );
  const away = p.choose(p.binary("Eq", isNegative(dividend), isNegative(divisor)), units(1, to), units(-1, to));
  return p.cast(p.binary("Plus", quotient, p.choose(isShort, away, units(0, to))), type);
}

/** The remainder with the sign of the dividend, of the larger scale; null where the divisor is zero. */
export function remainder(left: DecimalOperand, right: DecimalOperand, type: DataType, bind: Bind): PolarsExpr {
  const scale = Math.max(scaleOf(left.type), scaleOf(right.type));
  const dividend = bind(digitsOf(left));
  const divisor = bind(p.absolute(nonZero(bind(digitsOf(right)))));
  const size = bind(p.absolute(dividend));
  const rest = bind(
    scaleOf(left.type) === scale
      ? restOfLonger(size, divisor, power(scale - scaleOf(right.type)))
      : restOfShorter(left.type, size, divisor, scale, bind),
  );
  return p.cast(withPoint(p.choose(isNegative(dividend), minus(p.int128(0), rest), rest), scale), type);
}

/** A sum over rows that Polars has computed, whose digits wrap around; `estimate` is the same sum of doubles. */
export function checkedSum(total: PolarsExpr, estimate: PolarsExpr, type: DataType): PolarsExpr {
  const digits = digitsOf({ expr: total, type });
  const unwrapped = p.binary("Lt", p.absolute(estimate), p.scalar("Float64", `1.2e${MAX_DIGITS - scaleOf(type)}`));
  const fits = p.binary("And", unwrapped, p.binary("Lt", p.absolute(digits), power(MAX_DIGITS)));
  const refusal = p.joined(p.text(`not a ${formatType(type)}: a sum of about `), p.cast(estimate, "string"));
  return p.cast(p.choose(fits, pointed(digits, scaleOf(type)), refusal), type);
}

/** A comparison of any two decimals: by their whole parts, then by what is behind the point. */
export function compareWide(op: BinaryOperator, left: DecimalOperand, right: DecimalOperand, bind: Bind): PolarsExpr {
  const scale = Math.max(scaleOf(left.type), scaleOf(right.type));
  const [a, b] = [left, right].map((operand) => {
    const [digits, own] = [bind(digitsOf(operand)), scaleOf(operand.type)];
    return {
      whole: bind(over(digits, power(own))),
      behind: bind(times(modulo(digits, power(own)), power(scale - own))),
    };
  });
  if (a === undefined || b === undefined) return p.nullOf("boolean");
  const [whole, behind] = [p.binary(op, a.whole, b.whole), p.binary(op, a.behind, b.behind)];
  if (op === "Eq" || op === "EqValidity") return p.binary("And", whole, behind);
  if (op === "NotEq" || op === "NotEqValidity") return p.binary("Or", whole, behind);
  const strictly = op === "LtEq" ? "Lt" : op === "GtEq" ? "Gt" : op;
  return p.binary(
    "Or",
    p.binary(strictly, a.whole, b.whole),
    p.binary("And", p.binary("Eq", a.whole, b.whole), behind),
  );
}

/** The digits down to a scale, and those below it, never negative, at the scale that is `dropped` more. */
function splitAt(digits: PolarsExpr, from: number, to: number, dropped: number): readonly [PolarsExpr, PolarsExpr] {
  if (from <= to) return [times(digits, power(to - from)), p.int128(0)];
  const unitOfTo = power(from - to);
  return [over(digits, unitOfTo), times(modulo(digits, unitOfTo), power(dropped - (from - to)))];
}

/** `least` and so many digits more, of which half a unit is rounded away from zero. */
function halfUp(least: PolarsExpr, more: PolarsExpr, digits: number): PolarsExpr {
  const tie = p.binary("And", p.binary("Eq", more, half(digits)), p.not(isNegative(least)));
  const up = p.binary("Or", p.binary("Gt", more, half(digits)), tie);
  return p.choose(up, plus(least, p.int128(1)), least);
}

/** A product of two numbers of at most 38 digits: all its digits but the last 38, and these. */
function product(a: PolarsExpr, b: PolarsExpr, bind: Bind): readonly [PolarsExpr, PolarsExpr] {
  const limb = p.int128(LIMB);
  const [a1, a0, b1, b0] = [over(a, limb), modulo(a, limb), over(b, limb), modulo(b, limb)].map(bind) as Four;
  const [low, across, down, high] = [times(a0, b0), times(a1, b0), times(a0, b1), times(a1, b1)].map(bind) as Four;
  const middle = bind(plus(plus(over(low, limb), modulo(across, limb)), modulo(down, limb)));
  return [
    bind(plus(plus(high, over(middle, limb)), plus(over(across, limb), over(down, limb)))),
    bind(plus(times(modulo(middle, limb), limb), modulo(low, limb))),
  ];
}

type Four = [PolarsExpr, PolarsExpr, PolarsExpr, PolarsExpr];

/** `dividend × 10^shift / divisor`, half to even, where the dividend already has what `shift` is above 38. */
function nearest(dividend: PolarsExpr, divisor: PolarsExpr, shift: number): PolarsExpr {
  const quotient = p.binary("TrueDivide", withPoint(dividend, shift), withPoint(divisor, shift));
  return digitsOf({ expr: quotient, type: decimalType(MAX_DIGITS, shift) });
}

/** The dividend with the zeros of a shift above 38; where these make it too long, so is the quotient. */
function shifted(dividend: PolarsExpr, shift: number, shown: Shown, type: DataType): PolarsExpr {
  if (shift <= MAX_DIGITS) return dividend;
  const fits = p.binary("Lt", p.absolute(dividend), power(2 * MAX_DIGITS - shift));
  const long = times(dividend, power(shift - MAX_DIGITS));
  return p.cast(p.choose(fits, p.cast(long, "string"), refused(shown, type)), "Int128");
}

/** Of a dividend that has the digits of the larger scale, and a divisor that lacks the last of them. */
function restOfLonger(dividend: PolarsExpr, divisor: PolarsExpr, lacking: PolarsExpr): PolarsExpr {
  const quotient = over(over(dividend, lacking), divisor);
  return minus(dividend, times(times(quotient, divisor), lacking));
}

/** Of a dividend that lacks digits of the larger scale, which is the divisor's. */
function restOfShorter(
  type: DataType,
  dividend: PolarsExpr,
  divisor: PolarsExpr,
  scale: number,
  bind: Bind,
): PolarsExpr {
  const lacking = scale - scaleOf(type);
  if (fitsAt(type, scale)) return modulo(times(dividend, power(lacking)), divisor);
  const below = bind(modulo(dividend, divisor));
  const rest = bind(minus(times(below, power(lacking)), times(nearest(below, divisor, lacking), divisor)));
  return p.choose(isNegative(rest), plus(rest, divisor), rest);
}

/** The divisor itself, or null where its digits are: Polars divides nothing by zero. */
function nonZeroAt({ expr, type }: DecimalOperand, digits: PolarsExpr): PolarsExpr {
  return p.choose(p.isNull(digits), p.nullOf(type), expr);
}

function nonZero(digits: PolarsExpr): PolarsExpr {
  return p.nullIf(digits, p.int128(0), "Int128");
}
