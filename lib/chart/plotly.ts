import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import type { Context } from "node:vm";
import { CanvasRecorder } from "./canvas.js";
import { runCompiled } from "./compiled_script.js";
import type { DomElement, DomWindow } from "./dom.js";
import { extentOf } from "./extent.js";
import { CHART_SIZE, type Figure } from "./figure.js";

/** plotly.js in a window of its own, with what it asks of a browser's layout answered by estimates. */
export interface PlotlyWindow {
  readonly window: DomWindow;
  /** The figure as plotly.js writes it as SVG. */
  draw(figure: Figure): Promise<string>;
}

/** Loads plotly.js and jsdom: about a second, once. */
export function openPlotly(): PlotlyWindow {
  const { JSDOM } = load("jsdom") as Jsdom;
  const dom = new JSDOM("<!doctype html><body></body>", { runScripts: "outside-only" });
  const { window } = dom;
  answerLayout(window);
  runCompiled(load.resolve("plotly.js-dist-min"), dom.getInternalVMContext());
  const { Plotly } = window as unknown as { readonly Plotly: Plotly };
  return {
    window,
    draw: (figure) => {
      window.Math.random = randomOf(figure);
      const { width = CHART_SIZE.width, height = CHART_SIZE.height } = figure.layout ?? {};
      const drawn = { data: structuredCloned(figure.data), layout: structuredCloned(figure.layout ?? {}) };
      return Plotly.toImage(drawn, { format: "svg", width, height, imageDataOnly: true });
    },
  };
}

interface Jsdom {
  readonly JSDOM: new (
    html: string,
    options: object,
  ) => {
    readonly window: DomWindow;
    getInternalVMContext(): Context;
  };
}

interface Canvas {
  readonly width: number;
  readonly height: number;
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

function answerLayout(window: DomWindow): void {
  const box = (element: DomElement, onPage: boolean): object => {
    const { left, top, right, bottom } = extentOf(element, onPage);
    return { x: left, y: top, left, top, right, bottom, width: right - left, height: bottom - top };
  };
  Object.assign(window.SVGElement.prototype, {
    getBBox: asMethod((element) => box(element, false)),
    getComputedTextLength: asMethod((element) => {
      const { left, right } = extentOf(element, false);
      return right - left;
    }),
  });
  Object.assign(window.Element.prototype, { getBoundingClientRect: asMethod((element) => box(element, true)) });
  Object.assign(window.URL, { createObjectURL: () => "" });
  const recorders = new WeakMap<object, CanvasRecorder>();
  const recorderOf = (canvas: object): CanvasRecorder => {
    const recorder = recorders.get(canvas) ?? new CanvasRecorder();
    recorders.set(canvas, recorder);
    return recorder;
  };
  Object.assign(window.HTMLCanvasElement.prototype, {
    getContext(this: Canvas) {
      return recorderOf(this);
    },
    toDataURL(this: Canvas) {
      return recorderOf(this).toDataUrl(this.width, this.height);
    },
  });
}

function asMethod<T>(answer: (element: DomElement) => T): (this: DomElement) => T {
  return function (this: DomElement) {
    return answer(this);
  };
}
