import { Buffer } from "node:buffer";
import type { SortKey } from "../../relation/expr.js";
import { compileExpr } from "./compile_expr.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { ValueRange } from "./value_range.js";

/** One number must hold every combination of the keys. */
const COMBINATIONS = 1n << 62n;

/** The ranges of columns, by name. */
export type Ranges = ReadonlyMap<string, ValueRange>;

/**
 * One integer per row that is ordered, ascending, as the rows are by several keys: Polars sorts by one column three times
 * faster than by several. Undefined when a key is no column of a known range, or there are too many combinations.
 */
export function packedKey(keys: readonly SortKey[], ranges: Ranges): PolarsExpr | undefined {
  if (keys.length < 2) return undefined;
  let packed: PolarsExpr | undefined;
  let combinations = 1n;
  for (const key of keys) {
    const digit = digitOf(key, ranges);
    if (digit === undefined) return undefined;
    combinations *= digit.base;
    if (combinations > COMBINATIONS) return undefined;
    packed =
      packed === undefined
        ? digit.expr
        : p.binary("Plus", p.binary("Multiply", packed, p.int64(digit.base)), digit.expr);
  }
  return packed;
}

/** A key's values as numbers from 0 up to, not with, a base. Nulls come first when ascending, last when descending. */
interface Digit {
  readonly expr: PolarsExpr;
  readonly base: bigint;
}

function digitOf({ expr, descending }: SortKey, ranges: Ranges): Digit | undefined {
  const range = expr.kind === "column" ? ranges.get(expr.name) : undefined;
  if (range === undefined) return undefined;
  if (range.kind === "none") return { expr: p.int64(0), base: 1n };
  const value = compileExpr(expr);
  const { place, size } = range.kind === "texts" ? textPlace(value, range.values) : integerPlace(value, range);
  const ordered = descending ? p.binary("Minus", p.int64(size - 1n), place) : place;
  if (!expr.nullable) return { expr: ordered, base: size };
  const shifted = descending ? ordered : p.binary("Plus", ordered, p.int64(1));
  return { expr: p.fillNull(shifted, p.int64(descending ? size : 0n)), base: size + 1n };
}

interface Place {
  readonly place: PolarsExpr;
  readonly size: bigint;
}

function integerPlace(value: PolarsExpr, { low, high }: Extract<ValueRange, { kind: "integers" }>): Place {
  const physical = p.cast(p.call('"ToPhysical"', value), "long");
  return { place: p.binary("Minus", physical, p.int64(low)), size: high - low + 1n };
}

function textPlace(value: PolarsExpr, values: readonly string[]): Place {
  const sorted = [...values].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const place = sorted.reduce<PolarsExpr>(
    (rest, text, i) => p.choose(p.binary("Eq", value, p.text(text)), p.int64(i), rest),
    p.nullOf("long"),
  );
  return { place, size: BigInt(sorted.length) };
}
