import { DeltaError } from "../errors.js";
import { type DataType, decimalOf, formatType, type StructField, type StructType } from "../types.js";
import type { PartitionValues } from "./actions/action.js";
import { physicalName } from "./column_mapping.js";
import { comparable, parseScalar, type Scalar } from "./scalar.js";

/**
 * A partition value as the log stores it (protocol, "Partition Value Serialization"). The protocol reads an empty text
 * back as null, so an empty text is stored as null. Timestamps are written in UTC with zone, those without zone as
 * wall-clock time. Throws DeltaError for a type that cannot partition a table.
 */
export function serializePartitionValue(type: DataType, value: Scalar | null): string | null {
  if (value === null || value === "") return null;
  switch (type) {
    case "timestamp":
      return `${formatMicros(toMicros(value), "T")}Z`;
    case "timestamp_ntz":
      return formatMicros(toMicros(value), " ");
    case "float":
    case "double":
      return Object.is(value, -0) ? "-0.0" : String(value);
    default:
      if (typeof type === "string") return String(value);
      throw new DeltaError(`A column of type ${formatType(type)} cannot partition a table`);
  }
}

/** Whether a column partitions the table; names of partition columns differ in case from the schema's in some logs. */
export function isPartitionColumn(partitionColumns: readonly string[], name: string): boolean {
  return partitionColumns.some((column) => column === name || column.toLowerCase() === name.toLowerCase());
}

/** A column's stored partition value; undefined where the file has none. */
export function partitionValue(values: PartitionValues, field: StructField): string | null | undefined {
  const name = physicalName(field);
  if (Object.hasOwn(values, name)) return values[name];
  const key = Object.keys(values).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : values[key];
}

/** The value that a stored partition value stands for. Throws DeltaError when it is none of the type's. */
export function parsePartitionValue(type: DataType, stored: string | null | undefined): Scalar | null {
  if (stored === null || stored === undefined || stored === "") return null;
  const value = parseScalar(type, stored);
  if (value !== undefined) return value;
  throw new DeltaError("The log holds a partition value that its column's type cannot have", {
    expected: formatType(type),
    actual: JSON.stringify(stored),
  });
}

/**
 * A stored partition value in one spelling, whoever wrote it: null; dates `YYYY-MM-DD`; times `YYYY-MM-DD HH:MM:SS.ffffff`
 * (UTC, where they are instants); decimals with all digits of their scale. Throws DeltaError like `parsePartitionValue`.
 */
export function partitionText(type: DataType, stored: string | null | undefined): string | null {
  const value = parsePartitionValue(type, stored);
  if (value === null) return null;
  if (typeof value === "bigint" && (type === "timestamp" || type === "timestamp_ntz")) return formatMicros(value, " ");
  const decimal = decimalOf(type);
  if (decimal) return decimalText(type, value, decimal.scale);
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** The stored partition values of a row, in the order of the table's partition columns. */
export function serializePartitionValues(
  schema: StructType,
  partitionColumns: readonly string[],
  values: Readonly<Record<string, Scalar | null>>,
): PartitionValues {
  return Object.fromEntries(
    partitionColumns.map((name) => {
      const type = schema.fields.find((field) => field.name === name)?.type;
      if (type === undefined) throw new DeltaError(`The partition column ${name} is not in the schema`);
      return [name, serializePartitionValue(type, values[name] ?? null)];
    }),
  );
}

function toMicros(value: Scalar): bigint {
  if (typeof value === "bigint") return value;
  throw new DeltaError("A timestamp partition value must be microseconds as a bigint", { actual: String(value) });
}

function formatMicros(micros: bigint, separator: string): string {
  const millis = micros >= 0n ? micros / 1000n : -((-micros + 999n) / 1000n);
  const rest = String(micros - millis * 1000n).padStart(3, "0");
  return `${new Date(Number(millis)).toISOString().slice(0, -1).replace("T", separator)}${rest}`;
}

function decimalText(type: DataType, value: Scalar, scale: number): string {
  const number = comparable(type, value);
  if (number?.family !== "decimal") throw new TypeError("a decimal's text is a decimal");
  const more = scale - number.scale;
  const divisor = 10n ** BigInt(Math.max(0, -more));
  if (number.unscaled % divisor !== 0n)
    throw new DeltaError("The log holds a partition value with more decimals than its column", {
      expected: formatType(type),
      actual: String(value),
    });
  const unscaled = (number.unscaled * 10n ** BigInt(Math.max(0, more))) / divisor;
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}
