import { type DataType, decimalOf } from "../types.js";

/**
 * A value of a primitive type, as the log's rooms pass it around: integers `number` or `bigint`; float and double
 * `number`; decimals text (`"-12.30"`); dates `YYYY-MM-DD`; timestamps (with and without zone) `bigint` microseconds;
 * boolean and text as themselves; binary text of one character (U+0000 to U+00FF) per byte.
 */
export type Scalar = boolean | number | bigint | string;

/** A scalar in a form that compares exactly with others of its family. */
export type Comparable =
  | { readonly family: "number"; readonly value: number | bigint }
  | { readonly family: "decimal"; readonly unscaled: bigint; readonly scale: number }
  | { readonly family: "text" | "date"; readonly value: string }
  | { readonly family: "boolean"; readonly value: boolean }
  | { readonly family: "timestamp" | "timestamp_ntz"; readonly value: bigint };

/** The comparable form; undefined when the value is none of the type's, or the type has no order (binary, nested, NaN). */
export function comparable(type: DataType, value: Scalar): Comparable | undefined {
  if (typeof type !== "string") return undefined;
  if (decimalOf(type) !== undefined) return typeof value === "boolean" ? undefined : decimalComparable(String(value));
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
    case "float":
    case "double":
      return (typeof value === "number" && !Number.isNaN(value)) || typeof value === "bigint"
        ? { family: "number", value }
        : undefined;
    case "string":
      return typeof value === "string" ? { family: "text", value } : undefined;
    case "date":
      return typeof value === "string" && DATE.test(value) ? { family: "date", value } : undefined;
    case "boolean":
      return typeof value === "boolean" ? { family: "boolean", value } : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return typeof value === "bigint" ? { family: type, value } : undefined;
    default:
      return undefined;
  }
}

/** Negative, zero or positive; undefined when the two cannot be compared exactly. */
export function compareComparables(
  a: Comparable,
  b: Comparable,
  compareText: (x: string, y: string) => number,
): number | undefined {
  if (a.family === "decimal" || b.family === "decimal") return compareDecimals(a, b);
  if (a.family !== b.family) return undefined;
  if (a.family === "text" && b.family === "text") return compareText(a.value, b.value);
  return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
}

/**
 * The scalar that a text of the log stands for (in statistics, or as a serialized partition value); undefined when the
 * text is none of the type's. A timestamp without zone is taken as UTC.
 */
export function parseScalar(type: DataType, text: string): Scalar | undefined {
  if (typeof type !== "string") return undefined;
  if (decimalOf(type) !== undefined) return DECIMAL.test(text) ? text : undefined;
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return /^[+-]?\d+$/.test(text) ? shortest(BigInt(text.replace("+", ""))) : undefined;
    case "float":
    case "double":
      return parseFloating(text);
    case "boolean":
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : undefined;
    case "string":
    case "binary":
      return text;
    case "date":
      return DATE.test(text) ? text.slice(0, 10) : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return parseTimestamp(text);
    default:
      return undefined;
  }
}

/** Microseconds since the epoch of an ISO timestamp (`T` or a space between date and time; zone optional: UTC). */
function parseTimestamp(text: string): bigint | undefined {
  const match = TIMESTAMP.exec(text.trim());
  if (match === null) return undefined;
  const [, date, time = "00:00:00", fraction = "", zone = "Z"] = match;
  const offset = zone === "Z" ? "Z" : `${zone.slice(0, 3)}:${zone.slice(-2)}`;
  const millis = Date.parse(`${date}T${time}${offset}`);
  return Number.isNaN(millis) ? undefined : BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

const DATE = /^\d{4}-\d{2}-\d{2}/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2})(?:\.(\d+))? ?(Z|[+-]\d{2}:?\d{2})?)?$/;

function shortest(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function parseFloating(text: string): number | undefined {
  const named = { nan: Number.NaN, infinity: Infinity, "-infinity": -Infinity, inf: Infinity, "-inf": -Infinity };
  const name = text.toLowerCase();
  if (Object.hasOwn(named, name)) return named[name as keyof typeof named];
  return DECIMAL.test(text) ? Number(text) : undefined;
}

function decimalComparable(text: string): Comparable | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null || !DECIMAL.test(text)) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = BigInt(`${whole}${fraction}` || "0") * (sign === "-" ? -1n : 1n);
  const scale = fraction.length - Number(exponent);
  return scale >= 0
    ? { family: "decimal", unscaled: digits, scale }
    : { family: "decimal", unscaled: digits * 10n ** BigInt(-scale), scale: 0 };
}

function compareDecimals(a: Comparable, b: Comparable): number | undefined {
  const [x, y] = [asDecimal(a), asDecimal(b)];
  if (x === undefined || y === undefined) return undefined;
  const scale = Math.max(x.scale, y.scale);
  const [p, q] = [x.unscaled * 10n ** BigInt(scale - x.scale), y.unscaled * 10n ** BigInt(scale - y.scale)];
  return p < q ? -1 : p > q ? 1 : 0;
}

function asDecimal(value: Comparable): { readonly unscaled: bigint; readonly scale: number } | undefined {
  if (value.family === "decimal") return value;
  if (value.family !== "number") return undefined;
  if (typeof value.value === "bigint") return { unscaled: value.value, scale: 0 };
  return Number.isSafeInteger(value.value) ? { unscaled: BigInt(value.value), scale: 0 } : undefined;
}
