import type { AnyTable } from "../contract/define_table.js";
import { columnsSection, declaredColumns } from "./columns_section.js";
import { bytes, cellValue, count, instant, isNumeric } from "./format.js";
import { type Content, type Html, html, jsonScript } from "./html.js";
import { lakePicture, readsOf } from "./lake_picture.js";
import type { LineageGraph } from "./lineage_graph.js";
import { type Assets, badge, facts, page, scrolling, section } from "./page.js";
import { expectationsSection, quarantineSection } from "./quality_section.js";
import type { LakeTable, Sample, StoredFacts } from "./table_facts.js";
import type { Fare, LastStep } from "./table_summary.js";
import { filesSection, versionsSection } from "./versions_section.js";

/** Everything that a table's page shows. */
export interface TablePage {
  readonly table: LakeTable;
  readonly fare: Fare;
  /** Undefined while the table is not built. */
  readonly stored: StoredFacts | undefined;
  readonly last: LastStep | undefined;
  readonly graph: LineageGraph;
  /** It and the tables around it; empty in lakes of very many. */
  readonly around: readonly LakeTable[];
  /** Names of the tables that read it. */
  readonly readers: readonly string[];
  /** Path of the newest rendered notebook below the site's root. */
  readonly notebook: string | undefined;
  /** Sections that only this table has. */
  readonly more: readonly NamedSection[];
}

/** A part of a page that can be jumped to. */
export interface NamedSection {
  readonly id: string;
  readonly title: string;
  readonly content: Html;
}

const UP = "../";

export function tablePath(name: string): string {
  return `tables/${name}.html`;
}

/** All about one table. */
export function tablePage(about: TablePage, assets: Assets): Html {
  const { table, stored, graph } = about;
  const sections = stored === undefined ? declaredSections(about) : storedSections(about, stored);
  const content = html`<p class="crumbs">${table.layer}${table.contract && html` · ${table.contract.write === "append" ? "append-only" : table.contract.write}`}</p>
<h1>${table.name}</h1>
<p class="lead">${table.description}${table.contract && html`. One row is ${table.contract.grain}.`}</p>
${keyFacts(about)}
${stored === undefined && html`<p>This table has not been built: <code>npm run pipeline -- --select +${table.name}</code></p>`}
${sections.length > 0 && html`<nav class="jump" aria-label="On this page">${sections.map(({ id, title }) => html`<a href="#${id}">${title}</a>`)}</nav>`}
${sections.map(({ content: part }) => part)}
${
  stored &&
  jsonScript(
    "lineage-data",
    graph.of(
      table.name,
      stored.columns.map(({ field }) => field.name),
    ),
  )
}`;
  return page({ title: table.name, path: tablePath(table.name), part: "tables" }, assets, content);
}

function declaredSections({ table, more }: TablePage): readonly NamedSection[] {
  if (table.contract === undefined) return more;
  return [{ id: "columns", title: "Columns", content: declaredColumns(table.contract) }, ...more];
}

function storedSections(
  { table, stored: _, graph, around, more }: TablePage,
  stored: StoredFacts,
): readonly NamedSection[] {
  const parts: (NamedSection | undefined)[] = [
    { id: "columns", title: "Columns", content: columnsSection(table, stored, graph) },
    ...more,
    around.length > 1
      ? {
          id: "around",
          title: "Around it",
          content: section(
            "around",
            "Around it",
            lakePicture(
              `${table.name} and the tables around it`,
              around.map((one) => ({ table: one })),
              UP,
              table.name,
            ),
          ),
        }
      : undefined,
    { id: "rows", title: "Rows", content: rowsSection(stored.sample) },
    expectationsSection(table, stored),
    quarantineSection(stored.quarantine),
    { id: "versions", title: "Versions", content: versionsSection(stored, UP) },
    { id: "files", title: "Files", content: filesSection(stored) },
  ];
  return parts.filter((part) => part !== undefined);
}

function keyFacts({ table, stored, fare, last, readers, notebook }: TablePage): Html {
  const { contract } = table;
  const link = (name: string): Html => html`<a href="${name}.html">${name}</a> `;
  const written: Content = contract && (contract.landing ? landingText(contract) : readsOf(table).map(link));
  const calendar = contract?.calendar === undefined ? [] : contract.reads.slice(1);
  return facts([
    ["state", badge(fare.state, fare.word)],
    ["rows", stored && count(stored.rows)],
    ["version", stored && count(stored.snapshot.version)],
    [
      "size",
      stored &&
        `${bytes(stored.bytes)} in ${count(stored.files.length)} ${stored.files.length === 1 ? "file" : "files"}`,
    ],
    ["last change, UTC", stored && instant(stored.snapshot.timestamp)],
    ["closed through", stored?.closed],
    ["made from", written],
    ["closes its days with", calendar.length > 0 ? calendar.map(link) : undefined],
    ["read by", readers.length > 0 ? readers.map(link) : undefined],
    ["key", contract?.key.join(", ")],
    ["partitioned by", (contract?.partitionBy ?? stored?.snapshot.partitionColumns)?.join(", ")],
    [
      "written by",
      contract &&
        html`<code>notebooks/${table.layer}/${table.name.slice(table.layer.length + 1)}.ipynb</code>${notebook && html`, <a href="${UP}${notebook}">as it ran last</a>`}`,
    ],
    ["last run", last && html`<a href="${UP}runs/${last.runId}.html#step-${table.name}">${last.step.status}</a>`],
  ]);
}

function landingText({ landing }: AnyTable): Html {
  return html`files <code>landing/${landing?.source}/${landing?.files.join(", ")}</code>`;
}

function rowsSection({ fields, rows }: Sample): Html {
  if (rows.length === 0) return section("rows", "Rows", html`<p>The table holds no row.</p>`);
  const heads = fields.map((f) => html`<th scope="col"${isNumeric(f) ? html` class="num"` : ""}>${f.name}</th>`);
  const body = rows.map(
    (row) =>
      html`<tr>${fields.map((f) => html`<td${isNumeric(f) ? html` class="num"` : ""}>${cellValue(row[f.name], 40)}</td>`)}</tr>
`,
  );
  const table = html`<table class="sample"><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table>`;
  return section(
    "rows",
    "Rows",
    scrolling("Rows of the table", table),
    rows.length === 1 ? "one of the newest" : `${rows.length} of the newest`,
  );
}
