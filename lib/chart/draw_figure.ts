import { RelationError } from "../errors.js";
import type { Figure } from "./figure.js";
import { openPlotly, type PlotlyWindow } from "./plotly.js";
import { tidySvg } from "./tidy_svg.js";

let plotly: PlotlyWindow | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Draws a figure as an SVG document of its own, without a browser: no script, nothing loaded from elsewhere, the same text
 * for the same figure, light or dark by the reader's scheme. The first figure of a process takes half a second.
 * @throws RelationError when plotly.js cannot draw the figure
 */
export function drawFigure(figure: Figure): Promise<string> {
  const drawn = last.then(() => draw(figure));
  last = drawn.catch(() => undefined);
  return drawn;
}

/** Loads what drawing needs, before there is something to be drawn. */
export function prepareDrawing(): void {
  plotly ??= openPlotly();
}

async function draw(figure: Figure): Promise<string> {
  plotly ??= openPlotly();
  const title = titleOf(figure);
  try {
    const source = await plotly.draw(figure);
    return tidySvg(plotly.window, source, { title: title.text, description: title.subtitle });
  } catch (cause) {
    throw new RelationError(`plotly.js cannot draw the figure ${title.text}`, { cause });
  }
}

function titleOf({ data, layout = {} }: Figure): { readonly text: string; readonly subtitle: string } {
  const title = layout["title"] as { text?: unknown; subtitle?: { text?: unknown } } | string | undefined;
  const text = typeof title === "string" ? title : title?.text;
  const subtitle = typeof title === "object" ? title.subtitle?.text : undefined;
  const kinds = [...new Set(data.map((trace) => String(trace["type"] ?? "scatter")))].join(", ");
  return { text: readable(text) || "Chart", subtitle: readable(subtitle) || kinds };
}

/** Plotly's markup as plain text. */
function readable(markup: unknown): string {
  if (typeof markup !== "string") return "";
  return markup.replace(/<[^>]*>/g, " ").replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
