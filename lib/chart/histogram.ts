import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import { type Axis, binsOf, categories } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { plainText, type Trace } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import { axisLayout, byPlace, figureOf, measureLayout, placeOf, placeText, seriesOf } from "./layout.js";
import type { Wanted } from "./options.js";
import { account, type Measure, type Point, pointsOf, withoutPlace } from "./points.js";
import { wordsOf } from "./words.js";

export interface HistogramWanted extends Wanted {
  readonly x: string;
  readonly color?: string;
}

const BINS = 40;
const SERIES = 8;
const MEASURE: Measure = { column: undefined, aggregate: "sum" };

/** How many rows there are in each bin, counted in the engine; nulls are told of, not drawn. */
export async function drawHistogram(relation: Relation, wanted: HistogramWanted): Promise<Drawing> {
  const { locale } = wanted;
  const words = wordsOf(locale);
  const x = await binsOf(relation, wanted.x, BINS, words);
  const color = wanted.color === undefined ? undefined : await categories(relation, wanted.color, SERIES, words);
  const axes = color === undefined ? [x] : [x, color];
  const found = await pointsOf(relation, axes, MEASURE);
  const points = found.points.filter(({ at }) => at[0] !== null).sort(byPlace(x));
  const notes = [...account(found, axes, MEASURE, locale), ...withoutPlace(found, [x], locale)];
  const traces = seriesOf(points, color === undefined ? undefined : words.others).map(({ name, label, own }) => ({
    ...barsOf(x, own, wanted),
    name: label,
    hovertemplate: `%{text}: <b>%{customdata}</b><extra>${plainText(name)}</extra>`,
  }));
  const places = points.map(({ at }) => at[0] ?? null);
  const figure = figureOf(traces, wanted, notes, {
    xaxis: axisLayout(x, places, locale),
    yaxis: measureLayout(words.rows, totals(points)),
    barmode: "stack",
    bargap: 0.04,
    showlegend: color !== undefined,
  });
  const rows = points.map(({ at, value }) => ({
    label: [binText(x, at[0] ?? null, wanted), ...at.slice(1).map(String)].join(" · "),
    value,
  }));
  return { figure, notes, rows };
}

function barsOf(x: Axis, points: readonly Point[], wanted: HistogramWanted): Trace {
  const half = typeof x.bin === "number" && x.scale === "number" ? x.bin / 2 : 0;
  return {
    type: "bar",
    x: points.map(({ at }) => {
      const place = placeOf(x, at[0] ?? null);
      return typeof place === "number" ? place + half : place;
    }),
    y: points.map(({ value }) => toNumber(value)),
    ...(half === 0 ? {} : { width: 2 * half }),
    marker: { line: { width: 0.5, color: "#ffffff" } },
    text: points.map(({ at }) => binText(x, at[0] ?? null, wanted)),
    textposition: "none",
    customdata: points.map(({ value }) => formatValue(value, wanted.locale)),
  };
}

/** The heights of the stacked bars. */
function totals(points: readonly Point[]): readonly Value[] {
  const heights = new Map<Value, bigint>();
  for (const { at, rows } of points) heights.set(at[0] ?? null, (heights.get(at[0] ?? null) ?? 0n) + rows);
  return [...heights.values()];
}

function binText(x: Axis, start: Value, { locale }: HistogramWanted): string {
  if (x.scale !== "number" || typeof x.bin !== "number") return placeText(x, start, locale);
  const end = Number(start) + x.bin;
  return `${formatValue(Number(start), locale)} – ${formatValue(end, locale)}`;
}
