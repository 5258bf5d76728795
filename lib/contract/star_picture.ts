import type { MimeBundle } from "../display.js";
import { drawGraph } from "../picture/draw_graph.js";
import { escapeText } from "../picture/escape.js";
import type { Graph, GraphNode } from "../picture/graph.js";
import { renderFacts } from "../picture/table_view.js";
import { formatType } from "../types.js";
import type { Calendar, Dimension, StarColumn } from "./dimension.js";
import type { Fact, Star, StarView } from "./star.js";
import { READABLE_SQL } from "./view_sql.js";

/** A table of a star in a picture of it. */
type Part = Fact | Dimension | Calendar | StarView;

/** A star as a graph: dimensions, the facts that refer to them, the views that read these; keys and measures by name. */
export function starGraph({ name, facts, dimensions, views }: Star, hrefOf?: (part: Part) => string): Graph {
  const node = (group: string, part: Part, lines: readonly string[]): GraphNode => ({
    id: part.name,
    title: part.name,
    group,
    lines,
    description: part.description,
    ...(hrefOf === undefined ? {} : { href: hrefOf(part) }),
  });
  return {
    title: `Tables and views of ${name}`,
    groups: [
      { id: "dimension", title: "dimensions" },
      { id: "fact", title: "facts" },
      { id: "view", title: "views" },
    ],
    nodes: [
      ...dimensions.map((one) => node("dimension", one, [`key ${one.key}`])),
      ...facts.map((fact) => node("fact", fact, measures(fact))),
      ...views.map((view) => node("view", view, [])),
    ],
    edges: [
      ...facts.flatMap((fact) =>
        [...new Set(fact.keys.map(({ dimension }) => dimension.name))].map((from) => ({ from, to: fact.name })),
      ),
      ...views.flatMap((view) =>
        facts.filter((fact) => mentions(view, fact.name, views)).map((fact) => ({ from: fact.name, to: view.name })),
      ),
    ],
  };
}

/** A star in a notebook: its picture, and of every fact and dimension the columns with their types and what they are for. */
export function starDictionary(star: Star): MimeBundle {
  const svg = drawGraph(starGraph(star));
  const tables = [...star.facts.map(factTable), ...star.dimensions.map(dimensionTable)];
  const text = (type: string): readonly string[] => tables.map((table) => String(table[type]));
  const picture = `<img alt="${escapeText(`Tables and views of ${star.name}`)}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}">`;
  const about = `<p><b>${escapeText(star.name)}</b></p><p>${escapeText(star.description)}</p>`;
  return {
    "text/plain": [`${star.name}\n${star.description}`, ...text("text/plain")].join("\n\n"),
    "text/html": [about, picture, ...text("text/html")].join(""),
    "image/svg+xml": svg,
  };
}

function measures({ taken }: Fact): readonly string[] {
  return taken.flatMap(({ name, type, role }) => (role === "measure" ? [`${name} ${formatType(type)}`] : []));
}

/** Whether a view reads a table, itself or through other views. */
function mentions({ name, select }: StarView, table: string, views: readonly StarView[]): boolean {
  const sql = select(READABLE_SQL);
  const reads = (part: string): boolean => new RegExp(`\\b${part}\\b`).test(sql);
  return reads(table) || views.some((view) => view.name !== name && reads(view.name) && mentions(view, table, views));
}

function factTable({ name, description, grain, key, taken, keys, columns, source }: Fact): MimeBundle {
  const roles = new Map<string, readonly [string, string]>([
    ...taken.map((one): [string, readonly [string, string]] => [one.name, [one.role, one.source]]),
    ...keys.map(({ column, dimension, by }): [string, readonly [string, string]] => [
      column.name,
      [`key of ${dimension.name}`, by.join(", ")],
    ]),
  ]);
  const about = [`${description}. One row: ${grain}; key ${key.join(", ")}. Made from ${source.name}.`];
  return columnsTable(name, about, columns, (column) => roles.get(column) ?? ["", ""]);
}

function dimensionTable(dimension: Dimension | Calendar): MimeBundle {
  const { name, key, description, columns } = dimension;
  if (dimension.kind === "calendar")
    return columnsTable(name, [`${description}.`], columns, (column) => [column === key ? "key" : "", ""]);
  const { naturalKey, attributes, source, type } = dimension;
  const sources = new Map([...naturalKey, ...attributes].map((column) => [column.name, column.source]));
  const natural = new Set(naturalKey.map((column) => column.name));
  const history = type === 2 ? "a row for each time that a member changed" : "the latest of each member";
  const about = [`${description}. Type ${type}: ${history}. Made from ${source.name}.`];
  return columnsTable(name, about, columns, (column) => {
    const role = column === key ? "surrogate key" : natural.has(column) ? "natural key" : "";
    return [role, sources.get(column) ?? ""];
  });
}

/** @param roleOf what a column is for, and the column of the source that fills it */
function columnsTable(
  title: string,
  about: readonly string[],
  columns: readonly StarColumn[],
  roleOf: (column: string) => readonly [string, string],
): MimeBundle {
  const names = ["column", "type", "null", "role", "from", "description"];
  const rows = columns.map(({ name, type, nullable, description }) => [
    name,
    formatType(type),
    nullable ? "" : "not null",
    ...roleOf(name),
    description,
  ]);
  return renderFacts({ title, about }, names, rows, `${columns.length} columns`);
}
