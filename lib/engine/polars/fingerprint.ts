import { newId } from "../../clock.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

let seeds: readonly [number, number] | undefined;

/**
 * Two independent 64-bit hashes of the columns, seeded anew in every process. Equal rows have equal ones (nulls are equal);
 * among five million different rows the chance that any two have is below 1 in 10^25, and none can be made up beforehand.
 */
export function fingerprint(columns: readonly PolarsExpr[]): readonly [PolarsExpr, PolarsExpr] {
  seeds ??= [newSeed(), newSeed()];
  const [first, second] = seeds;
  return [hash(columns, first), hash(columns, second)];
}

/** Each column has a hash function of its own, so that the sum depends on what stands where. */
function hash(columns: readonly PolarsExpr[], seed: number): PolarsExpr {
  const hashes = columns.map((column, i) => p.call(`{"Hash":[${seed},${i},0,0]}`, column));
  return hashes.reduce((all, one) => p.binary("Plus", all, one));
}

function newSeed(): number {
  return Number.parseInt(newId().slice(0, 8), 16);
}
