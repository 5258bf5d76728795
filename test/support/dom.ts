import { createRequire } from "node:module";
import type { DomElement, DomWindow } from "../../lib/chart/dom.js";

interface Jsdom {
  readonly JSDOM: new (html: string) => { readonly window: DomWindow };
}

const { JSDOM } = createRequire(import.meta.url)("jsdom") as Jsdom;
const { window } = new JSDOM("");

/** The root of a document in XML; it holds a `parsererror` where the text is none. */
export function parseXml(text: string): DomElement {
  return new window.DOMParser().parseFromString(text, "image/svg+xml").documentElement;
}

/** The elements that a selector finds. */
export function select(element: DomElement, selector: string): DomElement[] {
  return [...element.querySelectorAll(selector)];
}
