import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { type Axis, axisOf, compareOn } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { plainText } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import { axisLayout, figureOf, placeOf, placeText } from "./layout.js";
import type { AggregateName, Wanted } from "./options.js";
import { account, type Measure, type Point, pointsOf, withoutPlace } from "./points.js";
import { SEQUENTIAL } from "./theme.js";
import { wordsOf } from "./words.js";

export interface HeatmapWanted extends Wanted {
  readonly x: string;
  readonly y: string;
  readonly value?: string;
  readonly aggregate?: AggregateName;
}

const LIMITS = { time: 60, number: 60, category: 30 };

/** Cells of two axes, coloured by what their rows come to; rows without a place on both are left out. */
export async function drawHeatmap(relation: Relation, wanted: HeatmapWanted): Promise<Drawing> {
  const { locale } = wanted;
  const words = wordsOf(locale);
  const x = await axisOf(relation, wanted.x, LIMITS, words);
  const y = await axisOf(relation, wanted.y, LIMITS, words);
  const measure: Measure = { column: wanted.value, aggregate: wanted.aggregate ?? "sum" };
  const found = await pointsOf(relation, [x, y], measure);
  const points = found.points.filter(({ at }) => !at.includes(null));
  const columns = valuesOn(x, points, 0);
  const lines = valuesOn(y, points, 1);
  const byPlace = new Map(points.map((point) => [keyOf(point.at[0], point.at[1]), point.value]));
  const cell = (column: Value, line: Value): Value => byPlace.get(keyOf(column, line)) ?? null;
  const notes = [...account(found, [x, y], measure, locale), ...withoutPlace(found, [x, y], locale)];
  const trace = {
    type: "heatmap",
    x: columns.map((column) => placeOf(x, column)),
    y: lines.map((line) => placeOf(y, line)),
    z: lines.map((line) => columns.map((column) => toNumber(cell(column, line)))),
    text: lines.map((line) => columns.map((column) => plainText(formatValue(cell(column, line), locale)))),
    hovertemplate: "%{x}, %{y}: <b>%{text}</b><extra></extra>",
    colorscale: SEQUENTIAL,
    xgap: 1,
    ygap: 1,
    colorbar: {
      thickness: 12,
      outlinewidth: 0,
      tickformat: ",~f",
      title: { text: plainText(wanted.value ?? words.rows), side: "right", font: { size: 12 } },
    },
  };
  const figure = figureOf([trace], wanted, notes, {
    xaxis: axisLayout(x, columns, locale),
    yaxis: {
      ...axisLayout(y, lines, locale),
      showgrid: false,
      ...(y.scale === "category" ? { autorange: "reversed" } : {}),
    },
  });
  const rows = [...points]
    .sort(
      (a, b) =>
        compareOn(x.scale, a.at[0] ?? null, b.at[0] ?? null) || compareOn(y.scale, a.at[1] ?? null, b.at[1] ?? null),
    )
    .map(({ at, value }) => ({
      label: `${placeText(x, at[0] ?? null, locale)} · ${placeText(y, at[1] ?? null, locale)}`,
      value,
    }));
  return { figure, notes, rows };
}

function valuesOn(axis: Axis, points: readonly Point[], index: number): readonly Value[] {
  const values = new Map(points.map(({ at }) => [String(at[index]), at[index] ?? null]));
  return [...values.values()].sort((a, b) => compareOn(axis.scale, a, b));
}

function keyOf(...values: readonly (Value | undefined)[]): string {
  return JSON.stringify(values.map(String));
}
