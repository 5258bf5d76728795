/** Colours that are told apart with every kind of colour vision (Okabe & Ito, 2008), in the order in which they are used. */
export const SERIES_COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#d55e00",
  "#56b4e9",
  "#8c6d31",
  "#999999",
] as const;

/** The colours of what surrounds data, on light and on dark paper; contrast of ink and muted ink is 4.5 or more on both. */
export const PAPER = {
  ink: { light: "#1f2328", dark: "#e6edf3" },
  muted: { light: "#59636e", dark: "#9198a1" },
  line: { light: "#d1d9e0", dark: "#3d444d" },
  paper: { light: "#ffffff", dark: "#0d1117" },
} as const;

/** A role that a colour plays in a picture. */
export type Role = keyof typeof PAPER;

/**
 * Style rules that colour the classes `tslake-<role>-fill` and `-stroke` for the reader's scheme. A page that holds the
 * picture inline can set `--tslake-ink`, `--tslake-muted`, `--tslake-line` and `--tslake-paper`. Renderers that know none of
 * this use the attributes that stand beside the classes.
 */
export function schemeStyle(): string {
  const rules = (scheme: "light" | "dark"): string =>
    Object.entries(PAPER)
      .flatMap(([role, colours]) =>
        ["fill", "stroke"].map((what) => `.tslake-${role}-${what}{${what}:var(--tslake-${role},${colours[scheme]})}`),
      )
      .join("");
  return `${rules("light")}@media (prefers-color-scheme:dark){${rules("dark")}}`;
}

/** A fill or stroke that follows the scheme: the attribute and its class. */
export function schemed(role: Role, ...whats: readonly ("fill" | "stroke")[]): string {
  const classes = whats.map((what) => `tslake-${role}-${what}`).join(" ");
  return `class="${classes}" ${whats.map((what) => `${what}="${PAPER[role].light}"`).join(" ")}`;
}

/** The fonts of pictures: of the metrics by which `textWidth` measures. */
export const FONT = "Helvetica Neue, Arial, Liberation Sans, sans-serif";
