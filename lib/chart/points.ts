import { RelationError } from "../errors.js";
import { countRows, max, min } from "../relation/aggregate.js";
import type { Column, ColumnOf } from "../relation/column.js";
import { columnRef } from "../relation/fields.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { formatType } from "../types.js";
import { type Axis, columnOf, isNumeric } from "./axis.js";
import { formatValue } from "./format_value.js";
import type { AggregateName } from "./options.js";
import type { ChartLocale } from "./theme.js";
import { wordsOf } from "./words.js";

/** What is measured: a column put together, or the number of rows. */
export interface Measure {
  readonly column: string | undefined;
  readonly aggregate: AggregateName;
}

/** One combination of the axes' values, with its measure as exact as the engine gives it. */
export interface Point {
  readonly at: readonly Value[];
  readonly value: Value;
  readonly rows: bigint;
}

export interface Points {
  readonly points: readonly Point[];
  /** How many rows they stand for. */
  readonly rows: bigint;
}

/**
 * Puts the rows of a relation together by the axes, in the engine: one point for each combination of their values.
 * @throws RelationError when the measured column holds no numbers
 */
export async function pointsOf(relation: Relation, axes: readonly Axis[], measure: Measure): Promise<Points> {
  const { column, aggregate } = measure;
  if (column !== undefined) checkNumeric(relation, column);
  const keys = axes.map((_, i) => `at${i}`);
  const placed = relation.select((t) => ({
    ...Object.fromEntries(axes.map((axis, i) => [`at${i}`, axis.of(columnOf(t, axis.name))])),
    ...(column === undefined ? {} : { measured: columnOf(t, column) }),
  })) as Relation;
  const grouped = placed.groupBy(...keys).aggregate((t) => ({
    value: column === undefined ? countRows() : aggregated(columnOf(t, "measured"), aggregate),
    rows: countRows(),
  }));
  const found: readonly Readonly<Record<string, Value>>[] = await grouped.collect();
  const points = found.map((row) => ({
    at: keys.map((key) => row[key] ?? null),
    value: row["value"] ?? null,
    rows: BigInt(String(row["rows"])),
  }));
  return { points, rows: points.reduce((sum, point) => sum + point.rows, 0n) };
}

/** How the points came about, for the subtitle; empty when each is a row of its own. */
export function account(
  { points, rows }: Points,
  axes: readonly Axis[],
  { column, aggregate }: Measure,
  locale: ChartLocale,
): string[] {
  const words = wordsOf(locale);
  const counted = `${formatValue(rows, locale)} ${words.rows}`;
  const by = axes.map(({ name, note }) => (note === undefined ? name : `${name} (${note})`)).join(", ");
  if (points.length === 0) return [words.noData];
  if (column === undefined) return [`${counted} ${words.by} ${by}`];
  const isPlain = points.every((point) => point.rows === 1n) && axes.every((axis) => axis.note === undefined);
  return isPlain ? [] : [`${words[aggregate]} ${column} ${words.by} ${by}`, counted];
}

/** How many rows have no place on these axes, the first of all, for the subtitle; nothing when all have one. */
export function withoutPlace({ points }: Points, axes: readonly Axis[], locale: ChartLocale): string[] {
  const placeless = points.filter(({ at }) => axes.some((_, i) => at[i] === null));
  return rowsWithout(
    placeless.reduce((sum, { rows }) => sum + rows, 0n),
    axes,
    locale,
  );
}

/** That so many rows have no value on one of the axes; nothing when there are none. */
export function rowsWithout(rows: bigint, axes: readonly Axis[], locale: ChartLocale): string[] {
  const words = wordsOf(locale);
  const names = axes.map(({ name }) => name).join(` ${words.or} `);
  return rows === 0n ? [] : [`${formatValue(rows, locale)} ${words.without} ${names}`];
}

function aggregated(column: Column, aggregate: AggregateName): Column {
  if (aggregate === "min") return min(column);
  if (aggregate === "max") return max(column);
  return (column as ColumnOf<"decimal">)[aggregate]();
}

function checkNumeric(relation: Relation, name: string): void {
  const { type } = columnRef(relation.node, name);
  if (isNumeric(type)) return;
  throw new RelationError(`${name} holds no numbers to be measured`, {
    where: { column: name },
    expected: "integer, long, double or decimal",
    actual: formatType(type),
  });
}
