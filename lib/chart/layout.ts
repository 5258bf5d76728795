import { fitText } from "../picture/text_width.js";
import type { Value } from "../relation/runner.js";
import { type Axis, compareOn } from "./axis.js";
import { CHART_SIZE, type Figure, plainText, type Trace } from "./figure.js";
import { formatTime, toNumber } from "./format_value.js";
import type { Wanted } from "./options.js";
import type { Point } from "./points.js";
import { type ChartLocale, themed } from "./theme.js";

/** A figure of these traces, with what is said of it under the title. */
export function figureOf(
  data: readonly Trace[],
  { title = "", height = CHART_SIZE.height, locale }: Wanted,
  notes: readonly string[],
  layout: Readonly<Record<string, unknown>>,
): Figure {
  const subtitle = fitText(notes.join(" · "), 12, CHART_SIZE.width - 32);
  const heading = {
    text: plainText(fitText(title, 15, CHART_SIZE.width - 32)),
    subtitle: { text: plainText(subtitle) },
  };
  const top = title === "" && subtitle === "" ? 20 : title === "" || subtitle === "" ? 52 : 76;
  const margin = { l: 56, r: 24, t: top, b: 44 };
  return themed({ data, layout: { title: heading, height, margin, ...layout } }, locale);
}

/** An axis as plotly.js takes it; `values` are all that stand on it. */
export function axisLayout(
  axis: Axis,
  values: readonly Value[],
  locale: ChartLocale,
): Readonly<Record<string, unknown>> {
  const title = { text: plainText(fitText(axis.name, 12, 200)) };
  switch (axis.scale) {
    case "time":
      return timeLayout(axis, values, locale);
    case "number":
      return { type: "linear", title, ...(axis.isWhole ? wholeFormat(values) : numberFormat(values)) };
    case "category": {
      const names = [...new Set(values.map(String))].sort((a, b) => compareOn("category", a, b));
      return { type: "category", title, categoryorder: "array", categoryarray: names.map((name) => plainText(name)) };
    }
  }
}

/** The axis of what is measured. */
export function measureLayout(title: string, values: readonly Value[]): Readonly<Record<string, unknown>> {
  return { type: "linear", title: { text: plainText(fitText(title, 12, 240)) }, ...numberFormat(values) };
}

/** A place on an axis as plotly.js takes it. */
export function placeOf(axis: Axis, value: Value): string | number | null {
  if (value === null) return null;
  if (axis.scale === "number") return toNumber(value);
  return axis.scale === "time" ? String(value) : plainText(String(value));
}

/** A place on an axis as people read it. */
export function placeText(axis: Axis, value: Value, locale: ChartLocale): string {
  if (value === null) return "—";
  const text = String(value);
  if (axis.scale !== "time") return text;
  const { bin } = axis;
  if (typeof bin !== "string" || bin === "hour") return formatTime(text, locale);
  const [year = "", month = ""] = text.split("-");
  if (bin === "year") return year;
  if (bin === "month" || bin === "quarter") return locale === "en" ? `${year}-${month}` : `${month}/${year}`;
  return formatTime(text.slice(0, 10), locale);
}

/** The order of points along an axis, and among those of one place by colour. */
export function byPlace(x: Axis): (left: Point, right: Point) => number {
  return (a, b) =>
    compareOn(x.scale, a.at[0] ?? null, b.at[0] ?? null) || compareOn("category", a.at[1] ?? null, b.at[1] ?? null);
}

/** The points of one colour. */
export interface Series {
  readonly name: string;
  /** Its name in the legend. */
  readonly label: string;
  readonly own: readonly Point[];
}

/** The points of each value at `index`; what stands for all others comes last. One series where there is no colour. */
export function seriesOf(points: readonly Point[], others: string | undefined, index = 1): readonly Series[] {
  if (others === undefined) return [{ name: "", label: "", own: points }];
  const series = new Map<string, Point[]>();
  for (const point of points) {
    const name = String(point.at[index]);
    const own = series.get(name);
    if (own === undefined) series.set(name, [point]);
    else own.push(point);
  }
  return [...series]
    .sort(([a], [b]) => Number(a === others) - Number(b === others) || compareOn("category", a, b))
    .map(([name, own]) => ({ name, label: plainText(fitText(name, 12, 150)), own }));
}

/** All digits grouped, unless there are too many of them or too few. */
function numberFormat(values: readonly Value[]): Readonly<Record<string, unknown>> {
  const sizes = values.map(toNumber).flatMap((value) => (value === null || value === 0 ? [] : [Math.abs(value)]));
  const greatest = Math.max(0, ...sizes);
  return greatest === 0 || (greatest >= 0.01 && greatest < 1e12) ? { tickformat: ",~f" } : { exponentformat: "power" };
}

/** Years and codes: no digit grouped, and no tick between two of few. */
function wholeFormat(values: readonly Value[]): Readonly<Record<string, unknown>> {
  const numbers = values.map(toNumber).filter((value) => value !== null);
  const width = Math.max(...numbers) - Math.min(...numbers);
  return { tickformat: "~f", ...(width <= FEW ? { dtick: 1 } : {}) };
}

/** Few days get a tick each, and a single time a place of its own: on a scale it would be as thin as a millisecond. */
function timeLayout(axis: Axis, values: readonly Value[], locale: ChartLocale): Readonly<Record<string, unknown>> {
  const texts = [...new Set(values.flatMap((value) => (value === null ? [] : [String(value)])))].sort();
  const [first, last] = [texts[0], texts.at(-1)];
  const scale = { type: "date", tickformatstops: DATES[locale] };
  if (first === undefined || last === undefined) return scale;
  if (first === last) return { type: "category", tickvals: [first], ticktext: [placeText(axis, first, locale)] };
  const isFew = first.length === 10 && Date.parse(last) - Date.parse(first) <= FEW * DAY;
  return isFew ? { ...scale, dtick: DAY, tick0: first } : scale;
}

/** Of what a tick each can stand on an axis. */
const FEW = 8;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 1440 * MINUTE;

/** How times are written on an axis, by the distance of its ticks in milliseconds. */
const DATES: Readonly<Record<ChartLocale, readonly object[]>> = {
  "pt-BR": dateFormats("%d/%m/%Y", "%m/%Y", "%d/%m %H:%M"),
  en: dateFormats("%Y-%m-%d", "%Y-%m", "%m-%d %H:%M"),
};

function dateFormats(day: string, month: string, time: string): readonly object[] {
  return [
    { dtickrange: [null, MINUTE - 1], value: "%H:%M:%S" },
    { dtickrange: [MINUTE, DAY - 1], value: time },
    { dtickrange: [DAY, "M1"], value: day },
    { dtickrange: ["M1", "M11"], value: month },
    { dtickrange: ["M12", null], value: "%Y" },
  ];
}
