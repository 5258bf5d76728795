import type { GraphEdge, GraphNode } from "../picture/graph.js";
import { count, counted } from "./format.js";
import { type Html, html } from "./html.js";
import { LAYERS, lakePicture, MOST_TABLES, type PicturedTable, pictureOf, Reads, readsOf } from "./lake_picture.js";

/** With more boxes than this the layers alone are shown. */
const MOST_KINDS = 40;

/**
 * Pictures of a lake of very many tables: its kinds of tables, and the tables that need attention with those next to them. A
 * kind is the tables of one layer whose names begin with the same word (`silver.vendas_loja`, `silver.vendas_site`).
 */
export function largePicture(tables: readonly PicturedTable[]): Html {
  const byWord = kindsOf(tables, ({ table }) => `${table.layer}.${firstWord(table.name)}`);
  const kinds = byWord.size <= MOST_KINDS ? byWord : kindsOf(tables, ({ table }) => table.layer);
  const title = "Kinds of tables and what they read";
  const all = pictureOf({ title, groups: LAYERS, nodes: [...kinds].map(kindNode), edges: edgesOf(kinds) });
  const near = inNeed(tables);
  if (near.length === 0) return all;
  return html`${all}
<h3>Tables that need attention, and those next to them</h3>
${lakePicture("Tables that need attention, what they read and what reads them", near, "")}`;
}

type Kinds = ReadonlyMap<string, readonly PicturedTable[]>;

function kindsOf(tables: readonly PicturedTable[], kindOf: (one: PicturedTable) => string): Kinds {
  const kinds = new Map<string, PicturedTable[]>();
  for (const one of tables) kinds.set(kindOf(one), [...(kinds.get(kindOf(one)) ?? []), one]);
  return kinds;
}

function firstWord(name: string): string {
  return /^[^.]*\.([^_]*)/.exec(name)?.[1] ?? name;
}

function kindNode([id, tables]: readonly [string, readonly PicturedTable[]]): GraphNode {
  const [first] = tables;
  const rows = tables.reduce((sum, { summary }) => sum + BigInt(summary?.rows ?? 0), 0n);
  const words = new Map<string, number>();
  for (const { fare } of tables)
    if (fare.state === "bad" || fare.state === "warning")
      words.set(kindOfFare(fare.word), (words.get(kindOfFare(fare.word)) ?? 0) + 1);
  return {
    id,
    title: tables.length === 1 ? (first?.table.name ?? id) : `${id}${id.includes(".") ? "…" : ""}`,
    group: first?.table.layer ?? "",
    lines: [
      `${counted(tables.length, "table")}, ${count(rows)} rows`,
      ...[...words].map(([word, times]) => `${times} ${word}`),
    ],
    state: (["bad", "warning"] as const).find((state) => tables.some(({ fare }) => fare.state === state)) ?? "good",
    href: tables.length === 1 ? `tables/${first?.table.name}.html` : "tables/index.html",
  };
}

/** Without its number: `3 refused` and `5 refused` are of one kind. */
function kindOfFare(word: string): string {
  return word.replace(/^[\d,]+ /, "with rows ");
}

function edgesOf(kinds: Kinds): readonly GraphEdge[] {
  const kindOf = new Map(
    [...kinds].flatMap(([kind, tables]) => tables.map(({ table }) => [table.name, kind] as const)),
  );
  const edges = new Map<string, GraphEdge>();
  for (const [to, tables] of kinds) {
    for (const read of tables.flatMap(({ table }) => readsOf(table))) {
      const from = kindOf.get(read);
      if (from !== undefined && from !== to) edges.set(`${from} ${to}`, { from, to });
    }
  }
  return [...edges.values()];
}

/** The tables that fare worst, and those next to them, as far as a picture holds them. */
function inNeed(tables: readonly PicturedTable[]): readonly PicturedTable[] {
  const reads = new Reads(tables.map(({ table }) => table));
  const worst = (["bad", "warning"] as const).flatMap((state) => tables.filter(({ fare }) => fare.state === state));
  const shown = new Set<string>();
  for (const { table } of worst) {
    const more = reads.nextTo(table.name).filter((name) => !shown.has(name));
    if (shown.size + more.length > MOST_TABLES / 2) break;
    for (const name of more) shown.add(name);
  }
  return tables.filter(({ table }) => shown.has(table.name));
}
