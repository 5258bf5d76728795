import { displayBundle, type MimeBundle } from "../display.js";
import type { PolarsEngine } from "../engine/polars/engine.js";
import type { RelationNode } from "../relation/node.js";
import type { Value } from "../relation/runner.js";
import { formatType, type StructField } from "../types.js";

/** Displays the first rows of a relation: types under the names, nulls visible, numbers to the right, long text cut. */
export async function showPreview(engine: PolarsEngine, node: RelationNode, rows: number): Promise<void> {
  const limited: RelationNode = { op: "limit", input: node, rows: rows + 1, fields: node.fields };
  const found = await engine.collect(limited);
  displayBundle(
    renderTable(node.fields, found.slice(0, rows), found.length > rows ? `first ${rows} rows` : `${found.length} rows`),
  );
}

/** A table of values as text and as HTML, under a caption. */
export function renderTable(
  fields: readonly StructField[],
  rows: readonly Readonly<Record<string, Value>>[],
  caption: string,
): MimeBundle {
  const columns = fields.map((f) => ({
    name: f.name,
    type: formatType(f.type),
    right: isNumber(f),
    cells: rows.map((row) => formatValue(row[f.name] ?? null)),
  }));
  return {
    "text/plain": textTable(columns, rows.length, caption),
    "text/html": htmlTable(columns, rows.length, caption),
  };
}

/** A value as people read it: text as it is, lists joined, structs with the names of their fields, null as `null`. */
function formatValue(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (isList(value)) return value.map(formatValue).join("; ");
  if (typeof value === "object")
    return `{${Object.entries(value)
      .map(([name, item]) => `${name}: ${formatValue(item)}`)
      .join(", ")}}`;
  return String(value);
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

interface RenderedColumn {
  readonly name: string;
  readonly type: string;
  readonly right: boolean;
  readonly cells: readonly string[];
}

const LONGEST = 40;

function textTable(columns: readonly RenderedColumn[], rows: number, caption: string): string {
  const padded = columns.map(({ name, type, right, cells }) => {
    const lines = [name, type, ...cells.map(cut)];
    const width = Math.max(...lines.map((line) => [...line].length));
    return lines.map((line) => pad(line, width, right));
  });
  const line = (i: number): string =>
    padded
      .map((column) => column[i] ?? "")
      .join("  ")
      .trimEnd();
  const rule = padded.map((column) => "─".repeat([...(column[0] ?? "")].length)).join("──");
  return [line(0), line(1), rule, ...Array.from({ length: rows }, (_, i) => line(i + 2)), `(${caption})`].join("\n");
}

function htmlTable(columns: readonly RenderedColumn[], rows: number, caption: string): string {
  const align = (right: boolean): string => `style="text-align:${right ? "right" : "left"}"`;
  const head = columns.map(
    ({ name, type, right }) => `<th ${align(right)}>${escape(name)}<br><small>${escape(type)}</small></th>`,
  );
  const body = Array.from({ length: rows }, (_, i) => {
    const cells = columns.map(({ cells, right }) => `<td ${align(right)}>${escape(cut(cells[i] ?? ""))}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${head.join("")}</tr></thead><tbody>${body.join("")}</tbody></table><p>${escape(caption)}</p>`;
}

function isNumber(f: StructField): boolean {
  return typeof f.type === "string" && /^(byte|short|integer|long|float|double|decimal)/.test(f.type);
}

function cut(text: string): string {
  const characters = [...text.replace(/[\n\r\t]/g, "⏎")];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : characters.join("");
}

function pad(text: string, width: number, right: boolean): string {
  const fill = " ".repeat(Math.max(0, width - [...text].length));
  return right ? fill + text : text + fill;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[char] ?? char);
}
