import type { CustomTypesConfig, FieldDef, QueryArrayResult } from "pg";
import type { Value } from "../../relation/runner.js";
import { type DataType, decimalType, field } from "../../types.js";
import { distinctNames } from "../distinct_names.js";
import type { QueryResult } from "../driver.js";

/** Has the driver hand over every value as the server's text. */
export const AS_TEXT: CustomTypesConfig = { getTypeParser: () => (text: string) => text };

/**
 * Settings of a session in which the server's text of a value is what `resultOf` reads. Only these may change what a query
 * gives: the server's own settings, a role's or the address's do not.
 */
export const SESSION = [
  "SET datestyle TO 'ISO, YMD'",
  "SET timezone TO 'UTC'",
  "SET intervalstyle TO 'postgres'",
  "SET bytea_output TO 'hex'",
  "SET extra_float_digits TO 1",
  "SET standard_conforming_strings TO on",
];

/** Rows that were asked for with `rowMode: "array"` and `AS_TEXT`. */
export function resultOf({ fields, rows }: QueryArrayResult<(string | null)[]>): QueryResult {
  const names = distinctNames(fields.map(({ name }) => name));
  const types = fields.map((of, i) => typeOf(of, () => rows.map((row) => row[i] ?? null)));
  const readers = types.map(reader);
  return {
    fields: names.map((name, i) => field(name, types[i] ?? "string")),
    rows: rows.map((row) =>
      Object.fromEntries(
        names.map((name, i): [string, Value] => {
          const text = row[i] ?? null;
          return [name, text === null ? null : (readers[i]?.(text) ?? text)];
        }),
      ),
    ),
  };
}

/** By the OIDs of PostgreSQL's own types (pg_type.dat), which never change. */
const TYPES: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [16, "boolean"],
  [17, "binary"],
  [20, "long"],
  [21, "short"],
  [23, "integer"],
  [700, "float"],
  [701, "double"],
  [1082, "date"],
  [1114, "timestamp_ntz"],
  [1184, "timestamp"],
]);

const NUMERIC = 1700;

function typeOf({ dataTypeID, dataTypeModifier }: FieldDef, values: () => readonly (string | null)[]): DataType {
  if (dataTypeID !== NUMERIC) return TYPES.get(dataTypeID) ?? "string";
  // A sum says neither precision nor scale: its values do.
  if (dataTypeModifier < 0)
    return decimalType(
      38,
      values().reduce((most, text) => Math.max(most, decimals(text)), 0),
    );
  const modifier = dataTypeModifier - 4;
  return decimalType(modifier >> 16, modifier & 0x7ff);
}

function decimals(text: string | null): number {
  return Math.min(38, /\.(\d+)$/.exec(text ?? "")?.[1]?.length ?? 0);
}

function reader(type: DataType): (text: string) => Value {
  switch (type) {
    case "boolean":
      return (text) => text === "t";
    case "short":
    case "integer":
    case "float":
    case "double":
      return Number;
    case "long":
      return BigInt;
    case "binary":
      return (text) => new Uint8Array(Buffer.from(text.slice(2), "hex"));
    case "timestamp":
      return (text) => text.replace(" ", "T").replace(/\+00$/, "Z");
    default:
      return (text) => text;
  }
}
