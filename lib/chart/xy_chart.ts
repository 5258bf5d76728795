import { textWidth } from "../picture/text_width.js";
import type { Relation } from "../relation/relation.js";
import { type Axis, axisOf, categories } from "./axis.js";
import type { Drawing } from "./drawing.js";
import { plainText, type Trace } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import { axisLayout, byPlace, figureOf, measureLayout, placeOf, placeText, seriesOf } from "./layout.js";
import type { AggregateName, Wanted } from "./options.js";
import { account, type Measure, type Point, pointsOf, withoutPlace } from "./points.js";
import { wordsOf } from "./words.js";

export type XyKind = "line" | "bar" | "area";

export interface XyWanted extends Wanted {
  readonly x: string;
  readonly y?: string;
  readonly color?: string;
  readonly aggregate?: AggregateName;
}

/** As many different values as a reader can still tell apart. */
const LIMITS = {
  line: { time: 600, number: 600, category: 60 },
  area: { time: 600, number: 600, category: 60 },
  bar: { time: 120, number: 60, category: 25 },
} as const;
/** One colour each. */
const SERIES = 8;

/** A line, bar or area chart: the rows are put together by `x` and `color` in the engine. */
export async function drawXy(kind: XyKind, relation: Relation, wanted: XyWanted): Promise<Drawing> {
  const words = wordsOf(wanted.locale);
  const x = await axisOf(relation, wanted.x, LIMITS[kind], words);
  const color = wanted.color === undefined ? undefined : await categories(relation, wanted.color, SERIES, words);
  const axes = color === undefined ? [x] : [x, color];
  const measure: Measure = { column: wanted.y, aggregate: wanted.aggregate ?? "sum" };
  const found = await pointsOf(relation, axes, measure);
  const points = found.points.filter(({ at }) => at[0] !== null).sort(byPlace(x));
  const notes = [...account(found, axes, measure, wanted.locale), ...withoutPlace(found, [x], wanted.locale)];
  const isLying = kind === "bar" && x.scale === "category" && hasLongNames(points);
  const series = seriesOf(points, color === undefined ? undefined : words.others);
  const traces = series.map(({ own, ...names }) => traceOf(kind, x, own, { ...names, isLying, wanted }));
  const title = wanted.y ?? words.rows;
  const along = axisLayout(
    x,
    points.map(({ at }) => at[0] ?? null),
    wanted.locale,
  );
  const names = isLying || kind === "bar" ? { ...along, ...orderByWeight(x, points) } : along;
  const values = measureLayout(
    title,
    points.map((point) => point.value),
  );
  const figure = figureOf(traces, wanted, notes, {
    ...(isLying
      ? { xaxis: { ...values, showgrid: true }, yaxis: { ...names, autorange: "reversed", showgrid: false } }
      : { xaxis: names, yaxis: { ...values, ...(kind === "bar" ? { rangemode: "tozero" } : {}) } }),
    ...(kind === "bar" ? { barmode: barMode(series.length, points.length, measure), bargap: 0.2 } : {}),
    showlegend: color !== undefined,
  });
  const rows = points.map(({ at, value }) => ({
    label: [placeText(x, at[0] ?? null, wanted.locale), ...(at[1] === undefined ? [] : [String(at[1])])].join(" · "),
    value,
  }));
  return { figure, notes, rows };
}

interface Style {
  readonly name: string;
  readonly label: string;
  readonly isLying: boolean;
  readonly wanted: XyWanted;
}

function traceOf(kind: XyKind, x: Axis, points: readonly Point[], { name, label, isLying, wanted }: Style): Trace {
  const places = points.map(({ at }) => placeOf(x, at[0] ?? null));
  const values = points.map(({ value }) => toNumber(value));
  const trace = {
    [isLying ? "y" : "x"]: places,
    [isLying ? "x" : "y"]: values,
    customdata: points.map(({ value }) => plainText(formatValue(value, wanted.locale))),
    name: label,
    hovertemplate: `%{${isLying ? "y" : "x"}}: <b>%{customdata}</b><extra>${plainText(name)}</extra>`,
  };
  if (kind === "bar") return { type: "bar", ...(isLying ? { orientation: "h" } : {}), ...trace };
  const mode = points.length > 40 ? "lines" : "lines+markers";
  const line = { width: 2 };
  if (kind === "line") return { type: "scatter", mode, line, marker: { size: 5 }, ...trace };
  const area = points.length === 1 ? "lines+markers" : "lines";
  return { type: "scatter", mode: area, line: { width: 1.5 }, stackgroup: "all", ...trace };
}

/** Many bars stand on each other where their sum means something. */
function barMode(series: number, bars: number, { column, aggregate }: Measure): "relative" | "group" {
  const isMany = series > 4 || (series > 1 && bars > 40);
  return isMany && (column === undefined || aggregate === "sum") ? "relative" : "group";
}

/** Bars of names stand by their size, the greatest first; names that are numbers by number. */
function orderByWeight(x: Axis, points: readonly Point[]): object {
  if (x.scale !== "category") return {};
  const weights = new Map<string, number>();
  for (const { at, value } of points) {
    const name = String(at[0]);
    weights.set(name, (weights.get(name) ?? 0) + (toNumber(value) ?? 0));
  }
  const names = [...weights].sort(([a, p], [b, q]) => q - p || (a < b ? -1 : 1)).map(([name]) => plainText(name));
  return { categoryarray: names };
}

function hasLongNames(points: readonly Point[]): boolean {
  const names = [...new Set(points.map(({ at }) => String(at[0])))];
  return names.length > 8 || names.some((name) => textWidth(name, 12) > 600 / names.length);
}
