import { type DataType, decimalOf } from "../types.js";
import { isJsonObject, type JsonObject, parseJsonNumbersAsText, stringifyJson } from "./json.js";
import { parseScalar, type Scalar } from "./scalar.js";

/** Characters (code points) that a text bound keeps. */
const TEXT_BOUND = 32;

/** What is known of one column of a data file. */
export interface ColumnStats {
  /** The column's name, and below it the fields of structs: `["endereco", "uf"]`. */
  readonly path: readonly string[];
  readonly type: DataType;
  /** Null when the file holds no value; left out when unknown. */
  readonly min?: Scalar | null | undefined;
  readonly max?: Scalar | null | undefined;
  readonly nullCount?: number | undefined;
  /** True when a float or double column holds NaN, which is greater than every bound. */
  readonly hasNaN?: boolean | undefined;
}

/**
 * The `stats` text of a data file (protocol, "Per-file Statistics"). Bounds hold for every value of the file: text is
 * cut to 32 characters (the greatest rounded up in UTF-8 order), timestamps to milliseconds (the greatest rounded up),
 * decimals and 64-bit integers are exact, and a bound that JSON or another reader cannot take is left out: NaN,
 * infinities, years outside 0001 to 9999, booleans and binary.
 */
export function serializeStats(numRecords: number, columns: readonly ColumnStats[]): string {
  const minValues = new Map<string, unknown>();
  const maxValues = new Map<string, unknown>();
  const nullCount = new Map<string, unknown>();
  for (const column of columns) {
    const { path, type, min, max } = column;
    if (min !== null && min !== undefined) place(minValues, path, bound(type, min, "min"));
    if (max !== null && max !== undefined && column.hasNaN !== true) place(maxValues, path, bound(type, max, "max"));
    if (column.nullCount !== undefined) place(nullCount, path, String(column.nullCount));
  }
  return `{"numRecords":${numRecords},"minValues":${render(minValues)},"maxValues":${render(maxValues)},"nullCount":${render(nullCount)}}`;
}

/** Statistics of a data file, read from its `stats` text. */
export interface FileStats {
  readonly numRecords: bigint | undefined;
  /** False when deletion vectors may have removed the rows that the bounds come from. */
  readonly tightBounds: boolean;
  /** The bound in its scalar form; a timestamp's greatest is raised to the end of its millisecond, where writers cut it. */
  min(path: readonly string[], type: DataType): Scalar | undefined;
  max(path: readonly string[], type: DataType): Scalar | undefined;
  nullCount(path: readonly string[]): bigint | undefined;
}

/** Reads a `stats` text; undefined when there is none or it cannot be understood. */
export function parseStats(stats: string | undefined): FileStats | undefined {
  if (stats === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(stats);
  } catch {
    return undefined;
  }
  if (!isJsonObject(json)) return undefined;
  const quick = json;
  let exact: unknown;
  const bounds = (side: "minValues" | "maxValues", path: readonly string[], type: DataType): Scalar | undefined => {
    const value = at(quick[side], path);
    if (typeof value !== "number" || isExact(value, type)) return toScalar(value, type);
    exact ??= parseJsonNumbersAsText(stats);
    return toScalar(at(exact, [side, ...path]), type);
  };
  return {
    numRecords: toCount(quick["numRecords"]),
    tightBounds: quick["tightBounds"] !== false,
    min: (path, type) => bounds("minValues", path, type),
    max: (path, type) => endOfMillisecond(bounds("maxValues", path, type), type),
    nullCount: (path) => toCount(at(quick["nullCount"], path)),
  };
}

/** A timestamp's greatest value, raised where a writer may have cut it to milliseconds; any other value as it is. */
export function endOfMillisecond(max: Scalar | undefined, type: DataType): Scalar | undefined {
  return isTimestamp(type) && typeof max === "bigint" && max % 1000n === 0n ? max + 999n : max;
}

/** A text of at most 32 characters that is no greater than the text: its beginning. */
export function lowerTextBound(text: string): string {
  return text.length <= TEXT_BOUND ? text : [...text].slice(0, TEXT_BOUND).join("");
}

/** A text of at most 32 characters that is no less, in UTF-8 order, than the text; undefined when there is none. */
export function upperTextBound(text: string): string | undefined {
  if (text.length <= TEXT_BOUND) return text;
  const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  if (points.length <= TEXT_BOUND) return text;
  for (let last = TEXT_BOUND - 1; last >= 0; last--) {
    const point = points[last];
    if (point === undefined || point === 0x10ffff) continue;
    const next = point === 0xd7ff ? 0xe000 : point + 1;
    return String.fromCodePoint(...points.slice(0, last), next);
  }
  return undefined;
}

/** The JSON text of a bound; undefined when it must be left out. */
function bound(type: DataType, value: Scalar, side: "min" | "max"): string | undefined {
  if (typeof type !== "string") return undefined;
  if (decimalOf(type) !== undefined)
    return parseScalar(type, String(value)) === undefined ? undefined : String(value).replace(/^\+/, "");
  switch (type) {
    case "byte":
    case "short":
    case "integer":
    case "long":
      return typeof value === "bigint" || Number.isSafeInteger(value) ? String(value) : undefined;
    case "float":
    case "double":
      if (typeof value !== "number" || !Number.isFinite(value)) return undefined;
      // Engines that order -0.0 before 0.0 must find both inside the bounds.
      return value === 0 ? (side === "min" ? "-0.0" : "0.0") : String(value);
    case "string": {
      if (typeof value !== "string") return undefined;
      const cut = side === "min" ? lowerTextBound(value) : upperTextBound(value);
      return cut === undefined ? undefined : JSON.stringify(cut);
    }
    case "date":
      return typeof value === "string" && /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(value) ? JSON.stringify(value) : undefined;
    case "timestamp":
    case "timestamp_ntz":
      return typeof value === "bigint" ? timestampBound(type, value, side) : undefined;
    default:
      return undefined;
  }
}

function timestampBound(type: "timestamp" | "timestamp_ntz", micros: bigint, side: "min" | "max"): string | undefined {
  const floor = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n);
  const millis = Number(side === "max" && micros % 1000n !== 0n ? floor + 1n : floor);
  if (!(Math.abs(millis) <= 8.64e15)) return undefined;
  const text = new Date(millis).toISOString();
  if (!/^(?!0000)\d{4}-/.test(text)) return undefined;
  return JSON.stringify(type === "timestamp" ? text : text.slice(0, -1));
}

function place(values: Map<string, unknown>, path: readonly string[], text: string | undefined): void {
  if (text === undefined) return;
  let level = values;
  for (const name of path.slice(0, -1)) {
    const below = level.get(name);
    const next = below instanceof Map ? (below as Map<string, unknown>) : new Map<string, unknown>();
    level.set(name, next);
    level = next;
  }
  level.set(path.at(-1) ?? "", text);
}

function render(values: ReadonlyMap<string, unknown>): string {
  const fields = [...values].map(
    ([name, value]) =>
      `${stringifyJson(name)}:${value instanceof Map ? render(value as Map<string, unknown>) : String(value)}`,
  );
  return `{${fields.join(",")}}`;
}

function at(values: unknown, path: readonly string[]): unknown {
  let value = values;
  for (const name of path)
    value = isJsonObject(value) && Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
  return value;
}

/** Whether the double that JSON.parse made of a number is the number itself: decimals of up to 15 digits are. */
function isExact(value: number, type: DataType): boolean {
  const decimal = decimalOf(type);
  if (decimal !== undefined) return decimal.precision <= 15;
  return type === "float" || type === "double" || Number.isSafeInteger(value);
}

function toScalar(value: unknown, type: DataType): Scalar | undefined {
  if (typeof value === "boolean") return type === "boolean" ? value : undefined;
  if (typeof value === "number")
    return Number.isInteger(value) && isInteger(type) ? value : parseScalar(type, String(value));
  return typeof value === "string" ? parseScalar(type, value) : undefined;
}

function toCount(value: unknown): bigint | undefined {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
}

function isInteger(type: DataType): boolean {
  return type === "long" || type === "integer" || type === "short" || type === "byte";
}

function isTimestamp(type: DataType): boolean {
  return type === "timestamp" || type === "timestamp_ntz";
}
