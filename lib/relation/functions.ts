import type { FunctionName } from "./expr.js";

/**
 * What each function means, for every compiler. Unless its line says otherwise, a null argument gives null. Each can be
 * said in Spark SQL (ANSI mode); the name of the Spark function is given where it differs. Casts: `casts.ts`.
 */
export const FUNCTIONS: Readonly<Record<FunctionName, string>> = {
  eq: "equal; text by bytes, -0.0 equals 0.0, NaN equals NaN",
  ne: "not equal",
  lt: "less; text by UTF-8 bytes, NaN above all doubles",
  le: "less or equal",
  gt: "greater",
  ge: "greater or equal",
  eqNullSafe: "equal, and null equals null; never null (Spark <=>)",
  isIn: "equal to one of the literals that follow; null only if the first argument is",
  isNull: "true for null; never null",
  isNotNull: "false for null; never null",
  isNullWithin:
    "the value holds a null at the path of the literals that follow, below what is not null itself: names of struct fields; element, key and value for any element of a list or entry of a map; never null (exists)",
  coalesce: "the first argument that is not null; null if all are",
  nullIf: "null when both are equal, else the first",
  and: "three-valued: false wins over null",
  or: "three-valued: true wins over null",
  not: "three-valued",
  add: "integers: overflow is an error; decimals: scale max(s1,s2), precision one more than the digits need, at most 38",
  subtract: "as add",
  multiply:
    "decimals: precision p1+p2+1, scale s1+s2, limited to 38 digits as Spark does (at least 6 decimals are kept)",
  divide:
    "decimals and integers give a decimal of scale max(6, s1+p2+1) limited to 38 digits, rounded half up; by zero is null (try_divide)",
  modulo: "sign of the dividend; by zero is null (try_mod)",
  negate: "minus; -0.0 for 0.0",
  abs: "absolute value",
  round: "to the number of decimals in the second argument, half away from zero, for decimals and doubles",
  length: "code points (char_length)",
  trim: "without white space (Unicode White_Space) at both ends",
  upper: "Unicode upper case, no locale",
  lower: "Unicode lower case, no locale",
  titleCase:
    "runs of spaces become one, outer spaces go; each space-separated word: first letter upper, the rest lower (initcap)",
  unaccent: "NFD without combining marks: São -> Sao",
  concat: "texts joined; null if any is null",
  concatWith: "separator first, then texts; nulls are left out; never null (concat_ws)",
  contains: "holds the literal text",
  startsWith: "begins with the text",
  substring: "from a 1-based code point, so many code points",
  replace: "every occurrence of a literal text",
  replaceRegex: "every match of a pattern; $1 refers to a group (regexp_replace)",
  matches: "the pattern is found somewhere (rlike); patterns use the common subset of RE2 and Java",
  extract: "group n of the first match, null when there is none (nullif(regexp_extract, ''))",
  splitPart: "the n-th part (1-based, negative from the end) between literal separators; null when there are fewer",
  padStart: "to a length in code points with a fill of one character; never shortened",
  padEnd: "as padStart, at the end",
  year: "of a date or wall-clock time; integer",
  month: "1 to 12",
  day: "of the month, 1 to 31",
  hour: "0 to 23",
  minute: "0 to 59",
  second: "0 to 59, without fraction",
  toDate: "the date of a wall-clock time",
  parseDecimal:
    "text as a number in a notation, with at most the type's decimals, else null. plain: [+-]digits[.digits]; pt-BR: with a comma, points must separate groups of three; without one, a point before one or two final digits is the decimal point (a pattern, then try_cast)",
  parseDate: "text in a strftime format of %Y %m %d (fixed width, whole text, real calendar day), else null",
  parseTimestamp:
    "text in a strftime format of %Y %m %d %H %M %S and %f (1 to 6 digits), fixed width, whole text, else null",
  formatDate: "a date or wall-clock time in a strftime format",
  truncate: "to the beginning of its 'year', 'quarter', 'month', 'week' (Monday), 'day' or 'hour'; same type",
  addDays: "a date and an integer number of days; a day outside the years 0001 to 9999 is an error",
  addSeconds: "a wall-clock time and an integer number of seconds; a time outside the years 0001 to 9999 is an error",
  daysBetween: "days from the second to the first date (datediff); integer",
  secondsBetween: "whole seconds from the second to the first wall-clock time, toward zero; long",
  listOf: "a list of the arguments that are not null; never null (array_compact(array))",
};
