import { FONT, PAPER, SERIES_COLOURS } from "../picture/colours.js";
import type { Figure } from "./figure.js";

/** How numbers and dates are written: `1.234,5` and `31/01/2023`, or `1,234.5` and `2023-01-31`. */
export type ChartLocale = "pt-BR" | "en";

/** The figure with this library's fonts, colours and number format for all that it does not decide itself. */
export function themed({ data, layout = {} }: Figure, locale: ChartLocale): Figure {
  const template = typeof layout["template"] === "object" ? layout["template"] : TEMPLATE;
  return { data, layout: { separators: locale === "en" ? ".," : ",.", ...layout, template } };
}

const AXIS = {
  automargin: true,
  gridcolor: PAPER.line.light,
  linecolor: PAPER.muted.light,
  tickcolor: PAPER.muted.light,
  zerolinecolor: PAPER.muted.light,
  zerolinewidth: 1,
  tickfont: { color: PAPER.muted.light },
  title: { font: { color: PAPER.muted.light, size: 12 }, standoff: 12 },
};

/** From little to much, told apart with every kind of colour vision (cividis). */
export const SEQUENTIAL = [
  [0, "#00224e"],
  [0.25, "#434e6c"],
  [0.5, "#7d7c78"],
  [0.75, "#bcae6c"],
  [1, "#fee838"],
];

const TEMPLATE = {
  layout: {
    font: { family: FONT, size: 12, color: PAPER.ink.light },
    paper_bgcolor: PAPER.paper.light,
    plot_bgcolor: PAPER.paper.light,
    colorway: SERIES_COLOURS,
    uniformtext: { minsize: 9, mode: "hide" },
    title: {
      x: 0,
      xref: "container",
      xanchor: "left",
      y: 1,
      yanchor: "top",
      pad: { l: 16, t: 16 },
      font: { size: 15 },
      subtitle: { font: { size: 12, color: PAPER.muted.light } },
    },
    margin: { l: 56, r: 24, t: 76, b: 44 },
    xaxis: { ...AXIS, showgrid: false },
    yaxis: { ...AXIS },
    legend: { font: { color: PAPER.ink.light }, tracegroupgap: 4 },
    hovermode: "closest",
  },
};
