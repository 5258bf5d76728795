import type { Literal } from "../../relation/expr.js";
import { decimalOf } from "../../types.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

const MICROS_PER_SECOND = 1_000_000n;
const LARGEST_JSON_INTEGER = 1n << 63n;

/** A constant of exactly its type; Polars itself would guess one (32768 as a double, 5n as unsigned). */
export function compileLiteral({ value, type }: Literal): PolarsExpr {
  if (value === null) return p.nullOf(type);
  if (typeof value === "boolean") return p.boolean(value);
  const decimal = decimalOf(type);
  if (decimal) return decimalScalar(value, decimal.precision, decimal.scale);
  switch (type) {
    case "byte":
      return p.scalar("Int8", value);
    case "short":
      return p.scalar("Int16", value);
    case "integer":
      return p.int32(value);
    case "long":
      return p.int64(value);
    case "float":
      return p.cast(double(value), "float");
    case "double":
      return double(value);
    case "date":
      return p.scalar("Date", String(epochDay(value)));
    case "timestamp_ntz":
      return p.scalar("Datetime", `[${epochMicros(value)},"Microseconds",null]`);
    case "timestamp":
      return p.scalar("Datetime", `[${epochMicros(value)},"Microseconds",{"inner":"UTC"}]`);
    default:
      return p.text(value);
  }
}

/** Days since 1970-01-01 of `YYYY-MM-DD`. */
function epochDay(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

/** Microseconds since 1970-01-01 00:00:00 of `YYYY-MM-DD HH:MM:SS[.ffffff][Z]`. */
function epochMicros(time: string): bigint {
  const seconds = BigInt(Date.parse(`${time.slice(0, 10)}T${time.slice(11, 19)}Z`) / 1000);
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? "";
  return seconds * MICROS_PER_SECOND + BigInt(fraction.padEnd(6, "0"));
}

function decimalScalar(value: string, precision: number, scale: number): PolarsExpr {
  const [whole = "0", fraction = ""] = value.split(".");
  const unscaled = BigInt(whole + fraction.padEnd(scale, "0"));
  if (unscaled >= LARGEST_JSON_INTEGER || unscaled < -LARGEST_JSON_INTEGER) {
    return p.cast(p.text(value), `decimal(${precision},${scale})`);
  }
  return p.scalar("Decimal", `[${unscaled},${precision},${scale}]`);
}

function double(value: string): PolarsExpr {
  const number = Number(value);
  if (!Number.isFinite(number)) return p.cast(p.text(value === "NaN" ? "NaN" : number > 0 ? "inf" : "-inf"), "double");
  return p.scalar("Float64", Object.is(number, -0) ? "-0.0" : String(number));
}
