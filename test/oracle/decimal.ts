/**
 * A number written the Brazilian way, or plainly, as an exact integer of `scale` decimals (`1.234,56` at scale 2 is
 * 123456n). With a comma, dots must separate groups of three digits; without one, a dot followed by one or two final
 * digits is the decimal point. Undefined for other dotted text, for more decimals than the scale, for more than
 * `precision` digits, and for text that is no number.
 */
export function parseBrazilian(text: string, precision: number, scale: number): bigint | undefined {
  const withComma = /^([+-]?)(\d+|\d{1,3}(?:\.\d{3})+),(\d+)$/.exec(text);
  const withPoint = /^([+-]?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  const match = withComma ?? withPoint;
  if (match === null) return undefined;
  const [, sign = "", whole = "", decimals = ""] = match;
  return unscaled(sign, whole.replaceAll(".", ""), decimals, precision, scale);
}

/** A plainly written number (`-1234.5`) as an exact integer of `scale` decimals; undefined as for {@link parseBrazilian}. */
export function parsePlain(text: string, precision: number, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", decimals = ""] = match;
  return unscaled(sign, whole, decimals, precision, scale);
}

/** An exact integer of `scale` decimals as text with all of them: 5n at scale 2 is `0.05`. */
export function formatDecimal(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
  const sign = value < 0n ? "-" : "";
  return `${sign}${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
}

/** The quotient of two integers, rounded to the nearest and from the middle away from zero; `divisor` is positive. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const quotient = (2n * size + divisor) / (2n * divisor);
  return dividend < 0n ? -quotient : quotient;
}

function unscaled(sign: string, whole: string, decimals: string, precision: number, scale: number): bigint | undefined {
  if (decimals.length > scale) return undefined;
  const value = BigInt(whole + decimals.padEnd(scale, "0"));
  if (value >= 10n ** BigInt(precision)) return undefined;
  return sign === "-" ? -value : value;
}
