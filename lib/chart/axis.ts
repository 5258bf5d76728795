import { RelationError } from "../errors.js";
import { countRows, max, min } from "../relation/aggregate.js";
import type { Column, ColumnOf } from "../relation/column.js";
import { columnRef } from "../relation/fields.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { lit, when } from "../relation/when.js";
import { type DataType, decimalOf, formatType } from "../types.js";
import { formatValue } from "./format_value.js";
import type { Words } from "./words.js";

/** How the values of a column are laid out. */
export type Scale = "time" | "number" | "category";

/** A column as it is drawn: its values, or the bins that they fall into. */
export interface Axis {
  readonly name: string;
  readonly scale: Scale;
  /** What a row contributes; null for rows that have no place on it. */
  readonly of: (column: Column) => Column;
  /** What is to be said of it: `month`, `in steps of 10`. */
  readonly note?: string;
  /** Width of its bins: a number, or a calendar unit. */
  readonly bin?: number | string;
  /** True for years, codes and other numbers without a fraction. */
  readonly isWhole?: boolean;
}

/** How many different values an axis may have. */
export interface AxisLimits {
  readonly time: number;
  readonly number: number;
  readonly category: number;
}

/**
 * The axis of a column. Values of more than `limits` are put into bins of a calendar unit or a round number, or, where they
 * are categories, all but those with most rows into one.
 * @throws RelationError for a column of a type that has no place on an axis
 */
export async function axisOf(relation: Relation, name: string, limits: AxisLimits, words: Words): Promise<Axis> {
  const { type } = columnRef(relation.node, name);
  const scale = scaleOf(name, type);
  if (scale === "category") return categories(relation, name, limits.category, words);
  const values = relation.select((t) => ({ value: onScale(columnOf(t, name)) })).filter((t) => t.value.isNotNull());
  const distinct = values.distinct().limit(limits[scale] + 1);
  if ((await distinct.count()) <= limits[scale]) return plainAxis(relation, name);
  return binsOf(relation, name, limits[scale], words);
}

/** The axis of a column of numbers or times, with each value in its place. */
export function plainAxis(relation: Relation, name: string): Axis {
  const { type } = columnRef(relation.node, name);
  return { name, scale: scaleOf(name, type), of: onScale, isWhole: WHOLE.has(type) };
}

/** Bins of round width or of a calendar unit, at most about as many as asked for. */
export async function binsOf(relation: Relation, name: string, count: number, words: Words): Promise<Axis> {
  const { type } = columnRef(relation.node, name);
  const values = relation.select((t) => ({ value: onScale(columnOf(t, name)) }));
  const [bounds] = await values
    .groupBy()
    .aggregate((t) => ({ least: min(t.value), greatest: max(t.value) }))
    .collect();
  const { least = null, greatest = null } = bounds ?? {};
  if (least === null || greatest === null) return plainAxis(relation, name);
  if (scaleOf(name, type) === "time") return timeBins(name, String(least), String(greatest), count, words);
  const isWhole = WHOLE.has(type);
  return numberBins(name, Number(least), Number(greatest), { count, isWhole }, words);
}

/** The values of a column as names, all but those with most rows as one. */
export async function categories(relation: Relation, name: string, limit: number, words: Words): Promise<Axis> {
  const label = (column: Column): ColumnOf<"string"> => asText(column).orElse(words.nothing);
  const counted = relation
    .select((t) => ({ value: label(columnOf(t, name)) }))
    .groupBy("value")
    .aggregate(() => ({ rows: countRows() }))
    .orderBy((t) => [t.rows.desc(), t.value])
    .limit(limit + 1);
  const rows = await counted.collect();
  if (rows.length <= limit) return { name, scale: "category", of: label };
  const kept = rows.slice(0, limit - 1).map((row) => String(row.value));
  const of = (column: Column): Column => when(label(column).isIn(...kept), label(column)).otherwise(words.others);
  return { name, scale: "category", of, note: `${kept.length} + ${words.others}` };
}

function numberBins(
  name: string,
  least: number,
  greatest: number,
  { count, isWhole }: { readonly count: number; readonly isWhole: boolean },
  words: Words,
): Axis {
  const step = Math.max(roundStep((greatest - least) / count), isWhole ? 1 : 0);
  const first = Math.floor(least / step);
  return {
    name,
    scale: "number",
    bin: step,
    note: `${words.steps} ${formatValue(step, words.locale)}`,
    isWhole,
    of: (column) => {
      const steps = asDouble(column).dividedBy(step).minus(first);
      return steps
        .cast("long")
        .plus(lit(BigInt(first)))
        .cast("double")
        .times(step);
    },
  };
}

/** Of the smallest calendar unit, or number of seconds, that makes no more of them than asked for. */
function timeBins(name: string, least: string, greatest: string, count: number, words: Words): Axis {
  const seconds = (Date.parse(asIso(greatest)) - Date.parse(asIso(least))) / 1000;
  const isDate = least.length === 10;
  const unit = UNITS.find(([, length]) => seconds / length <= count) ?? ["year", 0];
  if (isDate || seconds / 3600 > count) {
    const calendar = isDate && unit[0] === "hour" ? "day" : unit[0];
    return {
      name,
      scale: "time",
      bin: calendar,
      note: words[calendar],
      of: (column) => (onScale(column) as ColumnOf<"timestamp_ntz">).truncate(calendar),
    };
  }
  const step = STEPS.find((length) => seconds / length <= count) ?? 3600;
  const start = `${least.slice(0, 13)}:00:00`;
  return {
    name,
    scale: "time",
    bin: step,
    note: `${step} s`,
    of: (column) => {
      const time = onScale(column) as ColumnOf<"timestamp_ntz">;
      const since = time.secondsSince(start);
      return lit(start, "timestamp_ntz").addSeconds(since.minus(since.modulo(BigInt(step))));
    },
  };
}

/** A column by its name, whatever its kind. */
export function columnOf(columns: Readonly<Record<string, Column>>, name: string): Column {
  const column = columns[name];
  if (column === undefined) throw new RelationError(`no column ${name}`, { where: { column: name } });
  return column;
}

/** True for columns of numbers. */
export function isNumeric(type: DataType): boolean {
  return decimalOf(type) !== undefined || NUMBERS.has(type);
}

/** The order of two values of one scale, null last. */
export function compareOn(scale: Scale, left: Value, right: Value): number {
  if (left === null || right === null) return Number(left === null) - Number(right === null);
  if (scale === "number") return Number(left) - Number(right);
  const [a, b] = [String(left), String(right)];
  const [x, y] = [Number(a), Number(b)];
  if (scale === "category" && a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y) && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

const WHOLE: ReadonlySet<DataType> = new Set<DataType>(["byte", "short", "integer", "long"]);
const NUMBERS: ReadonlySet<DataType> = new Set<DataType>(["byte", "short", "integer", "long", "float", "double"]);

/** Calendar units, and their length in seconds. */
const UNITS = [
  ["hour", 3600],
  ["day", 86_400],
  ["week", 604_800],
  ["month", 2_629_800],
  ["quarter", 7_889_400],
  ["year", 31_557_600],
] as const;
const STEPS = [1, 5, 15, 60, 300, 900];

function scaleOf(name: string, type: DataType): Scale {
  if (isNumeric(type)) return "number";
  if (type === "date" || type === "timestamp" || type === "timestamp_ntz") return "time";
  if (type === "string" || type === "boolean") return "category";
  throw new RelationError(`${name} cannot be drawn along an axis`, {
    where: { column: name },
    expected: "numbers, dates, times, text or truth values",
    actual: formatType(type),
  });
}

/** Instants as wall-clock times UTC; doubles that are no numbers as null. */
function onScale(column: Column): Column {
  const { type } = column.expr;
  if (type === "timestamp") return (column.cast("string") as ColumnOf<"string">).substring(1, 19).cast("timestamp_ntz");
  if (type !== "double" && type !== "float") return column;
  const number = column as ColumnOf<"double">;
  return when(number.times(0).eq(0), number).otherwise(null);
}

function asDouble(column: Column): ColumnOf<"double"> {
  return onScale(column).cast("double") as ColumnOf<"double">;
}

function asText(column: Column): ColumnOf<"string"> {
  const { type } = column.expr;
  if (type === "double" || type === "float") {
    throw new RelationError("doubles make no groups", { remedy: "cast the column to an integer or a decimal first" });
  }
  return (type === "string" ? column : column.cast("string")) as ColumnOf<"string">;
}

/** 1, 2 or 5 times a power of ten, no less than the width given. */
function roundStep(width: number): number {
  if (!(width > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(width));
  return ([1, 2, 5].find((factor) => factor * power >= width) ?? 10) * power;
}

function asIso(time: string): string {
  return `${time.replace(" ", "T")}${time.length === 10 ? "T00:00:00" : ""}Z`;
}
