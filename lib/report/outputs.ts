import { stripVTControlCharacters } from "node:util";
import type { CodeCell, MimeBundle, Output } from "../notebook/document.js";
import { bytes } from "./format.js";
import { type Html, html } from "./html.js";
import { safeMarkup } from "./safe_markup.js";

/** Characters of outputs that a page holds, and of one output: pages stay below a megabyte. */
const PAGE_LIMIT = 700_000;
const OUTPUT_LIMIT = 250_000;
const TEXT_LIMIT = 40_000;

/** What is left for the outputs of one page. */
export class OutputBudget {
  #left = PAGE_LIMIT;

  /** The output, or a word about its size. */
  take(made: Html): Html {
    const { length } = made.text;
    if (length <= Math.min(this.#left, OUTPUT_LIMIT)) {
      this.#left -= length;
      return made;
    }
    return html`<p class="muted">An output of ${bytes(length)} is in the executed notebook only.</p>`;
  }
}

/** Outputs of a cell in the order in which they came. */
export function outputs({ outputs: all }: CodeCell, number: number, budget: OutputBudget): Html {
  if (all.length === 0) return html``;
  const shown = all.map((output) => budget.take(outputPart(output, number)));
  return html`<div class="output" role="region" aria-label="Output of cell ${number}" tabindex="0">${shown}</div>`;
}

function outputPart(output: Output, number: number): Html {
  switch (output.output_type) {
    case "stream":
      return html`<pre${output.name === "stderr" ? html` class="error"` : ""}>${cutText(output.text)}</pre>`;
    case "error": {
      const trace = stripVTControlCharacters(output.traceback.join("\n"));
      const text = trace.includes(output.evalue) ? trace : `${output.ename}: ${output.evalue}\n${trace}`;
      return html`<pre class="error">${cutText(text.trim())}</pre>`;
    }
    default:
      return displayed(output.data, number);
  }
}

/** The richest form of a value that needs no script. What is drawn stands apart from the page, as a picture. */
function displayed(data: MimeBundle, number: number): Html {
  const text = (type: string): string | undefined => {
    const value = data[type];
    return typeof value === "string" ? value : undefined;
  };
  const plain = text("text/plain") ?? "";
  const svg = text("image/svg+xml");
  const alternative = plain.trim().slice(0, 200) || `Picture of cell ${number}`;
  if (svg !== undefined) {
    return html`<img src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}" alt="${alternative}">`;
  }
  const png = text("image/png");
  if (png !== undefined && /^[A-Za-z0-9+/=\s]+$/.test(png)) {
    return html`<img src="data:image/png;base64,${png.replaceAll(/\s/g, "")}" alt="${alternative}">`;
  }
  const markup = text("text/html");
  if (markup !== undefined && markup.length <= OUTPUT_LIMIT) return safeMarkup(markup);
  return html`<pre>${cutText(plain)}</pre>`;
}

function cutText(text: string): string {
  return text.length <= TEXT_LIMIT
    ? text
    : `${text.slice(0, TEXT_LIMIT)}\n… ${bytes(text.length - TEXT_LIMIT)} more in the executed notebook`;
}
