import { drawGraph } from "../picture/draw_graph.js";
import type { GraphNode } from "../picture/graph.js";
import { type Html, html, trusted } from "./html.js";
import type { LakeTable } from "./table_facts.js";
import type { Fare, TableSummary } from "./table_summary.js";

/** A table in a picture. */
export interface PicturedTable {
  readonly table: LakeTable;
  readonly summary: TableSummary | undefined;
  readonly fare: Fare;
}

/** The part of a picture that says how a table fares. */
type Shown = Pick<PicturedTable, "table"> & Partial<PicturedTable>;

/** A picture of more tables would tell nothing, and take long to lay out. */
export const MOST_TABLES = 120;

const LAYER_TITLES = { landing: "landing", bronze: "bronze", silver: "silver", gold: "gold", warehouse: "warehouse" };

/**
 * Tables from left to right by their layers, with the landing folders that feed them; a click leads to a table's page.
 * @param up from the page to the site's root
 * @param here the table that the page is about
 */
export function lakePicture(title: string, tables: readonly Shown[], up: string, here?: string): Html {
  const shown = tables.filter(({ table }) => table.role === "table" || table.role === "star");
  const names = new Set(shown.map(({ table }) => table.name));
  const landing = shown.flatMap(({ table }): GraphNode[] =>
    table.contract?.landing === undefined
      ? []
      : [
          {
            id: `landing/${table.contract.landing.source}`,
            title: table.contract.landing.source,
            group: "landing",
            lines: [table.contract.landing.files.join(" ")],
          },
        ],
  );
  const nodes = shown.map(
    ({ table, summary, fare }): GraphNode => ({
      id: table.name,
      title: table.name.slice(table.layer.length + 1),
      group: table.layer,
      lines: fare === undefined ? [] : faring(summary, fare),
      state: fare?.state ?? (table.name === here ? "running" : "idle"),
      href: `${up}tables/${table.name}.html`,
      description: table.description,
    }),
  );
  const edges = shown.flatMap(({ table }) => [
    ...(table.contract?.landing ? [{ from: `landing/${table.contract.landing.source}`, to: table.name }] : []),
    ...readsOf(table)
      .filter((read) => names.has(read))
      .map((read) => ({ from: read, to: table.name })),
  ]);
  const drawn = drawGraph({
    title,
    groups: Object.entries(LAYER_TITLES).map(([id, text]) => ({ id, title: text })),
    nodes: [...landing, ...nodes],
    edges,
  });
  // Its nodes are links: a picture as a whole may hold none.
  const interactive = drawn.replace('role="img"', 'role="group"');
  return html`<figure class="picture" tabindex="0" aria-label="${title}">${trusted(interactive)}</figure>`;
}

/** So many tables stand around one. */
const MOST_NEIGHBOURS = 30;

/**
 * A table with everything that it is made from and that is made from it; of many, only those next to it. How they fare is
 * left out: it changes without the table.
 */
export function neighbours(name: string, tables: readonly LakeTable[]): readonly LakeTable[] {
  const reads = new Map(tables.map((table) => [table.name, readsOf(table)]));
  const readers = new Map<string, string[]>();
  for (const [reader, names] of reads)
    for (const read of names) readers.set(read, [...(readers.get(read) ?? []), reader]);
  const near = new Set([name, ...(reads.get(name) ?? []), ...(readers.get(name) ?? [])]);
  const all = new Set([...reach(name, reads), ...reach(name, readers)]);
  const shown = all.size > MOST_NEIGHBOURS ? new Set([...near].slice(0, MOST_NEIGHBOURS)) : all;
  return tables.filter((table) => shown.has(table.name));
}

function reach(from: string, edges: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set([from]);
  for (const name of found) for (const next of edges.get(name) ?? []) found.add(next);
  return found;
}

/** What a table takes rows from: the others of its calendar only tell it when days close. */
export function readsOf({ contract }: LakeTable): readonly string[] {
  if (contract === undefined) return [];
  return contract.calendar === undefined ? contract.reads : contract.reads.slice(0, 1);
}

function faring(summary: TableSummary | undefined, { state, word }: Fare): readonly string[] {
  const rows = summary === undefined ? "not built" : rowsText(summary);
  return state === "good" || state === "idle" ? [rows] : [rows, word];
}

function rowsText({ rows }: TableSummary): string {
  return rows === null ? "built" : `${Number(rows).toLocaleString("en-US")} rows`;
}
