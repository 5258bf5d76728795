import { RelationError } from "../../errors.js";
import { polarsType } from "./data_type.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";

const PARTS = { year: "Year", month: "Month", day: "Day", hour: "Hour", minute: "Minute", second: "Second" } as const;
const UNITS: Readonly<Record<string, string>> = {
  year: "1y",
  quarter: "1q",
  month: "1mo",
  week: "1w",
  day: "1d",
  hour: "1h",
};
const SHAPES: Readonly<Record<string, string>> = {
  Y: "[0-9]{4}",
  m: "[0-9]{2}",
  d: "[0-9]{2}",
  H: "[01][0-9]|2[0-3]",
  M: "[0-5][0-9]",
  S: "[0-5][0-9]",
  f: "[0-9]{1,6}",
};
const MICROS = 1_000_000;

export function part(name: keyof typeof PARTS, input: PolarsExpr): PolarsExpr {
  return p.cast(p.temporalCall(`"${PARTS[name]}"`, input), "integer");
}

export function parseDate(input: PolarsExpr, format: string, bind: Bind): PolarsExpr {
  return parse(bind(input), format, "date");
}

/** The library's parser takes fewer digits than a field has; the shape of the text is checked first. */
export function parseTimestamp(input: PolarsExpr, format: string, bind: Bind): PolarsExpr {
  return parse(bind(input), format, "timestamp_ntz");
}

/** In a strftime format; `%f` is six digits. */
export function format(input: PolarsExpr, pattern: string): PolarsExpr {
  return p.temporalCall(`{"ToString":${JSON.stringify(pattern.replaceAll("%f", "%6f"))}}`, input);
}

export function truncate(input: PolarsExpr, unit: string): PolarsExpr {
  const every = UNITS[unit];
  if (every === undefined)
    throw new RelationError("no such unit of time", { expected: Object.keys(UNITS).join(", "), actual: unit });
  return p.temporalCall('"Truncate"', input, p.text(every));
}

/** A day outside the years 0001 to 9999 is an error. */
export function addDays(date: PolarsExpr, days: PolarsExpr, bind: Bind): PolarsExpr {
  const day = bind(p.binary("Plus", p.cast(p.cast(date, "integer"), "long"), p.cast(days, "long")));
  const shown = (of: PolarsExpr): PolarsExpr => p.temporalCall('{"ToString":"%Y-%m-%d"}', of);
  return within(day, DAYS, "date", { from: date, shown, more: days, unit: "days" });
}

/** A time outside the years 0001 to 9999 is an error. */
export function addSeconds(time: PolarsExpr, seconds: PolarsExpr, bind: Bind): PolarsExpr {
  const added = p.binary("Multiply", p.cast(seconds, "Int128"), p.int128(MICROS));
  const micros = bind(p.binary("Plus", p.cast(p.cast(time, "long"), "Int128"), added));
  const shown = (of: PolarsExpr): PolarsExpr => p.temporalCall('{"ToString":"%Y-%m-%d %H:%M:%S"}', of);
  return within(micros, TIMES, "timestamp_ntz", { from: time, shown, more: seconds, unit: "seconds" });
}

/** Days, and microseconds, since 1970 of the first and the last day of the years 0001 to 9999. */
const DAYS = [-719_162n, 2_932_896n] as const;
const TIMES = [DAYS[0] * 86_400_000_000n, (DAYS[1] + 1n) * 86_400_000_000n - 1n] as const;

/** What was added to a time, for the error that shows it. */
interface Addition {
  readonly from: PolarsExpr;
  readonly shown: (time: PolarsExpr) => PolarsExpr;
  readonly more: PolarsExpr;
  readonly unit: string;
}

/** A number as a date or time; outside the bounds a cast that cannot succeed shows the addition. */
function within(
  number: PolarsExpr,
  [first, last]: readonly [bigint, bigint],
  type: "date" | "timestamp_ntz",
  { from, shown, more, unit }: Addition,
): PolarsExpr {
  const outside = p.binary(
    "Or",
    p.binary("Lt", number, p.cast(p.int64(first), "Int128")),
    p.binary("Gt", number, p.cast(p.int64(last), "Int128")),
  );
  const parts = [p.text(`not a ${type}: `), shown(p.choose(outside, from, p.nullOf(type))), p.text(" + ")];
  const text = p.joined(...parts, p.cast(more, "string"), p.text(` ${unit}`));
  const value = p.cast(p.choose(outside, p.nullOf("Int128"), number), type === "date" ? "integer" : "long");
  return p.choose(p.isNull(p.cast(text, "long")), p.cast(value, type), p.nullOf(type));
}

export function daysBetween(later: PolarsExpr, earlier: PolarsExpr): PolarsExpr {
  return p.binary("Minus", p.cast(later, "integer"), p.cast(earlier, "integer"));
}

/** Toward zero. */
export function secondsBetween(later: PolarsExpr, earlier: PolarsExpr, bind: Bind): PolarsExpr {
  const micros = bind(p.binary("Minus", p.cast(later, "long"), p.cast(earlier, "long")));
  const seconds = p.binary("FloorDivide", p.absolute(micros), p.int64(MICROS));
  return p.choose(p.binary("Lt", micros, p.int64(0)), p.call('"Negate"', seconds), seconds);
}

function parse(input: PolarsExpr, pattern: string, type: "date" | "timestamp_ntz"): PolarsExpr {
  const shaped = p.matches(input, p.text(shapeOf(pattern)));
  // Times hardly repeat; a look into the cache costs more than parsing them.
  const cache = type === "date";
  const options = `{"format":${JSON.stringify(pattern.replaceAll(".%f", "%.f"))},"strict":false,"exact":true,"cache":${cache}}`;
  const parsed = p.stringCall(`{"Strptime":[{"Literal":${polarsType(type)}},${options}]}`, input, p.text("raise"));
  return p.choose(shaped, parsed, p.nullOf(type));
}

/** The regular expression that a whole text in this format matches. */
function shapeOf(pattern: string): string {
  const literal = (between: string): string => between.replace(/[^A-Za-z0-9 ]/g, "\\$&");
  return `^${fields(pattern)
    .map((field) => (field.length === 2 && field.startsWith("%") ? `(?:${SHAPES[field.charAt(1)]})` : literal(field)))
    .join("")}$`;
}

/** A format taken apart into its fields (`%Y`) and the texts between them. */
function fields(pattern: string): readonly string[] {
  return pattern.match(/%.|[^%]+/gs) ?? [];
}
