import { textWidth } from "../picture/text_width.js";
import type { DomElement } from "./dom.js";

/** A rectangle, in pixels. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** `(x, y)` becomes `(a·x + c·y + e, b·x + d·y + f)`. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];
const LINE_HEIGHT = 1.3;
const ASCENT = 1;

/**
 * Where the texts of an SVG element stand, by estimate: in its own coordinates, or with `onPage` in those of the page. An
 * element without text is an empty rectangle at its origin, or what its `width` and `height` say.
 */
export function extentOf(element: DomElement, onPage: boolean): Rectangle {
  const own = isText(element) ? [element] : [...element.querySelectorAll("text")].filter(isShown);
  const corners = own.flatMap((text) => cornersOf(text, matrixTo(text, element, onPage)));
  if (corners.length === 0)
    corners.push(...plainCorners(element, onPage ? matrixTo(element, element, true) : IDENTITY));
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

type Corner = readonly [x: number, y: number];

function cornersOf(text: DomElement, matrix: Matrix): Corner[] {
  const size = fontSize(text);
  const lines = [...text.querySelectorAll("tspan.line")];
  const weight = text.style?.fontWeight;
  const bold = weight === "bold" || Number(weight) >= 600 ? 1.06 : 1;
  const widths = (lines.length > 0 ? lines : [text]).map((line) => textWidth(line.textContent ?? "", size) * bold);
  const width = Math.max(0, ...widths);
  const [x, y] = [numberOf(text, "x"), numberOf(text, "y")];
  const anchor = text.getAttribute("text-anchor") ?? "start";
  const left = x - (anchor === "end" ? width : anchor === "middle" ? width / 2 : 0);
  const top = y - size * ASCENT;
  return rectangle(left, top, width, size * LINE_HEIGHT * widths.length, matrix);
}

function plainCorners(element: DomElement, matrix: Matrix): Corner[] {
  const [x, y] = [numberOf(element, "x"), numberOf(element, "y")];
  return rectangle(x, y, numberOf(element, "width"), numberOf(element, "height"), matrix);
}

function rectangle(left: number, top: number, width: number, height: number, [a, b, c, d, e, f]: Matrix): Corner[] {
  const corners: Corner[] = [
    [left, top],
    [left + width, top],
    [left, top + height],
    [left + width, top + height],
  ];
  return corners.map(([x, y]) => [a * x + c * y + e, b * x + d * y + f]);
}

/** From a text's coordinates to those of an element around it, or beyond to the page's. */
function matrixTo(text: DomElement, element: DomElement, onPage: boolean): Matrix {
  let matrix = IDENTITY;
  for (let at: DomElement | null = text; at !== null; at = at.parentElement) {
    if (at === element && !onPage) return matrix;
    matrix = multiply(matrixOf(at.getAttribute("transform") ?? ""), matrix);
  }
  return matrix;
}

/** What a `transform` attribute does. */
export function matrixOf(transform: string): Matrix {
  let matrix = IDENTITY;
  for (const [, name, list = ""] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
    const [p = 0, q, r = 0] = list.split(/[\s,]+/).map(Number);
    if (name === "translate") matrix = multiply(matrix, [1, 0, 0, 1, p, q ?? 0]);
    if (name === "scale") matrix = multiply(matrix, [p, 0, 0, q ?? p, 0, 0]);
    if (name === "rotate") matrix = multiply(matrix, rotation(p, q ?? 0, r));
  }
  return matrix;
}

function rotation(degrees: number, x: number, y: number): Matrix {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [cos, sin, -sin, cos, x - cos * x + sin * y, y - sin * x - cos * y];
}

function multiply([a, b, c, d, e, f]: Matrix, [g, h, i, j, k, l]: Matrix): Matrix {
  return [a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * l + e, b * k + d * l + f];
}

function isText(element: DomElement): boolean {
  return element.tagName === "text" || element.tagName === "tspan";
}

function isShown(text: DomElement): boolean {
  return text.style?.display !== "none";
}

function fontSize(element: DomElement): number {
  for (let at: DomElement | null = element; at !== null; at = at.parentElement) {
    const size = Number.parseFloat(at.style?.fontSize ?? "");
    if (size > 0) return size;
  }
  return 12;
}

function numberOf(element: DomElement, attribute: string): number {
  return Number.parseFloat(element.getAttribute(attribute) ?? "0") || 0;
}
