import { createRequire } from "node:module";
import { svgPathProperties } from "svg-path-properties";
import { CanvasRecorder } from "./canvas.js";
import type { DomElement, DomWindow } from "./dom.js";
import { extentOf, matrixOf } from "./extent.js";

/**
 * A window with what plotly.js asks of a browser. Elements are linkedom's, which loads and works several times as fast as a
 * complete browser would; their layout is answered by estimates.
 */
export function openWindow(): DomWindow & Readonly<Record<string, unknown>> {
  const { parseHTML, DOMParser } = load("linkedom") as LinkeDom;
  const { document, Element, HTMLElement, SVGElement, HTMLCanvasElement, Event } = parseHTML(
    "<!doctype html><html><head></head><body></body></html>",
  );
  answerLayout(Element.prototype, SVGElement.prototype);
  answerCanvas(HTMLCanvasElement.prototype);
  const window = {
    ...{ document, DOMParser, XMLSerializer, Element, HTMLElement, SVGElement, HTMLCanvasElement, Event },
    ...{ navigator: { userAgent: "Node.js" }, location: { href: "about:blank" }, devicePixelRatio: 1 },
    ...{ URL: { createObjectURL: () => "" }, Blob: class {}, Image: class {} },
    ...{ addEventListener: () => undefined, removeEventListener: () => undefined, setTimeout, clearTimeout },
    getComputedStyle: (element: DomElement) => element.style ?? {},
  };
  Object.defineProperty(document, "defaultView", { value: window });
  return window;
}

/** The part of linkedom that is used. */
interface LinkeDom {
  readonly DOMParser: DomWindow["DOMParser"];
  parseHTML(html: string): {
    readonly document: object;
    readonly Event: object;
    readonly Element: Class;
    readonly HTMLElement: Class;
    readonly SVGElement: Class;
    readonly HTMLCanvasElement: Class;
  };
}

interface Class {
  readonly prototype: object;
}

interface Canvas {
  readonly width: number;
  readonly height: number;
}

const load = createRequire(typeof __filename === "string" ? __filename : `${process.cwd()}/`);

class XMLSerializer {
  serializeToString(element: DomElement): string {
    return String(element);
  }
}

function answerLayout(ofElements: object, ofDrawings: object): void {
  const box = (element: DomElement, onPage: boolean): object => {
    const { left, top, right, bottom } = extentOf(element, onPage);
    return { x: left, y: top, left, top, right, bottom, width: right - left, height: bottom - top };
  };
  Object.assign(ofDrawings, {
    getBBox: asMethod((element) => box(element, false)),
    getComputedTextLength: asMethod((element) => {
      const { left, right } = extentOf(element, false);
      return right - left;
    }),
    getTotalLength: asMethod((element) => pathOf(element).getTotalLength()),
    getPointAtLength(this: DomElement, length: number) {
      return pathOf(this).getPointAtLength(length);
    },
  });
  Object.assign(ofElements, { getBoundingClientRect: asMethod((element) => box(element, true)) });
  const baseVal = (element: DomElement): object => ({ baseVal: { consolidate: () => consolidated(element) } });
  const transform = { get: asMethod(baseVal), configurable: true };
  // linkedom writes the names of all elements of an HTML page in capitals.
  const name = { get: asMethod((element) => element.localName), configurable: true };
  Object.defineProperties(ofDrawings, { transform, tagName: name, nodeName: name });
}

/** The one transformation that an element's come to, as SVG's `SVGTransform` tells it. */
function consolidated(element: DomElement): object | null {
  const text = element.getAttribute("transform");
  if (!text) return null;
  const [a, b, c, d, e, f] = matrixOf(text);
  return { matrix: { a, b, c, d, e, f } };
}

function pathOf(element: DomElement): { getTotalLength(): number; getPointAtLength(length: number): object } {
  return new svgPathProperties(element.getAttribute("d") ?? "");
}

function answerCanvas(ofCanvases: object): void {
  const recorders = new WeakMap<object, CanvasRecorder>();
  const recorderOf = (canvas: object): CanvasRecorder => {
    const recorder = recorders.get(canvas) ?? new CanvasRecorder();
    recorders.set(canvas, recorder);
    return recorder;
  };
  Object.assign(ofCanvases, {
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
