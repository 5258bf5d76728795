import { FONT, PAPER, type Role, schemeStyle } from "../picture/colours.js";
import type { DomDocument, DomElement, DomWindow } from "./dom.js";

/** What a picture says to those who do not see it. */
export interface Caption {
  readonly title: string;
  readonly description: string;
}

/**
 * plotly.js's SVG without what only its own page needs: no empty groups, classes or styles that say nothing, no script and
 * no address that is loaded. Colours of paper and ink follow the reader's light or dark scheme.
 */
export function tidySvg(window: DomWindow, source: string, caption: Caption): string {
  const document = new window.DOMParser().parseFromString(source, "image/svg+xml");
  const root = document.documentElement;
  for (const element of [...root.querySelectorAll("*")]) tidy(element);
  for (const element of [...root.querySelectorAll("g, defs, clipPath, a")].reverse()) {
    if (element.childElementCount === 0 && !(element.textContent ?? "").trim()) element.remove();
  }
  for (const path of root.querySelectorAll("path")) replaceMarker(path);
  for (const group of [...root.querySelectorAll("g")].reverse()) hoist(group);
  dropUnusedClips(root);
  describe(document, caption);
  return new window.XMLSerializer().serializeToString(root);
}

function tidy(element: DomElement): void {
  if (element.tagName === "image") return void replaceImage(element);
  const style = styleOf(element);
  if (isInvisible(element, style)) return element.remove();
  for (const { name } of [...element.attributes]) if (!KEPT.has(name)) element.removeAttribute(name);
  for (const [property, value] of style) {
    if (HIDING.has(property) || value === DEFAULTS[property] || value.replace(/['"]/g, "") === FONT) continue;
    element.setAttribute(property, property === "fill" || property === "stroke" ? hex(value) : value);
  }
  scheme(element);
  for (const name of ROUNDED) {
    const value = element.getAttribute(name);
    if (value !== null) element.setAttribute(name, value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, rounded));
  }
  if (element.tagName === "text" && / {2}|^ | $/.test(element.textContent ?? "")) {
    element.setAttribute("style", "white-space:pre");
  }
}

function isInvisible(element: DomElement, style: ReadonlyMap<string, string>): boolean {
  if (style.get("display") === "none" || style.get("visibility") === "hidden") return true;
  if (FORBIDDEN.has(element.tagName)) return true;
  if (element.tagName === "rect") return style.get("fill-opacity") === "0" || element.getAttribute("width") === "0";
  return element.tagName === "path" && ["", "M0,0"].includes(element.getAttribute("d") ?? "");
}

/** How an element is shown: its attributes that say so, and the declarations of its style, which win. */
function styleOf(element: DomElement): ReadonlyMap<string, string> {
  const declared = (element.getAttribute("style") ?? "").split(";").map((declaration): [string, string] => {
    const [property = "", ...value] = declaration.split(":");
    return [property.trim(), value.join(":").trim().replaceAll(QUOTE, "'")];
  });
  const attributes = [...element.attributes].map(({ name, value }): [string, string] => [name, value]);
  return new Map(
    [...attributes, ...declared].filter(
      ([name, value]) => value !== "" && (PRESENTATION.has(name) || HIDING.has(name)),
    ),
  );
}

/** Paper and ink get the classes of their role; the colours of data, and of text upon them, stay. */
function scheme(element: DomElement): void {
  const classes = (["fill", "stroke"] as const).flatMap((what) => {
    const role = ROLES.get(element.getAttribute(what) ?? "");
    return role === undefined || (role === "paper" && isText(element)) ? [] : [`tslake-${role}-${what}`];
  });
  if (classes.length > 0) element.setAttribute("class", classes.join(" "));
}

function isText(element: DomElement): boolean {
  return element.tagName === "text" || element.tagName === "tspan";
}

/** The cells of a heat map come as a picture in an address: its rectangles are drawn in place. */
function replaceImage(image: DomElement): void {
  const [type = "", data = ""] = (image.getAttribute("xlink:href") ?? image.getAttribute("href") ?? "").split(/,(.*)/s);
  const view = /viewBox="([\d. -]+)"/.exec(decodeURIComponent(data))?.[1];
  const rects = decodeURIComponent(data).match(/<rect [^<>]*\/>/g);
  if (type !== "data:image/svg+xml" || view === undefined || rects === null) return image.remove();
  const nested = image.ownerDocument.createElementNS(SVG, "svg");
  for (const name of ["x", "y", "width", "height"]) nested.setAttribute(name, image.getAttribute(name) ?? "0");
  nested.setAttribute("viewBox", view);
  nested.setAttribute("preserveAspectRatio", "none");
  nested.setAttribute("shape-rendering", "crispEdges");
  for (const rect of rects) {
    const drawn = image.ownerDocument.createElementNS(SVG, "rect");
    for (const [, name = "", value = ""] of rect.matchAll(/(\w+)="([^"]*)"/g)) drawn.setAttribute(name, value);
    nested.append(drawn);
  }
  image.replaceWith(nested);
}

/** A round marker is a circle: a third of the text. */
function replaceMarker(path: DomElement): void {
  const radius = /^M([\d.]+),0A\1,\1 0 1,1 0,-\1A\1,\1 0 0,1 \1,0Z$/.exec(path.getAttribute("d") ?? "")?.[1];
  const [, x, y] = /^translate\(([^,]+),([^)]+)\)$/.exec(path.getAttribute("transform") ?? "") ?? [];
  if (radius === undefined || x === undefined || y === undefined) return;
  const circle = path.ownerDocument.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: radius })) circle.setAttribute(name, value);
  for (const { name, value } of [...path.attributes]) {
    if (name !== "d" && name !== "transform") circle.setAttribute(name, value);
  }
  path.replaceWith(circle);
}

/** What all parts of a group say alike, the group says once. */
function hoist(group: DomElement): void {
  const parts = [...group.children];
  const [first] = parts;
  if (first === undefined || parts.length < 2) return;
  for (const name of INHERITED) {
    const value = first.getAttribute(name);
    if (!value || group.getAttribute(name)) continue;
    if (!parts.every((part) => part.getAttribute(name) === value)) continue;
    group.setAttribute(name, value);
    for (const part of parts) part.removeAttribute(name);
  }
}

function dropUnusedClips(root: DomElement): void {
  const used = new Set([...root.querySelectorAll("[clip-path], [fill^='url'], [stroke^='url']")].flatMap(referencesOf));
  for (const defined of root.querySelectorAll("clipPath, linearGradient, pattern")) {
    if (!used.has(defined.id)) defined.remove();
  }
  for (const group of [...root.querySelectorAll("g, defs")].reverse())
    if (group.childElementCount === 0) group.remove();
}

function referencesOf(element: DomElement): string[] {
  return ["clip-path", "fill", "stroke"].flatMap(
    (name) => /^url\(["']?#(.*?)["']?\)$/.exec(element.getAttribute(name) ?? "")?.[1] ?? [],
  );
}

function describe(document: DomDocument, { title, description }: Caption): void {
  const root = document.documentElement;
  const mark = /clip([0-9a-f]{6})/.exec(root.innerHTML)?.[1] ?? "chart";
  const [width, height] = [root.getAttribute("width") ?? "", root.getAttribute("height") ?? ""];
  for (const { name } of [...root.attributes]) if (name !== "xmlns") root.removeAttribute(name);
  const attributes = {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-labelledby": `t${mark} d${mark}`,
    "font-family": FONT,
  };
  for (const [name, value] of Object.entries(attributes)) root.setAttribute(name, value);
  const style = textElement(document, "style", schemeStyle());
  root.prepend(
    textElement(document, "title", title, `t${mark}`),
    textElement(document, "desc", description, `d${mark}`),
    style,
  );
}

function textElement(document: DomDocument, name: string, text: string, id?: string): DomElement {
  const element = document.createElementNS(SVG, name);
  if (id !== undefined) element.setAttribute("id", id);
  element.textContent = text;
  return element;
}

function hex(colour: string): string {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1);
  return parts ? `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}` : colour;
}

function rounded(number: string): string {
  return String(Math.round(Number(number) * 100) / 100);
}

const SVG = "http://www.w3.org/2000/svg";
/** What plotly.js writes in place of the quotes around a font's name. */
const QUOTE = "TOBESTRIPPED";
const FORBIDDEN = new Set(["script", "foreignObject", "iframe", "style"]);
const KEPT = new Set(
  "id d x y x1 x2 y1 y2 dx dy cx cy r rx ry width height transform clip-path text-anchor viewBox offset gradientUnits gradientTransform patternUnits points stop-color stop-opacity".split(
    " ",
  ),
);
const ROUNDED = ["d", "x", "y", "width", "height", "transform"];
const PRESENTATION = new Set(
  "fill fill-opacity stroke stroke-opacity stroke-width stroke-dasharray stroke-linecap stroke-linejoin stroke-miterlimit opacity font-family font-size font-weight font-style text-decoration text-anchor dominant-baseline stop-color stop-opacity".split(
    " ",
  ),
);
/** Properties that only say whether an element is seen. */
const HIDING = new Set(["display", "visibility"]);
/** Attributes that parts take from their group. */
const INHERITED = [
  "class",
  ..."fill fill-opacity stroke stroke-opacity stroke-width font-size font-weight text-anchor".split(" "),
];
const DEFAULTS: Readonly<Record<string, string>> = {
  opacity: "1",
  "fill-opacity": "1",
  "stroke-opacity": "1",
  "font-weight": "normal",
  "font-style": "normal",
};
const ROLES: ReadonlyMap<string, Role> = new Map(
  Object.entries(PAPER).map(([role, { light }]): [string, Role] => [light, role as Role]),
);
