import { type Predicate, predicate } from "../delta/predicate.js";
import type { Scalar } from "../delta/scalar.js";
import { aggregate } from "../relation/aggregate.js";
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

/** A condition that every row of the table with a key of the relation satisfies: for leaving files out. */
export async function keyRange(
  relation: Relation,
  keys: readonly KeyColumn[],
  partitionColumns: readonly string[],
): Promise<Predicate> {
  const ordered = keys.filter(({ type }) => !UNORDERED.includes(type));
  if (ordered.length === 0) return predicate.and();
  if ((await relation.limit(FEW_ROWS + 1).count()) <= FEW_ROWS) {
    const values = await Promise.all(ordered.map((key) => valuesOf(relation, key)));
    return predicate.and(...values.flatMap((one) => one ?? []));
  }
  const bounds = relation.groupBy().aggregate(() =>
    Object.fromEntries(
      ordered.flatMap(({ from }) => {
        const column = columnRef(relation.node, from);
        return [
          [`min:${from}`, aggregate("min", [column], column.type, true)],
          [`max:${from}`, aggregate("max", [column], column.type, true)],
        ];
      }),
    ),
  );
  const [row = {}] = await bounds.collect();
  const ranges = ordered.flatMap(({ name, type, from }) => {
    const [low, high] = [scalarOf(row[`min:${from}`], type), scalarOf(row[`max:${from}`], type)];
    if (low === undefined || high === undefined) return [predicate.in(name, [])];
    return [predicate.compare(name, ">=", { type, value: low }), predicate.compare(name, "<=", { type, value: high })];
  });
  const values = await Promise.all(
    ordered.filter(({ name }) => partitionColumns.includes(name)).map((key) => valuesOf(relation, key)),
  );
  return predicate.and(...ranges, ...values.flatMap((one) => one ?? []));
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
