import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { openWindow } from "./browser.js";
import { runCompiled } from "./compiled_script.js";
import type { DomWindow } from "./dom.js";
import { CHART_SIZE, type Figure } from "./figure.js";

/** plotly.js in a window of its own. */
export interface PlotlyWindow {
  readonly window: DomWindow;
  /** The figure as plotly.js writes it as SVG. */
  draw(figure: Figure): Promise<string>;
}

/** A build of plotly.js: `basic` has lines, points, areas, bars and pies, and loads in a third of the time of the `whole`. */
export type PlotlyBuild = keyof typeof BUILDS;

const BUILDS = { basic: "plotly.js-basic-dist-min", whole: "plotly.js-dist-min" } as const;
const BASIC_TRACES = new Set<unknown>([undefined, "scatter", "bar", "pie"]);

/** The smallest build that has all that a figure asks for: both draw the same. */
export function buildFor({ data }: Figure): PlotlyBuild {
  return data.every((trace) => BASIC_TRACES.has(trace["type"])) ? "basic" : "whole";
}

/** Loads plotly.js: some tenths of a second, once. */
export function openPlotly(build: PlotlyBuild): PlotlyWindow {
  const window = openWindow();
  const ownMath: { random: () => number } = Object.create(Math);
  // As in a browser: no module, no process; what it remarks is for nobody.
  const others = { self: window, globalThis: window, module: undefined, process: undefined, require: undefined };
  const console = Object.fromEntries(["log", "warn", "error", "trace"].map((name) => [name, () => undefined]));
  runCompiled(load.resolve(BUILDS[build]), { ...window, window, ...others, console, Math: ownMath });
  const { Plotly } = window as { readonly Plotly?: Plotly };
  if (Plotly === undefined) throw new TypeError("plotly.js gives its window nothing");
  return {
    window,
    draw: (figure) => {
      ownMath.random = randomOf(figure);
      const { width = CHART_SIZE.width, height = CHART_SIZE.height } = figure.layout ?? {};
      const drawn = { data: structuredCloned(figure.data), layout: structuredCloned(figure.layout ?? {}) };
      return Plotly.toImage(drawn, { format: "svg", width, height, imageDataOnly: true });
    },
  };
}

interface Plotly {
  toImage(figure: object, options: object): Promise<string>;
}

const load = createRequire(typeof __filename === "string" ? __filename : `${process.cwd()}/`);

/** plotly.js writes into what it is given. */
function structuredCloned<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

/** A sequence of its own for each figure: ids in the picture are the same each time, and of two pictures different. */
function randomOf(figure: Figure): () => number {
  let state = createHash("sha256").update(JSON.stringify(figure)).digest().readUInt32LE(0) || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
