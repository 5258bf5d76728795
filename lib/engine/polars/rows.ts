import type { Value } from "../../relation/runner.js";
import { type DataType, decimalOf, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import type { Frame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

export type Row = Readonly<Record<string, Value>>;

/** Every row as an object, without loss: long as bigint; decimals, dates and times as exact text. */
export function toRows(frame: Frame, fields: readonly StructField[]): readonly Row[] {
  const readable = frame
    .lazy()
    .select(fields.map((f) => p.alias(readableExpr(p.column(f.name), f.type), f.name)))
    .collectSync();
  const columns = fields.map((f) => ({
    name: f.name,
    values: readable.column(f.name).toArray(),
    read: reader(f.type),
  }));
  return Array.from({ length: frame.rows }, (_, i) => {
    const row: Record<string, Value> = {};
    for (const { name, values, read } of columns) row[name] = read(values[i]);
    return row;
  });
}

/** In a form that the binding hands over exactly: it gives 64-bit integers as doubles and no decimals at all. */
function readableExpr(input: PolarsExpr, type: DataType): PolarsExpr {
  if (typeof type === "object") return input;
  if (decimalOf(type)) return p.cast(input, "string");
  switch (type) {
    case "long":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
      return compileCast(input, type, "string", "Strict");
    case "binary":
      return p.call('{"BinaryExpr":"HexEncode"}', input);
    default:
      return input;
  }
}

function reader(type: DataType): (value: unknown) => Value {
  if (type === "long") return (value) => (value === null ? null : BigInt(value as string));
  if (type === "binary")
    return (value) => (value === null ? null : new Uint8Array(Buffer.from(value as string, "hex")));
  return (value) => value as Value;
}
