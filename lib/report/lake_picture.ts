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

/** A picture of more tables would tell nothing, and take long to lay out. */
export const MOST_TABLES = 120;

const LAYER_TITLES = { landing: "landing", bronze: "bronze", silver: "silver", gold: "gold", warehouse: "warehouse" };

/**
 * Tables from left to right by their layers, with the landing folders that feed them; a click leads to a table's page.
 * @param up from the page to the site's root
 */
export function lakePicture(title: string, tables: readonly PicturedTable[], up: string): Html {
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
  const nodes = shown.map(({ table, summary, fare }) => ({
    id: table.name,
    title: table.name.slice(table.layer.length + 1),
    group: table.layer,
    lines: [
      summary === undefined ? "not built" : rowsText(summary),
      ...(fare.state === "good" || fare.state === "idle" ? [] : [fare.word]),
    ],
    state: fare.state,
    href: `${up}tables/${table.name}.html`,
    description: table.description,
  }));
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

/** What a table takes rows from: the others of its calendar only tell it when days close. */
export function readsOf({ contract }: LakeTable): readonly string[] {
  if (contract === undefined) return [];
  return contract.calendar === undefined ? contract.reads : contract.reads.slice(0, 1);
}

function rowsText({ rows }: TableSummary): string {
  return rows === null ? "built" : `${Number(rows).toLocaleString("en-US")} rows`;
}
