/**
 * Pages are written with the tag `html`: what stands in the template is markup, every value that is put in is text. A value
 * from data can therefore never become a tag, an attribute or a script.
 */

/** Markup that is safe to stand in a page as it is. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What a template takes: text is escaped, lists are put one after the other, nothing stands for null, undefined and false. */
export type Content = Html | string | number | bigint | null | undefined | false | readonly Content[];

/** Markup from a template; attributes must stand in double quotes. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = strings[0] ?? "";
  values.forEach((value, i) => {
    text += render(value) + (strings[i + 1] ?? "");
  });
  return new Html(text);
}

/** Vouches for markup: only for what a library has escaped, or this project's own files. */
export function trusted(markup: string): Html {
  return new Html(markup);
}

/**
 * Text as it stands in an element or a quoted attribute. Marks that change the direction of what follows, and control
 * characters, are shown by their code: they could make a value look like another one.
 */
export function escapeText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text.replace(ENTITIES, (char) => ENTITY[char] ?? char).replace(HIDDEN, (char) => `[U+${codeOf(char)}]`);
}

/** A JSON value as the content of a `<script type="application/json">`. */
export function jsonScript(id: string, value: unknown): Html {
  const text = JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${codeOf(char).toLowerCase()}`);
  return html`<script type="application/json" id="${id}">${trusted(text)}</script>`;
}

const ENTITY: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const ENTITIES = /[&<>"']/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is sought
const HIDDEN = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
const SPECIAL = new RegExp(`${ENTITIES.source}|${HIDDEN.source}`);

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  return isList(value) ? value.map(render).join("") : escapeText(String(value));
}

function isList(value: Content): value is readonly Content[] {
  return Array.isArray(value);
}

function codeOf(char: string): string {
  return char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
}
