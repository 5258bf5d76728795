import { RelationError } from "../errors.js";
import { type Figure, kindsOf, type Trace } from "./figure.js";

/** Kinds of trace that WebGL paints, and those that are drawn as SVG in their place. */
const PAINTED: ReadonlyMap<unknown, string> = new Map([
  ["scattergl", "scatter"],
  ["scatterpolargl", "scatterpolar"],
]);
/** Kinds that only WebGL paints, or that load their maps from elsewhere. */
const BROWSER_ONLY = new Set<unknown>([
  ...["parcoords", "splom", "scatter3d", "surface", "mesh3d", "cone", "streamtube", "volume", "isosurface"],
  ...["scattergeo", "choropleth", "scattermap", "choroplethmap", "densitymap"],
]);

/** What is said of a figure where only its text is shown: the kinds of its traces, and whether it has no picture there. */
export function describeFigure(figure: Figure): string {
  return `plotly.js: ${kindsOf(figure)}${browserOnly(figure.data).length > 0 ? "; drawn by a browser only" : ""}`;
}

/**
 * The figure as it can be drawn without a browser; pictures behind it, which are loaded from elsewhere, are left out.
 * @throws RelationError when it needs one
 */
export function withoutBrowser({ data, layout }: Figure): Figure {
  const needy = browserOnly(data);
  if (needy.length > 0)
    throw new RelationError(`a figure of type ${needy.join(", ")} is drawn by a browser only`, {
      remedy: "look at it in JupyterLab, or draw it as a scatter, heat map or treemap",
    });
  const { images: _, ...others } = layout ?? {};
  return { data: data.map(withoutWebGl), layout: others };
}

function browserOnly(data: readonly Trace[]): readonly unknown[] {
  return [...new Set(data.map(({ type }) => type).filter((type) => BROWSER_ONLY.has(type)))];
}

function withoutWebGl(trace: Trace): Trace {
  const type = PAINTED.get(trace["type"]);
  return type === undefined ? trace : { ...trace, type };
}
