import { type Predicate, predicate } from "../delta/predicate.js";
import type { Scalar } from "../delta/scalar.js";
import { aggregate, count, countDistinct, countRows } from "../relation/aggregate.js";
import { type Column, wrap } from "../relation/column.js";
import { columnRef } from "../relation/fields.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { DataType } from "../types.js";
import { microsOf } from "./skipping_predicate.js";

/** A key column of a table, and the relation's column that holds its values. */
export interface KeyColumn {
  readonly name: string;
  readonly type: DataType;
  readonly from: string;
}

/** Without bounds that hold for all values: NaN is in none. */
const UNORDERED: readonly DataType[] = ["binary", "boolean", "float", "double"];

/** More values of a partition column than this are told by their range only. */
const FEW_VALUES = 1000;

/** So few rows tell their keys one by one: between the keys of two of them there can be many files. */
const FEW_ROWS = 100;

/** What one look at all keys of a relation tells. */
export interface KeySummary {
  readonly rows: number;
  /** Of each key whose values have an order, the least and the greatest; undefined where all are null. */
  readonly bounds: ReadonlyMap<string, readonly [Scalar | undefined, Scalar | undefined]>;
  /** Whether two rows have the same keys, none of which is null; only said of a single key. */
  readonly repeats: boolean | undefined;
}

/** Looks at the keys of all rows once. */
export async function summarizeKeys(relation: Relation, keys: readonly KeyColumn[]): Promise<KeySummary> {
  const [first, ...others] = keys;
  const single = others.length === 0 ? first : undefined;
  const [row = {}] = await relation
    .groupBy()
    .aggregate(() => {
      const asked: Record<string, Column> = { rows: countRows() };
      for (const { from } of ordered(keys)) {
        const column = columnRef(relation.node, from);
        asked[`min:${from}`] = aggregate("min", [column], column.type, true);
        asked[`max:${from}`] = aggregate("max", [column], column.type, true);
      }
      if (single !== undefined) {
        const column = wrap(columnRef(relation.node, single.from));
        asked["all"] = count(column);
        asked["different"] = countDistinct(column);
      }
      return asked;
    })
    .collect();
  return {
    rows: Number(row["rows"]),
    bounds: new Map(
      ordered(keys).map(({ name, type, from }) => [
        name,
        [scalarOf(row[`min:${from}`], type), scalarOf(row[`max:${from}`], type)],
      ]),
    ),
    repeats: single && row["all"] !== row["different"],
  };
}

/** A condition that every row of the table with a key of the relation satisfies: for leaving files out. */
export async function keyRange(
  relation: Relation,
  keys: readonly KeyColumn[],
  { rows, bounds }: KeySummary,
  partitionColumns: readonly string[],
): Promise<Predicate> {
  if (rows <= FEW_ROWS) {
    const values = await Promise.all(ordered(keys).map((key) => valuesOf(relation, key)));
    return predicate.and(...values.flatMap((one) => one ?? []));
  }
  const ranges = ordered(keys).flatMap(({ name, type }) => {
    const [low, high] = bounds.get(name) ?? [];
    if (low === undefined || high === undefined) return [predicate.in(name, [])];
    return [predicate.compare(name, ">=", { type, value: low }), predicate.compare(name, "<=", { type, value: high })];
  });
  const values = await Promise.all(
    ordered(keys)
      .filter(({ name }) => partitionColumns.includes(name))
      .map((key) => valuesOf(relation, key)),
  );
  return predicate.and(...ranges, ...values.flatMap((one) => one ?? []));
}

function ordered(keys: readonly KeyColumn[]): readonly KeyColumn[] {
  return keys.filter(({ type }) => !UNORDERED.includes(type));
}

async function valuesOf(relation: Relation, { name, type, from }: KeyColumn): Promise<Predicate | undefined> {
  const found = await relation
    .select([from])
    .distinct()
    .limit(FEW_VALUES + 1)
    .collect();
  if (found.length > FEW_VALUES) return undefined;
  const scalars = found.flatMap((row) => scalarOf(row[from], type) ?? []);
  return predicate.in(
    name,
    scalars.map((value) => ({ type, value })),
  );
}

function scalarOf(value: Value | undefined, type: DataType): Scalar | undefined {
  if (value === null || value === undefined || typeof value === "object") return undefined;
  return type === "timestamp" || type === "timestamp_ntz" ? microsOf(String(value)) : value;
}
