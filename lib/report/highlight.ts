import hljs from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";
import { escapeText, type Html, trusted } from "./html.js";

let known = false;

/** TypeScript in colours. */
export function highlight(source: string): Html {
  if (!known) hljs.registerLanguage("typescript", typescript);
  known = true;
  // The highlighter escapes markup; hidden marks are shown before, because they are no markup.
  const { value } = hljs.highlight(visible(source), { language: "typescript", ignoreIllegals: true });
  return trusted(value);
}

/** Text whose hidden marks stand as codes, and which is not escaped yet. */
function visible(source: string): string {
  return source.replaceAll(
    /[^\n\r\t -~\u00a0-\uffff]|[\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g,
    (char) => escapeText(char),
  );
}
