import { attentionList, mattersOf } from "./attention.js";
import { bytes, count, instant, recordedInstant } from "./format.js";
import { type Content, type Html, html } from "./html.js";
import { lakePicture, MOST_TABLES, type PicturedTable } from "./lake_picture.js";
import { largePicture } from "./large_picture.js";
import { type Assets, badge, facts, page, scrolling, section } from "./page.js";
import { isIdle, type RunRecord } from "./run_record.js";
import { runsTable } from "./runs_page.js";
import type { LakeTable } from "./table_facts.js";
import { fareOf, type LastStep, type TableSummary } from "./table_summary.js";

/** What the overview tells of. */
export interface Overview {
  readonly tables: readonly LakeTable[];
  readonly summaries: ReadonlyMap<string, TableSummary>;
  readonly last: ReadonlyMap<string, LastStep>;
  /** Newest first; runs that found nothing to do are left out where they are many. */
  readonly runs: readonly RunRecord[];
  /** Links to pages of other kinds. */
  readonly more: readonly Content[];
}

const RUNS_SHOWN = 8;

/** The lake at a glance. */
export function overviewPage(overview: Overview, assets: Assets): Html {
  const tables = pictured(overview);
  const own = tables.filter(({ table }) => table.role === "table" || table.role === "star");
  const [newest] = overview.runs;
  const matters = mattersOf(
    own,
    overview.last,
    overview.runs.find((run) => !isIdle(run)),
  );
  const stored = own.flatMap(({ summary }) => summary ?? []);
  const rows = stored.reduce((sum, { rows: one }) => sum + BigInt(one ?? 0), 0n);
  const latest = Math.max(...stored.map(({ committedAt }) => committedAt), 0);
  const content = html`<h1>The lake</h1>
${facts([
  ["tables", `${stored.length} of ${own.length} built`],
  ["rows", count(rows)],
  ["size", bytes(stored.reduce((sum, one) => sum + (one.bytes ?? 0), 0))],
  ["last change", latest > 0 ? instant(latest) : "never"],
  ["last run", newest && lastRun(newest)],
  ...overview.more.map((link): [string, Content] => ["see also", link]),
])}
${section("attention", "What needs attention", attentionList(matters))}
${
  own.length <= MOST_TABLES
    ? section(
        "picture",
        "How tables are made",
        lakePicture("Tables of the lake and what they read", own, ""),
        "a click leads to the table",
      )
    : section("picture", "How tables are made", largePicture(own), "tables of one kind are one box")
}
${section("tables", "Tables", tablesList(own, ""), html`<a href="tables/index.html">all, with keys and records</a>`)}
${section("runs", "Last runs", runsTable(overview.runs.filter((run) => !isIdle(run)).slice(0, RUNS_SHOWN), ""), html`that found something to do; <a href="runs/index.html">all runs</a>`)}`;
  return page({ title: "The lake", path: "index.html", part: "overview" }, assets, content);
}

/**
 * The overview after another run that found nothing to do.
 * @returns undefined where the page tells of no last run
 */
export function withLastRun(page: string, run: RunRecord): string | undefined {
  return LAST_RUN.test(page) ? page.replace(LAST_RUN, () => lastRun(run).text) : undefined;
}

const LAST_RUN = /<!-- last run -->.*?<!-- \/last run -->/s;

function lastRun({ run_id: id, status, logical_day: day, started_at: began }: RunRecord): Html {
  return html`<!-- last run --><a href="runs/${id}.html">${status}</a>, day ${day}, began ${recordedInstant(began)}<!-- /last run -->`;
}

/** Every table by its layer. */
export function tablesPage(overview: Overview, assets: Assets): Html {
  const content = html`<h1>Tables</h1>
${tablesList(pictured(overview), "../")}`;
  return page({ title: "Tables", path: "tables/index.html", part: "tables" }, assets, content);
}

function pictured({ tables, summaries, last }: Overview): readonly PicturedTable[] {
  return tables.map((table) => {
    const summary = summaries.get(table.name);
    return { table, summary, fare: fareOf(table, summary, last.get(table.name)) };
  });
}

const LAYER_NOTES: Readonly<Record<string, string>> = {
  bronze: "bronze · as it came",
  silver: "silver · typed and checked",
  gold: "gold · made for questions",
  warehouse: "warehouse · stars for analysts",
  keys: "gold · surrogate keys of the stars",
  ops: "ops · records of runs",
};

function tablesList(tables: readonly PicturedTable[], up: string): Html {
  const groupOf = ({ table }: PicturedTable): string => (table.role === "keys" ? "keys" : table.layer);
  const layers = Object.keys(LAYER_NOTES).filter((layer) => tables.some((one) => groupOf(one) === layer));
  const groups = layers.map(
    (layer) => html`<tr class="group"><th colspan="7" scope="rowgroup">${LAYER_NOTES[layer] ?? layer}</th></tr>
${tables.filter((one) => groupOf(one) === layer).map((one) => tableRow(one, up))}`,
  );
  return scrolling(
    "Tables",
    html`<table>
<thead><tr><th scope="col">table</th><th scope="col">what it is</th><th scope="col">state</th><th scope="col" class="num">rows</th><th scope="col" class="num">size</th><th scope="col" class="num">version</th><th scope="col">last change, UTC</th></tr></thead>
<tbody>${groups}</tbody>
</table>`,
  );
}

function tableRow({ table, summary, fare }: PicturedTable, up: string): Html {
  return html`<tr><th scope="row" class="tight"><a href="${up}tables/${table.name}.html">${table.name}</a></th><td class="wide">${table.description}</td><td>${badge(fare.state, fare.word)}</td>
<td class="num">${summary && summary.rows !== null && count(BigInt(summary.rows))}</td><td class="num">${summary && summary.bytes !== null && bytes(summary.bytes)}</td><td class="num">${summary?.version}</td><td class="tight">${summary && instant(summary.committedAt)}${summary?.closed && html`<br><small class="muted">closed through ${summary.closed}</small>`}</td></tr>
`;
}
