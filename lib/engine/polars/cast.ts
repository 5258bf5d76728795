import { RelationError } from "../../errors.js";
import { type DataType, decimalOf, formatType } from "../../types.js";
import { isFloating, isInteger, sameType } from "./data_type.js";
import { castDecimal, wholePart } from "./decimal.js";
import type { CastMode, PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type Bind, inline } from "./stages.js";
import { parseDate, parseTimestamp } from "./time.js";

/** To a type that holds every value of this one, without a change of value. */
export function convert(input: PolarsExpr, from: DataType, to: DataType): PolarsExpr {
  return sameType(from, to) ? input : p.cast(input, to);
}

/** A cast by the rules of `relation/functions.ts`. */
export function compileCast(
  input: PolarsExpr,
  from: DataType,
  to: DataType,
  mode: CastMode,
  bind: Bind = inline,
): PolarsExpr {
  if (sameType(from, to)) return input;
  if (from === "string") return fromText(bind(input), to, mode, bind);
  if (decimalOf(to) && (decimalOf(from) || isInteger(from)))
    return castDecimal({ expr: input, type: from }, to, mode, bind);
  if (decimalOf(from) && isInteger(to)) return p.cast(wholePart({ expr: bind(input), type: from }), to, mode);
  if (to === "string") return toText(bind(input), from, bind);
  return p.cast(input, to, mode);
}

/** Text that is not of the expected form never reaches a parser of the library that would take it all the same. */
function fromText(input: PolarsExpr, to: DataType, mode: CastMode, bind: Bind): PolarsExpr {
  const decimal = decimalOf(to);
  if (decimal) return p.cast(decimalText(input, decimal.scale, to, mode, bind), to, mode);
  if (isInteger(to)) return p.cast(input, to, mode);
  if (isFloating(to)) return strictly(bind(floating(input, to, bind)), input, to, mode);
  switch (to) {
    case "boolean":
      return fromBooleanText(input, mode);
    case "date":
      return strictly(bind(parseDate(input, "%Y-%m-%d", bind)), input, to, mode);
    case "timestamp_ntz":
      return strictly(bind(wallClock(input, bind)), input, to, mode);
    case "timestamp": {
      const instant = p.choose(
        p.stringCall('"EndsWith"', input, p.text("Z")),
        p.stringCall('"StripSuffix"', input, p.text("Z")),
        p.nullOf("string"),
      );
      return p.cast(strictly(bind(wallClock(instant, bind)), input, to, mode), "timestamp");
    }
    case "binary":
      return p.cast(input, "binary");
    default:
      throw new RelationError(`no cast from text to ${formatType(to)}`);
  }
}

const FLOATING = "^[+-]?(?:(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?|Infinity)$|^NaN$";

/** Null also for digits beyond the greatest number, of which the library's parser makes infinity. */
function floating(input: PolarsExpr, to: DataType, bind: Bind): PolarsExpr {
  const form = p.choose(p.matches(input, p.text(FLOATING)), input, p.nullOf("string"));
  const number = bind(p.cast(form, to, "NonStrict"));
  const isInfinite = p.binary("Eq", p.absolute(number), p.cast(p.text("inf"), to));
  const isSaid = p.stringCall('"EndsWith"', input, p.text("y"));
  return p.choose(p.binary("And", isInfinite, p.not(isSaid)), p.nullOf(to), number);
}

/**
 * Text for the library's parser of decimals, which is strict but for taking exponents and rounds half to even: one more
 * digit behind too many decimals decides a tie and nothing else. Most texts need neither look.
 */
function decimalText(input: PolarsExpr, scale: number, to: DataType, mode: CastMode, bind: Bind): PolarsExpr {
  const special = bind(p.matches(input, p.text(`[eE]|\\.[^.]{${scale + 1}}`)));
  const text = bind(p.choose(special, input, p.nullOf("string")));
  const withExponent = mode === "Strict" ? refused(text, to) : p.nullOf("string");
  return p.choose(special, p.choose(p.matches(text, p.text("[eE]")), withExponent, p.joined(text, p.text("1"))), input);
}

function wallClock(input: PolarsExpr, bind: Bind): PolarsExpr {
  const spaced = bind(p.stringCall('{"Replace":{"n":1,"literal":true}}', input, p.text("T"), p.text(" ")));
  const whole = parseTimestamp(spaced, "%Y-%m-%d %H:%M:%S", bind);
  return p.call('"Coalesce"', whole, parseTimestamp(spaced, "%Y-%m-%d %H:%M:%S.%f", bind));
}

function fromBooleanText(input: PolarsExpr, mode: CastMode): PolarsExpr {
  const lower = p.stringCall('"Lowercase"', input);
  const is = (value: string) => p.binary("Eq", lower, p.text(value));
  const parsed = p.choose(is("true"), p.boolean(true), p.choose(is("false"), p.boolean(false), p.nullOf("boolean")));
  return strictly(parsed, input, "boolean", mode);
}

/** In strict mode, a text that was not parsed fails in a cast that cannot succeed and shows it. */
function strictly(parsed: PolarsExpr, input: PolarsExpr, to: DataType, mode: CastMode): PolarsExpr {
  if (mode === "NonStrict") return parsed;
  const failed = p.binary("And", p.isNull(parsed), p.isNotNull(input));
  const failure = p.cast(p.choose(failed, refused(input, to), p.nullOf("string")), "long");
  return p.choose(p.isNull(failure), parsed, p.nullOf(to === "timestamp" ? "timestamp_ntz" : to));
}

function refused(input: PolarsExpr, to: DataType): PolarsExpr {
  return p.joined(p.text(`not a ${formatType(to)}: `), input);
}

function toText(input: PolarsExpr, from: DataType, bind: Bind): PolarsExpr {
  switch (from) {
    case "boolean":
      return p.choose(p.isNull(input), p.nullOf("string"), p.choose(input, p.text("true"), p.text("false")));
    case "date":
      return p.temporalCall('{"ToString":"%Y-%m-%d"}', input);
    case "timestamp_ntz":
      return timeText(input, bind);
    case "timestamp":
      return p.joined(timeText(bind(p.cast(input, "timestamp_ntz")), bind), p.text("Z"));
    default:
      return p.cast(input, "string");
  }
}

/** With a fraction only where there is one, and then without zeros at its end. */
function timeText(input: PolarsExpr, bind: Bind): PolarsExpr {
  const fractional = bind(
    p.binary("NotEq", p.binary("Modulus", p.cast(input, "long"), p.int64(1_000_000)), p.int64(0)),
  );
  const fraction = p.temporalCall(
    '{"ToString":"%Y-%m-%d %H:%M:%S%.6f"}',
    p.choose(fractional, input, p.nullOf("timestamp_ntz")),
  );
  const trimmed = p.stringCall('"StripCharsEnd"', fraction, p.text("0"));
  return p.choose(fractional, trimmed, p.temporalCall('{"ToString":"%Y-%m-%d %H:%M:%S"}', input));
}
