import { RelationError } from "../errors.js";
import { type DataType, decimalOf, formatType } from "../types.js";

/**
 * Which casts there are, and what they do; all can be said in Spark SQL, where text is checked by a pattern first.
 * - text to integers: `[+-]digits`, nothing else, not even spaces
 * - text to decimal: `[+-]digits[.digits]`, no exponent; rounded half up to the scale
 * - text to double: also with exponent, `NaN`, `[+-]Infinity`; not a number beyond the greatest
 * - text to boolean: `true` or `false` in any case
 * - text to date: `YYYY-MM-DD`; to timestamp_ntz: `YYYY-MM-DD HH:MM:SS[.ffffff]` (or `T`); to timestamp: the same with `Z`
 * - to text: decimals with all digits of their scale, dates and times as above, without zeros at the end of a fraction
 * - decimal or double to integers: toward zero; decimal to decimal: rounded half up
 * - date to timestamp_ntz: midnight; timestamp_ntz to date: its day
 * A value that is not of the form or does not fit the type is an error in a strict cast and null in a try cast.
 */
export function checkCast(from: DataType, to: DataType): void {
  const [source, target] = [groupOf(from), groupOf(to)];
  if (formatType(from) === formatType(to) || TARGETS[source]?.includes(target)) return;
  throw new RelationError(`no cast from ${formatType(from)} to ${formatType(to)}`, {
    expected: `${formatType(from)} to one of ${TARGETS[source]?.join(", ") ?? "no type"}`,
    remedy: REMEDIES[`${source} to ${target}`],
  });
}

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  string: ["integer", "decimal", "double", "boolean", "date", "timestamp_ntz", "timestamp"],
  integer: ["integer", "decimal", "double", "string"],
  decimal: ["integer", "decimal", "double", "string"],
  double: ["integer", "double"],
  boolean: ["string"],
  date: ["timestamp_ntz", "string"],
  timestamp_ntz: ["date", "string"],
  timestamp: ["string"],
};

const REMEDIES: Readonly<Record<string, string>> = {
  "double to decimal": "read the source as text and cast that",
  "double to string": "engines write doubles differently: cast to an integer or keep the double",
  "boolean to integer": "use when(condition, 1).otherwise(0)",
};

function groupOf(type: DataType): string {
  if (decimalOf(type)) return "decimal";
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return "integer";
    case "float":
    case "double":
      return "double";
    default:
      return typeof type === "string" ? type : type.type;
  }
}
