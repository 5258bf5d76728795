import { createHash } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { type Content, type Html, html, trusted } from "./html.js";

/** Style and script of every page. */
export interface Assets {
  readonly style: string;
  readonly script: string;
}

/** What a page is, besides its content. */
export interface PageHead {
  readonly title: string;
  /** Path below the site's folder. */
  readonly path: string;
  /** The part of the site that it belongs to. */
  readonly part: "overview" | "tables" | "runs";
}

/** @param folder where `report.css` and `report.js` are */
export function readAssets(folder: string): Assets {
  return {
    style: fs.readFileSync(join(folder, "report.css"), "utf8"),
    script: fs.readFileSync(join(folder, "report.js"), "utf8"),
  };
}

/**
 * A whole page, which needs no other file. Its policy lets nothing run and nothing style but what stands in it, and loads
 * nothing from anywhere; only its own server may be asked, for the progress of a run.
 */
export function page({ title, path, part }: PageHead, assets: Assets, content: Content): Html {
  const up = "../".repeat(path.split("/").length - 1);
  const link = (name: PageHead["part"], href: string, text: string): Html =>
    html`<a href="${up}${href}"${name === part ? html` aria-current="true"` : ""}>${text}</a>`;
  const policy = [
    "default-src 'none'",
    `style-src ${[assets.style, ...embeddedStyles(content)].map(hashSource).join(" ")}`,
    `script-src ${hashSource(assets.script)}`,
    "img-src data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title} · tslake</title>
<style>${trusted(assets.style)}</style>
</head>
<body data-root="${up}">
<a class="skip" href="#content">Skip to content</a>
<header class="site">
<a class="brand" href="${up}index.html">tslake</a>
<nav aria-label="Site">${link("overview", "index.html", "Overview")}${link("tables", "tables/index.html", "Tables")}${link("runs", "runs/index.html", "Runs")}</nav>
</header>
<main id="content">
${content}
</main>
<script>${trusted(assets.script)}</script>
</body>
</html>
`;
}

/** A table that scrolls sideways by itself where the page is narrow. */
export function scrolling(label: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`;
}

/** A section of a page under a heading of its own. */
export function section(id: string, title: string, content: Content, note?: Content): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title"><a href="#${id}">${title}</a>${note === undefined ? "" : html` <small>${note}</small>`}</h2>
${content}
</section>
`;
}

/** Facts in pairs; those without a value are left out. */
export function facts(entries: readonly (readonly [name: string, value: Content])[]): Html {
  const shown = entries.filter(([, value]) => value !== undefined && value !== null && value !== false && value !== "");
  return html`<dl class="facts">${shown.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** A state in a colour and a word. */
export function badge(state: "good" | "warning" | "bad" | "idle" | "running", text: string): Html {
  return html`<span class="badge ${state}">${text}</span>`;
}

/** Styles inside drawings, which this project makes itself: text from data cannot become an element. */
function embeddedStyles(content: Content): readonly string[] {
  const { text } = html`${content}`;
  return [...new Set([...text.matchAll(/<style>([^<]*)<\/style>/g)].map(([, style = ""]) => style))];
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
