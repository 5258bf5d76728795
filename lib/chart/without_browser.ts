import { RelationError } from "../errors.js";
import type { Figure, Trace } from "./figure.js";

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

/**
 * The figure as it can be drawn without a browser.
 * @throws RelationError when it needs one
 */
export function withoutBrowser(figure: Figure): Figure {
  const needy = new Set(figure.data.map(({ type }) => type).filter((type) => BROWSER_ONLY.has(type)));
  if (needy.size > 0)
    throw new RelationError(`a figure of type ${[...needy].join(", ")} is drawn by a browser only`, {
      remedy: "look at it in JupyterLab, or draw it as a scatter, heat map or treemap",
    });
  return { ...figure, data: figure.data.map(withoutWebGl) };
}

function withoutWebGl(trace: Trace): Trace {
  const type = PAINTED.get(trace["type"]);
  return type === undefined ? trace : { ...trace, type };
}
