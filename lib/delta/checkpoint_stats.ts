import { type DataType, decimalOf, field, type StructField, type StructType } from "../types.js";
import type { AddFile } from "./actions/action.js";
import { parseScalar, type Scalar } from "./scalar.js";
import { parseStats } from "./stats.js";
import type { LeafColumn } from "./stats_columns.js";

/** A value as Parquet stores it: days, microseconds and unscaled decimals as integers, longs as bigint. */
type ParquetValue = boolean | number | bigint | string | Uint8Array;

type Nested = { [name: string]: Nested | ParquetValue | null };

/** The struct `stats_parsed`: the bounds in the columns' types, below structs named as the columns are. */
export function parsedStatsSchema(columns: readonly LeafColumn[]): StructType {
  const bounds = nestedStruct(columns.filter(({ type }) => hasBounds(type)));
  const counts = nestedStruct(columns.map(({ path }) => ({ path, type: "long" })));
  const fields = [
    field("numRecords", "long"),
    ...(bounds.fields.length > 0 ? [field("minValues", bounds), field("maxValues", bounds)] : []),
    ...(counts.fields.length > 0 ? [field("nullCount", counts)] : []),
    field("tightBounds", "boolean"),
  ];
  return { type: "struct", fields };
}

/** A file's `stats_parsed`; null when nothing is known of it. */
export function parsedStats(text: string | undefined, columns: readonly LeafColumn[]): Nested | null {
  const stats = parseStats(text);
  if (stats === undefined) return null;
  const bounded = columns.filter(({ type }) => hasBounds(type));
  const bounds = (side: "min" | "max"): Nested =>
    nestedValues(bounded, ({ path, type }) => stored(type, stats[side](path, type)));
  return {
    numRecords: stats.numRecords ?? null,
    minValues: bounds("min"),
    maxValues: bounds("max"),
    nullCount: nestedValues(columns, ({ path }) => stats.nullCount(path) ?? null),
    tightBounds: stats.tightBounds,
  };
}

/** The struct `partitionValues_parsed`; undefined for a table without partitions. */
export function parsedPartitionSchema(fields: readonly StructField[]): StructType | undefined {
  return fields.length === 0
    ? undefined
    : { type: "struct", fields: fields.map(({ name, type }) => field(name, type)) };
}

/** A file's partition values in their columns' types. */
export function parsedPartitionValues({ partitionValues }: AddFile, fields: readonly StructField[]): Nested {
  return Object.fromEntries(
    fields.map(({ name, type }) => {
      const text = partitionValues[name];
      return [name, text === null || text === undefined || text === "" ? null : stored(type, parseScalar(type, text))];
    }),
  );
}

/** Types that statistics give bounds for. */
function hasBounds(type: DataType): boolean {
  return typeof type === "string" && type !== "boolean" && type !== "binary";
}

function stored(type: DataType, value: Scalar | undefined): ParquetValue | null {
  if (value === undefined) return null;
  const decimal = decimalOf(type);
  if (decimal !== undefined) return unscaled(String(value), decimal.scale);
  switch (type) {
    case "long":
      return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : null;
    case "byte":
    case "short":
    case "integer":
      return Number(value);
    case "date":
      return Date.parse(`${String(value)}T00:00:00Z`) / 86_400_000;
    case "binary":
      return Uint8Array.from(String(value), (char) => char.charCodeAt(0));
    default:
      return value;
  }
}

/** The integer that a decimal text is at a scale; null when it has more digits after the point. */
function unscaled(text: string, scale: number): bigint | null {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return null;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(`${whole}${fraction}` || "0") * (sign === "-" ? -1n : 1n);
  if (shift >= 0) return digits * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return digits % divisor === 0n ? digits / divisor : null;
}

function nestedStruct(columns: readonly LeafColumn[], depth = 0): StructType {
  const names = [...new Set(columns.flatMap(({ path }) => path[depth] ?? []))];
  return {
    type: "struct",
    fields: names.map((name) => {
      const below = columns.filter(({ path }) => path[depth] === name);
      const leaf = below.find(({ path }) => path.length === depth + 1);
      return field(name, leaf?.type ?? nestedStruct(below, depth + 1));
    }),
  };
}

function nestedValues(columns: readonly LeafColumn[], valueOf: (column: LeafColumn) => ParquetValue | null): Nested {
  const root = Object.create(null) as Nested;
  for (const column of columns) {
    let level = root;
    for (const name of column.path.slice(0, -1)) {
      const next = (level[name] ?? Object.create(null)) as Nested;
      level[name] = next;
      level = next;
    }
    level[column.path.at(-1) ?? ""] = valueOf(column);
  }
  return root;
}
