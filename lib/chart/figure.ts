/**
 * A figure of plotly.js as JSON: what https://plotly.com/javascript/reference describes. Text in it is Plotly's own markup;
 * `plainText` makes it say just what it says.
 */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout?: Readonly<Record<string, unknown>>;
}

export type Trace = Readonly<Record<string, unknown>>;

/** The kinds of its traces, each once. */
export function kindsOf({ data }: Figure): string {
  return [...new Set(data.map(({ type }) => String(type ?? "scatter")))].join(", ");
}

/** The MIME type under which frontends take a figure. */
export const PLOTLY_TYPE = "application/vnd.plotly.v1+json";

/** Pixels of a chart whose layout names no size. */
export const CHART_SIZE = { width: 720, height: 400 } as const;

/** A text that Plotly shows as it is: no tag, entity or formula in it is read as such. */
export function plainText(text: string): string {
  return text
    .replace(/(?![\t\n])[\p{Cc}\p{Surrogate}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd")
    .replace(/[&<>$]/g, (character) => `&#${character.charCodeAt(0)};`);
}
