import { countRows } from "../relation/aggregate.js";
import type { Column } from "../relation/column.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { untyped } from "../relation/untyped.js";
import { rowNumber } from "../relation/window.js";
import { type Axis, categories, columnOf, plainAxis } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { plainText } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import { axisLayout, figureOf, placeOf, placeText, seriesOf } from "./layout.js";
import type { Wanted } from "./options.js";
import { rowsWithout } from "./points.js";
import { wordsOf } from "./words.js";

export interface ScatterWanted extends Wanted {
  readonly x: string;
  readonly y: string;
  readonly color?: string;
}

/** More points than these hide each other. */
const POINTS = 1500;
const SERIES = 8;

/** A point for each row that has both values; of many rows each so-manieth in the order of `x`, then `y`. */
export async function drawScatter(relation: Relation, wanted: ScatterWanted): Promise<Drawing> {
  const { locale } = wanted;
  const words = wordsOf(locale);
  const [x, y] = [plainAxis(relation, wanted.x), plainAxis(relation, wanted.y)];
  const color = wanted.color === undefined ? undefined : await categories(relation, wanted.color, SERIES, words);
  const laid = relation.select((t) => {
    const group: Readonly<Record<string, Column>> =
      color === undefined ? {} : { at2: color.of(columnOf(t, color.name)) };
    return { at0: x.of(columnOf(t, x.name)), at1: y.of(columnOf(t, y.name)), ...group };
  });
  const placed = laid.filter((t) => t.at0.isNotNull().and(t.at1.isNotNull()));
  const counts = await laid
    .select((t) => ({ isPlaced: t.at0.isNotNull().and(t.at1.isNotNull()) }))
    .groupBy("isPlaced")
    .aggregate(() => ({ rows: countRows() }))
    .collect();
  const rowsPlaced = (isPlaced: boolean): bigint => counts.find((row) => row.isPlaced === isPlaced)?.rows ?? 0n;
  const total = Number(rowsPlaced(true));
  const step = Math.ceil(total / POINTS);
  const all = untyped(placed);
  const found: readonly Readonly<Record<string, Value>>[] = await (step > 1 ? everyNth(all, step) : all)
    .orderBy((t) => Object.values(t))
    .collect();
  const points = found.map((row) => ({
    at: [row["at0"] ?? null, row["at2"] ?? null],
    value: row["at1"] ?? null,
    rows: 1n,
  }));
  const sampled = `${words.sample} ${formatValue(BigInt(points.length), locale)} ${words.of} ${formatValue(BigInt(total), locale)} ${words.rows}`;
  const missing = rowsWithout(rowsPlaced(false), [x, y], locale);
  const notes = [...(total === 0 ? [words.noData] : step > 1 ? [sampled] : []), ...missing];
  const exact = (axis: Axis, value: Value): string =>
    axis.scale === "time" ? placeText(axis, value, locale) : formatValue(value, locale);
  const traces = seriesOf(points, color === undefined ? undefined : words.others, 1).map(({ name, label, own }) => ({
    type: "scatter",
    mode: "markers",
    x: own.map(({ at }) => placeOf(x, at[0] ?? null)),
    y: own.map(({ value }) => (y.scale === "time" ? String(value) : toNumber(value))),
    customdata: own.map(({ at, value }) => plainText(`${exact(x, at[0] ?? null)}, ${exact(y, value)}`)),
    name: label,
    hovertemplate: `<b>%{customdata}</b><extra>${plainText(name)}</extra>`,
    marker: { size: points.length > 300 ? 4 : 6, opacity: points.length > 300 ? 0.6 : 0.85 },
  }));
  const figure = figureOf(traces, wanted, notes, {
    xaxis: axisLayout(
      x,
      points.map(({ at }) => at[0] ?? null),
      locale,
    ),
    yaxis: axisLayout(
      y,
      points.map(({ value }) => value),
      locale,
    ),
    showlegend: color !== undefined,
  });
  const rows = points.map(({ at, value }) => ({
    label: [exact(x, at[0] ?? null), ...(color === undefined ? [] : [String(at[1])])].join(" · "),
    value,
  }));
  return { figure, notes, rows };
}

function everyNth(relation: Relation, step: number): Relation {
  const numbered = relation.extend((t) => ({ number: rowNumber({ partitionBy: [], orderBy: Object.values(t) }) }));
  return numbered.filter((t) => t.number.modulo(BigInt(step)).eq(1n)).drop("number");
}
