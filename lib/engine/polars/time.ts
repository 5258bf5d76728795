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

export function addDays(date: PolarsExpr, days: PolarsExpr): PolarsExpr {
  return p.cast(p.binary("Plus", p.cast(date, "integer"), p.cast(days, "integer")), "date");
}

export function addSeconds(time: PolarsExpr, seconds: PolarsExpr): PolarsExpr {
  const micros = p.binary("Multiply", p.cast(seconds, "long"), p.int64(MICROS));
  return p.cast(p.binary("Plus", p.cast(time, "long"), micros), "timestamp_ntz");
}

export function daysBetween(later: PolarsExpr, earlier: PolarsExpr): PolarsExpr {
  return p.binary("Minus", p.cast(later, "integer"), p.cast(earlier, "integer"));
}

/** Toward zero. */
export function secondsBetween(later: PolarsExpr, earlier: PolarsExpr, bind: Bind): PolarsExpr {
  const micros = bind(p.binary("Minus", p.cast(later, "long"), p.cast(earlier, "long")));
  const seconds = p.binary("FloorDivide", p.call('"Abs"', micros), p.int64(MICROS));
  return p.choose(p.binary("Lt", micros, p.int64(0)), p.call('"Negate"', seconds), seconds);
}

function parse(input: PolarsExpr, pattern: string, type: "date" | "timestamp_ntz"): PolarsExpr {
  const shaped = p.stringCall('{"Contains":{"literal":false,"strict":true}}', input, p.text(shapeOf(pattern)));
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
