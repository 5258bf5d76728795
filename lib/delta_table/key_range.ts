import { type Predicate, predicate } from "../delta/predicate.js";
import type { Scalar } from "../delta/scalar.js";
import { aggregate, count, countDistinct, countRows } from "../relation/aggregate.js";
import { type Column, wrap } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import { columnRef } from "../relation/fields.js";
import { literalExpr } from "../relation/literal.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { type DataType, field } from "../types.js";
import { atMost, both, columnExpr } from "./expressions.js";
import { microsOf } from "./skipping_predicate.js";

/** A key column of a table, and the relation's column that holds its values. */
export interface KeyColumn {
  readonly name: string;
  readonly type: DataType;
  readonly from: string;
}

/** Without bounds that hold for all values: NaN is in none. */
const UNORDERED: readonly DataType[] = ["binary", "boolean", "float", "double"];

/** Their values are constants as they are read. */
const PLAIN: readonly DataType[] = ["byte", "short", "integer", "long", "string"];

/** More values of a partition column than this are told by their range only. */
const FEW_VALUES = 1000;

/** So few rows tell their keys one by one: between the keys of two of them there can be many files. */
const FEW_ROWS = 100;

/** What one look at all keys of a relation tells. */
export interface KeySummary {
  readonly rows: number;
  /** Of each key whose values have an order, the least and the greatest; undefined where all are null. */
  readonly bounds: ReadonlyMap<string, readonly [Scalar | undefined, Scalar | undefined]>;
  /** True of the table's rows that have a key of the relation, and of others; undefined where nothing can be said. */
  readonly within: Expr | undefined;
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
    within: withinBounds(keys, row),
    repeats: single && row["all"] !== row["different"],
  };
}

/** The same for files: that a column's values lie between the bounds of the relation's keys. */
export function boundsPredicate(keys: readonly KeyColumn[], { bounds }: KeySummary): Predicate {
  const ranges = ordered(keys).flatMap(({ name, type }) => {
    const [low, high] = bounds.get(name) ?? [];
    if (low === undefined || high === undefined) return [predicate.in(name, [])];
    return [predicate.compare(name, ">=", { type, value: low }), predicate.compare(name, "<=", { type, value: high })];
  });
  return predicate.and(...ranges);
}

/** A condition that every row of the table with a key of the relation satisfies: for leaving files out. */
export async function keyRange(
  relation: Relation,
  keys: readonly KeyColumn[],
  summary: KeySummary,
  partitionColumns: readonly string[],
): Promise<Predicate> {
  if (summary.rows <= FEW_ROWS) {
    const values = await Promise.all(ordered(keys).map((key) => valuesOf(relation, key)));
    return predicate.and(...values.flatMap((one) => one ?? []));
  }
  const values = await Promise.all(
    ordered(keys)
      .filter(({ name }) => partitionColumns.includes(name))
      .map((key) => valuesOf(relation, key)),
  );
  return predicate.and(boundsPredicate(keys, summary), ...values.flatMap((one) => one ?? []));
}

function ordered(keys: readonly KeyColumn[]): readonly KeyColumn[] {
  return keys.filter(({ type }) => !UNORDERED.includes(type));
}

function withinBounds(keys: readonly KeyColumn[], row: Readonly<Record<string, Value>>): Expr | undefined {
  const conditions = keys.flatMap(({ name, type, from }) => {
    const [low, high] = [row[`min:${from}`], row[`max:${from}`]];
    if (!PLAIN.includes(type) || !isConstant(low) || !isConstant(high)) return [];
    const column = columnExpr(field(name, type));
    return [atMost(literalExpr(low, type), column), atMost(column, literalExpr(high, type))];
  });
  return conditions.length === 0 ? undefined : conditions.reduce(both);
}

function isConstant(value: Value | undefined): value is string | number | bigint {
  return typeof value === "string" || typeof value === "number" || typeof value === "bigint";
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
