/**
 * The part of a browser's window that drawing uses. The types of the whole DOM would be read by every kernel and compiler
 * that reads this library's, and would let the rest of it use what Node lacks.
 */
export interface DomWindow {
  readonly DOMParser: new () => { parseFromString(text: string, type: "image/svg+xml"): DomDocument };
  readonly XMLSerializer: new () => { serializeToString(element: DomElement): string };
}

export interface DomDocument {
  readonly documentElement: DomElement;
  createElementNS(namespace: string, name: string): DomElement;
}

export interface DomElement {
  readonly tagName: string;
  readonly localName: string;
  readonly id: string;
  readonly innerHTML: string;
  readonly attributes: Iterable<{ readonly name: string; readonly value: string }>;
  readonly children: Iterable<DomElement>;
  readonly childElementCount: number;
  readonly parentElement: DomElement | null;
  readonly ownerDocument: DomDocument;
  readonly style?: { readonly fontSize: string; readonly fontWeight: string; readonly display: string };
  textContent: string | null;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelectorAll(selector: string): Iterable<DomElement>;
  append(...elements: DomElement[]): void;
  prepend(...elements: DomElement[]): void;
  replaceWith(element: DomElement): void;
  remove(): void;
}
