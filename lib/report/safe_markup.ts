import { escapeText, type Html, trusted } from "./html.js";

/** Elements that say what text is; nothing of them can run, load or style. */
const ELEMENTS = new Set(
  "table thead tbody tfoot tr th td caption p br small sub sup b strong i em code pre ul ol li dl dt dd div span details summary".split(
    " ",
  ),
);
const EMPTY = new Set(["br"]);
/** Elements whose content is no text. */
const UNSEEN = /<(script|style|template|noscript|title|textarea|iframe|svg|math)\b[\s\S]*?(<\/\1\s*>|$)/gi;
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)\b((?:"[^"]*"|'[^']*'|[^"'>])*)>|<!--[\s\S]*?(?:-->|$)|<![^>]*>|<\?[^>]*>/g;

/**
 * What an output's HTML says, as tables and text: known elements without their attributes, everything else as the text in
 * it. Whatever comes in, what goes out is balanced, and holds nothing but those elements and escaped text.
 */
export function safeMarkup(markup: string): Html {
  const source = markup.replaceAll(UNSEEN, "");
  const open: string[] = [];
  let made = "";
  let end = 0;
  for (const match of source.matchAll(TAG)) {
    made += text(source.slice(end, match.index));
    end = match.index + match[0].length;
    const [, closing, name = "", attributes = ""] = match;
    const element = name.toLowerCase();
    if (!ELEMENTS.has(element)) continue;
    if (closing !== "/") {
      made += `<${element}${attributesOf(element, attributes)}>`;
      if (!EMPTY.has(element)) open.push(element);
    } else if (open.includes(element)) {
      while (open.length > 0) {
        const last = open.pop();
        made += `</${last}>`;
        if (last === element) break;
      }
    }
  }
  made += text(source.slice(end));
  return trusted(
    made +
      open
        .reverse()
        .map((element) => `</${element}>`)
        .join(""),
  );
}

function attributesOf(element: string, attributes: string): string {
  if (element !== "td" && element !== "th") return "";
  const isRight = /text-align:\s*right|class="[^"]*\bnum\b/.test(attributes);
  const span = /\bcolspan="?(\d{1,3})\b/.exec(attributes)?.[1];
  return `${isRight ? ' class="num"' : ""}${span === undefined ? "" : ` colspan="${span}"`}`;
}

/** Text between tags, whose references are resolved and written anew. */
function text(encoded: string): string {
  const decoded = encoded.replaceAll(
    /&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos|nbsp|hellip));/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return NAMED[String(name).toLowerCase()] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
  return escapeText(decoded);
}

const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  hellip: "…",
};
