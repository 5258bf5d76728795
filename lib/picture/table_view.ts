import type { MimeBundle } from "../display.js";
import { formatType, type StructField } from "../types.js";
import { escapeText } from "./escape.js";

/** A row to be shown: what the library gives as the values of columns. */
export type ShownRow = Readonly<Record<string, unknown>>;

/** A table that is shown without types below the names of its columns. */
export interface TableText {
  readonly title?: string;
  /** Paragraphs before the table. */
  readonly about?: readonly string[];
}

/**
 * A table of values as text and as HTML, under a caption: types under the names, nulls unlike the text `null`, numbers to the
 * right with all their decimals, long texts cut with the whole in a tool tip. The HTML reads well where styles are stripped.
 */
export function renderTable(fields: readonly StructField[], rows: readonly ShownRow[], caption: string): MimeBundle {
  const columns = fields.map((f) => ({
    name: f.name,
    type: formatType(f.type),
    right: isNumber(f),
    cells: rows.map((row) => cellOf(row[f.name])),
  }));
  return {
    "text/plain": textTable(columns, rows.length, caption),
    "text/html": htmlTable(columns, rows.length, caption),
  };
}

/** Facts about something, as a table of texts under a title; columns without any text are left out. */
export function renderFacts(
  { title, about = [] }: TableText,
  names: readonly string[],
  rows: readonly (readonly string[])[],
  caption: string,
): MimeBundle {
  const all = names.map((name, i) => {
    const texts = rows.map((row) => row[i] ?? "");
    const right = texts.some((text) => text !== "") && texts.every((text) => /^-?[\d.,]*$/.test(text));
    return { name, right, cells: texts.map((text) => ({ text, isNull: false })) };
  });
  const columns = all.filter(({ cells }) => cells.some(({ text }) => text !== ""));
  const heading = title === undefined ? "" : `<p><b>${escapeText(title)}</b></p>`;
  const paragraphs = about.map((text) => `<p>${escapeText(text)}</p>`);
  const head = [...(title === undefined ? [] : [title]), ...about];
  return {
    "text/plain": [...head, ...(head.length > 0 ? [""] : []), textTable(columns, rows.length, caption, WHOLE)].join(
      "\n",
    ),
    "text/html": [heading, ...paragraphs, htmlTable(columns, rows.length, caption, WHOLE)].join(""),
  };
}

interface Cell {
  readonly text: string;
  readonly isNull: boolean;
}

interface ShownColumn {
  readonly name: string;
  readonly type?: string;
  readonly right: boolean;
  readonly cells: readonly Cell[];
}

/** Characters of a text that are shown. */
const LONGEST = 40;
const WHOLE = 160;
/** Characters of a text that a tool tip holds. */
const TOOL_TIP = 2000;

/** A value as people read it: text as it is, lists joined, structs with the names of their fields. */
function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return { text: "null", isNull: true };
  return { text: value === "null" ? '"null"' : formatValue(value), isNull: false };
}

function formatValue(value: unknown): string {
  if (value === null || value === undefined) return "null";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return value.map(formatValue).join("; ");
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${formatValue(item)}`)
      .join(", ")}}`;
  return String(value);
}

function textTable(columns: readonly ShownColumn[], rows: number, caption: string, longest = LONGEST): string {
  const hasTypes = columns.some(({ type }) => type !== undefined);
  const padded = columns.map(({ name, type, right, cells }) => {
    const lines = [name, ...(hasTypes ? [type ?? ""] : []), ...cells.map(({ text }) => cut(text, longest))];
    const width = Math.max(...lines.map((line) => [...line].length));
    return lines.map((line) => pad(line, width, right));
  });
  const line = (i: number): string =>
    padded
      .map((column) => column[i] ?? "")
      .join("  ")
      .trimEnd();
  const rule = padded.map((column) => "─".repeat([...(column[0] ?? "")].length)).join("──");
  const head = hasTypes ? [line(0), line(1)] : [line(0)];
  return [...head, rule, ...Array.from({ length: rows }, (_, i) => line(i + head.length)), `(${caption})`].join("\n");
}

/** The side is said twice: GitHub takes away styles, and JupyterLab's own are stronger than attributes. */
function htmlTable(columns: readonly ShownColumn[], rows: number, caption: string, longest = LONGEST): string {
  const align = (right: boolean): string => {
    const side = right ? "right" : "left";
    return `align="${side}" style="text-align:${side}${right ? ";font-variant-numeric:tabular-nums" : ""}"`;
  };
  const head = columns.map(({ name, type, right }) => {
    const below = type === undefined ? "" : `<br><sub>${escapeText(type)}</sub>`;
    return `<th ${align(right)}>${escapeText(name)}${below}</th>`;
  });
  const body = Array.from({ length: rows }, (_, i) => {
    const cells = columns.map(({ cells, right }) => htmlCell(cells[i], align(right), longest));
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table><p><sub>${escapeText(caption)}</sub></p>`;
}

function htmlCell(cell: Cell | undefined, align: string, longest: number): string {
  if (cell === undefined || cell.isNull) return `<td ${align}><em style="opacity:0.6">null</em></td>`;
  const shown = cut(cell.text, longest);
  const whole = shown === cell.text ? "" : ` title="${escapeText(cell.text.slice(0, TOOL_TIP))}"`;
  return `<td ${align}${whole}>${escapeText(shown)}</td>`;
}

function isNumber(f: StructField): boolean {
  return typeof f.type === "string" && /^(byte|short|integer|long|float|double|decimal)/.test(f.type);
}

function cut(text: string, longest: number): string {
  const characters = [...text.slice(0, 4 * longest).replace(/[\n\r\t]/g, "⏎")];
  return characters.length > longest ? `${characters.slice(0, longest - 1).join("")}…` : characters.join("");
}

function pad(text: string, width: number, right: boolean): string {
  const fill = " ".repeat(Math.max(0, width - [...text].length));
  return right ? fill + text : text + fill;
}
