import { textWidth } from "../picture/text_width.js";
import type { Value } from "../relation/runner.js";
import type { Figure } from "./figure.js";
import { formatValue, toNumber } from "./format_value.js";
import type { ChartLocale } from "./theme.js";
import { wordsOf } from "./words.js";

/** A chart as a figure, and the numbers that it shows. */
export interface Drawing {
  readonly figure: Figure;
  /** What is to be said of it: how rows were put together, what was left out. */
  readonly notes: readonly string[];
  readonly rows: readonly DrawnRow[];
}

/** One drawn value, by what it belongs to. */
export interface DrawnRow {
  readonly label: string;
  readonly value: Value;
}

const ROWS = 12;
const BAR = 24;

/** A drawing where no picture can be shown: its title, its notes, and its first values as bars of characters. */
export function drawingText({ notes, rows }: Drawing, title: string, locale: ChartLocale): string {
  const shown = rows.slice(0, ROWS);
  const values = shown.map(({ value }) => formatValue(value, locale));
  const labels = shown.map(({ label }) => cut(label));
  const greatest = Math.max(...shown.map(({ value }) => toNumber(value) ?? 0), 0);
  const width = (texts: readonly string[]): number => Math.max(0, ...texts.map((text) => [...text].length));
  const lines = shown.map(({ value }, i) => {
    const length = greatest > 0 ? Math.round((BAR * Math.max(0, toNumber(value) ?? 0)) / greatest) : 0;
    const [label = "", text = ""] = [labels[i], values[i]];
    return `${label.padEnd(width(labels))}  ${text.padStart(width(values))}  ${"█".repeat(length)}`.trimEnd();
  });
  const more = rows.length - shown.length;
  return [
    ...(title === "" ? [] : [title]),
    ...(notes.length === 0 ? [] : [`(${notes.join(" · ")})`]),
    ...lines,
    ...(more > 0 ? [`… ${formatValue(BigInt(more), locale)} ${wordsOf(locale).more}`] : []),
  ].join("\n");
}

function cut(label: string): string {
  const characters = [...label.replace(/\p{Cc}/gu, " ")];
  return textWidth(label, 1) > 40 ? `${characters.slice(0, 39).join("")}…` : characters.join("");
}
