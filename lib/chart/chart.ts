import { DISPLAY, type Displayable, displaysIn, type MimeBundle } from "../display.js";
import type { Relation, Shape } from "../relation/relation.js";
import { drawFigure } from "./draw_figure.js";
import { type Drawing, drawingText } from "./drawing.js";
import { type Figure, PLOTLY_TYPE } from "./figure.js";
import { drawHeatmap } from "./heatmap.js";
import { drawHistogram } from "./histogram.js";
import type { HeatmapOptions, HistogramOptions, ScatterOptions, TreemapOptions, XyOptions } from "./options.js";
import { drawScatter } from "./scatter.js";
import { type ChartLocale, themed } from "./theme.js";
import { drawTreemap } from "./treemap.js";
import { describeFigure } from "./without_browser.js";
import { drawXy, type XyKind } from "./xy_chart.js";

/** A chart: evaluated when it is first shown, and then always the same. */
export class Chart implements Displayable {
  readonly #title: string;
  readonly #locale: ChartLocale;
  readonly #draw: () => Promise<Drawing>;
  #drawing: Promise<Drawing> | undefined;

  constructor(title: string | undefined, locale: ChartLocale, draw: () => Promise<Drawing>) {
    this.#title = title ?? "";
    this.#locale = locale;
    this.#draw = draw;
  }

  /** The figure of plotly.js, with its data. */
  async figure(): Promise<Figure> {
    return (await this.#drawn()).figure;
  }

  /** The chart as an SVG document. */
  async svg(): Promise<string> {
    return drawFigure(await this.figure());
  }

  /** A run's notebooks get their pictures from the runner, which draws those of all of them. */
  async [DISPLAY](): Promise<MimeBundle> {
    const drawing = await this.#drawn();
    const text = drawingText(drawing, this.#title, this.#locale);
    const picture = displaysIn() === "kernel" ? { "image/svg+xml": await this.svg() } : {};
    return { [PLOTLY_TYPE]: drawing.figure, ...picture, "text/plain": text };
  }

  #drawn(): Promise<Drawing> {
    this.#drawing ??= this.#draw();
    return this.#drawing;
  }
}

/** The kinds of charts; each takes a relation and the names of its columns, and gives a value to be displayed. */
export interface Charts {
  line<S extends Shape>(relation: Relation<S>, options: XyOptions<S>): Chart;
  bar<S extends Shape>(relation: Relation<S>, options: XyOptions<S>): Chart;
  /** Areas of several colours stand on each other. */
  area<S extends Shape>(relation: Relation<S>, options: XyOptions<S>): Chart;
  /** The number of rows in bins of round width or of a calendar unit. */
  histogram<S extends Shape>(relation: Relation<S>, options: HistogramOptions<S>): Chart;
  heatmap<S extends Shape>(relation: Relation<S>, options: HeatmapOptions<S>): Chart;
  /** A point for each row; of many rows a sample, evenly along `x`. */
  scatter<S extends Shape>(relation: Relation<S>, options: ScatterOptions<S>): Chart;
  /** Tiles of the size of their value, one within the other. */
  treemap<S extends Shape>(relation: Relation<S>, options: TreemapOptions<S>): Chart;
  /** Any figure of plotly.js, in this library's colours and fonts where it names none. */
  figure(figure: Figure): Chart;
}

/** Charts whose numbers are written as the locale says, unless a chart's options say otherwise. */
export function chartsIn(localeOf: () => ChartLocale): Charts {
  const made = <O extends { readonly title?: string; readonly locale?: ChartLocale }>(
    relation: { readonly node: Relation["node"]; readonly runner: Relation["runner"] },
    options: O,
    draw: (relation: Relation, wanted: O & { readonly locale: ChartLocale }) => Promise<Drawing>,
  ): Chart => {
    const locale = options.locale ?? localeOf();
    return new Chart(options.title, locale, () => draw(relation as Relation, { ...options, locale }));
  };
  const xy =
    (kind: XyKind) =>
    <S extends Shape>(relation: Relation<S>, options: XyOptions<S>): Chart =>
      made(relation, options, (rows, wanted) => drawXy(kind, rows, wanted));
  return {
    line: xy("line"),
    bar: xy("bar"),
    area: xy("area"),
    histogram: (relation, options) => made(relation, options, drawHistogram),
    heatmap: (relation, options) => made(relation, options, drawHeatmap),
    scatter: (relation, options) => made(relation, options, drawScatter),
    treemap: (relation, options) => made(relation, options, drawTreemap),
    figure: (figure) => {
      const locale = localeOf();
      return new Chart("", locale, async () => ({
        figure: themed(figure, locale),
        notes: [describeFigure(figure)],
        rows: [],
      }));
    },
  };
}
