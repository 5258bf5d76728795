import type { SortKey } from "../../relation/expr.js";
import type { DataType } from "../../types.js";
import { compileExpr } from "./compile_expr.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/**
 * Several keys as one number of 128 bits whose ascending order is theirs: sorting by one number takes half the time of
 * sorting by two columns. Undefined for keys of which one may be null or is no whole number inside, or that need more bits.
 */
export function packedKey(keys: readonly SortKey[]): PolarsExpr | undefined {
  const parts = keys.map(({ expr, descending }) => ({
    bits: expr.nullable ? undefined : bitsOf(expr.type),
    value: ascending(p.cast(p.call('"ToPhysical"', compileExpr(expr)), "Int128"), descending),
  }));
  const [first, ...others] = parts;
  const total = parts.reduce((sum, { bits }) => sum + (bits ?? Number.POSITIVE_INFINITY), 0);
  if (first === undefined || others.length === 0 || total > BITS) return undefined;
  return others.reduce((packed, { bits = 0, value }) => {
    const shifted = p.binary("Multiply", packed, p.int128(1n << BigInt(bits)));
    return p.binary("Plus", shifted, p.binary("Plus", value, p.int128(1n << BigInt(bits - 1))));
  }, first.value);
}

const BITS = 128;

/** Of the whole number that a value of the type is inside. */
function bitsOf(type: DataType): number | undefined {
  switch (type) {
    case "long":
    case "timestamp":
    case "timestamp_ntz":
      return 64;
    case "integer":
    case "date":
      return 32;
    case "short":
      return 16;
    case "byte":
      return 8;
    default:
      return undefined;
  }
}

function ascending(value: PolarsExpr, descending: boolean): PolarsExpr {
  return descending ? p.binary("Minus", p.int128(-1), value) : value;
}
