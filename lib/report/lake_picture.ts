import { drawGraph } from "../picture/draw_graph.js";
import type { Graph, GraphGroup, GraphNode } from "../picture/graph.js";
import { count } from "./format.js";
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

/** A picture of more tables, one by one, would tell nothing, and take long to lay out. */
export const MOST_TABLES = 120;

/** The columns of a picture of tables. */
export const LAYERS: readonly GraphGroup[] = ["landing", "bronze", "silver", "gold", "warehouse"].map((id) => ({
  id,
  title: id,
}));

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
  return pictureOf({ title, groups: LAYERS, nodes: [...landing, ...nodes], edges });
}

/** A graph as a part of a page. */
export function pictureOf(graph: Graph): Html {
  return html`<figure class="picture" tabindex="0" aria-label="${graph.title}">${trusted(drawGraph(graph))}</figure>`;
}

/** So many tables stand around one. */
const MOST_NEIGHBOURS = 30;

/** Which table reads which. */
export class Reads {
  readonly #tables: readonly LakeTable[];
  readonly #reads: ReadonlyMap<string, readonly string[]>;
  readonly #readers = new Map<string, string[]>();

  constructor(tables: readonly LakeTable[]) {
    this.#tables = tables;
    this.#reads = new Map(tables.map((table) => [table.name, readsOf(table)]));
    for (const [reader, names] of this.#reads)
      for (const read of names) this.#readers.set(read, [...(this.#readers.get(read) ?? []), reader]);
  }

  /**
   * A table with everything that it is made from and that is made from it; of many, and in a lake of very many, only those
   * next to it. How they fare is left out of pictures of them: it changes without the table.
   */
  around(name: string): readonly LakeTable[] {
    const isLarge = this.#tables.length > MOST_TABLES;
    const all = isLarge ? undefined : new Set([...reach(name, this.#reads), ...reach(name, this.#readers)]);
    const shown = all && all.size <= MOST_NEIGHBOURS ? all : new Set(this.nextTo(name).slice(0, MOST_NEIGHBOURS));
    return this.#tables.filter((table) => shown.has(table.name));
  }

  /** The names of a table, of those that it reads and of those that read it. */
  nextTo(name: string): readonly string[] {
    return [...new Set([name, ...(this.#reads.get(name) ?? []), ...(this.#readers.get(name) ?? [])])];
  }

  readersOf(name: string): readonly string[] {
    return this.#readers.get(name) ?? [];
  }
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
  return rows === null ? "built" : `${count(Number(rows))} rows`;
}
