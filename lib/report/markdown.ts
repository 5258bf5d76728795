import MarkdownIt from "markdown-it";
import { type Html, trusted } from "./html.js";

/** Where a notebook's links to other notebooks lead, by table; undefined where there is no page. */
export type NotebookLinks = (table: string) => string | undefined;

let parser: InstanceType<typeof MarkdownIt> | undefined;

/**
 * Prose of a notebook, its headings one level lower. HTML in it is text; pictures from elsewhere are not loaded; only links
 * that lead somewhere stay.
 */
export function markdown(source: string, links: NotebookLinks): Html {
  parser ??= new MarkdownIt({ html: false, linkify: false }).disable("image");
  const tokens = parser.parse(source.replaceAll(HIDDEN, "\ufffd"), {});
  for (const token of tokens) {
    if (token.type === "heading_open" || token.type === "heading_close")
      token.tag = `h${Math.min(6, Number(token.tag.slice(1)) + 1)}`;
    for (const inline of token.children ?? []) {
      if (inline.type !== "link_open") continue;
      const href = addressOf(String(inline.attrGet("href") ?? ""), links);
      inline.attrs = href === undefined ? null : [["href", href]];
    }
  }
  return trusted(parser.renderer.render(tokens, parser.options, {}));
}

const HIDDEN = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** An address elsewhere, or the page of another notebook; undefined for files of the workspace. */
function addressOf(href: string, links: NotebookLinks): string | undefined {
  if (/^(https?:|mailto:|#)/i.test(href)) return href;
  const notebook = /([a-z]+)\/([a-z0-9_]+)\.ipynb$/.exec(href);
  return notebook ? links(`${notebook[1]}.${notebook[2]}`) : undefined;
}
