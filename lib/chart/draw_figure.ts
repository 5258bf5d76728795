import { RelationError } from "../errors.js";
import { type Figure, kindsOf } from "./figure.js";
import { buildFor, openPlotly, type PlotlyBuild, type PlotlyWindow } from "./plotly.js";
import { tidySvg } from "./tidy_svg.js";
import { withoutBrowser } from "./without_browser.js";

const opened = new Map<PlotlyBuild, PlotlyWindow>();
let last: Promise<unknown> = Promise.resolve();

/**
 * Draws a figure as an SVG document of its own, without a browser: no script, nothing loaded from elsewhere, the same text
 * for the same figure, light or dark by the reader's scheme. The first figure of a process takes half a second.
 * @throws RelationError when plotly.js cannot draw the figure, or only a browser can
 */
export function drawFigure(figure: Figure): Promise<string> {
  const drawn = last.then(() => draw(figure));
  last = drawn.catch(() => undefined);
  return drawn;
}

/** Loads what drawing most figures needs, before there is something to be drawn. */
export function prepareDrawing(): void {
  plotly("basic");
}

async function draw(given: Figure): Promise<string> {
  const figure = withoutBrowser(given);
  const { window, draw: drawn } = plotly(buildFor(figure));
  const title = titleOf(figure);
  try {
    const source = await drawn(figure);
    return tidySvg(window, source, { title: title.text, description: title.subtitle });
  } catch (cause) {
    throw new RelationError(`plotly.js cannot draw the figure ${title.text}`, { cause });
  }
}

function plotly(build: PlotlyBuild): PlotlyWindow {
  const window = opened.get(build) ?? openPlotly(build);
  opened.set(build, window);
  return window;
}

function titleOf(figure: Figure): { readonly text: string; readonly subtitle: string } {
  const title = figure.layout?.["title"] as { text?: unknown; subtitle?: { text?: unknown } } | string | undefined;
  const text = typeof title === "string" ? title : title?.text;
  const subtitle = typeof title === "object" ? title.subtitle?.text : undefined;
  return { text: readable(text) || "Chart", subtitle: readable(subtitle) || kindsOf(figure) };
}

/** Plotly's markup as plain text. */
function readable(markup: unknown): string {
  if (typeof markup !== "string") return "";
  return markup.replace(/<[^>]*>/g, " ").replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));
}
