import type { Calendar, Dimension, StarColumn } from "../contract/dimension.js";
import type { Fact, Star, StarView } from "../contract/star.js";
import { starGraph } from "../contract/star_picture.js";
import { READABLE_SQL } from "../contract/view_sql.js";
import { formatType } from "../types.js";
import { dashboardPath } from "./dashboard_page.js";
import { anchor, instant } from "./format.js";
import { type Content, type Html, html } from "./html.js";
import { pictureOf } from "./lake_picture.js";
import { type Assets, badge, facts, page, scrolling, section } from "./page.js";
import { tablePath } from "./table_page.js";
import type { Fare, LastStep, TableSummary } from "./table_summary.js";

/** What a star's page shows. */
export interface StarPage {
  readonly star: Star;
  readonly fare: Fare;
  /** Undefined while it was never loaded. */
  readonly summary: TableSummary | undefined;
  readonly last: LastStep | undefined;
  /** Path of the newest rendered notebook below the site's root. */
  readonly notebook: string | undefined;
  /** What its views answered is on a page of its own. */
  readonly hasDashboard: boolean;
}

/** Facts, dimensions and views of a star, by its declaration. */
export function starPage({ star, fare, summary, last, notebook, hasDashboard }: StarPage, assets: Assets): Html {
  const { facts: tables, dimensions, views } = star;
  const members = dimensions.filter((one) => one.kind === "members");
  const content = html`<p class="crumbs">warehouse · star</p>
<h1>${star.name}</h1>
<p class="lead">${star.description}.</p>
${facts([
  ["state", badge(fare.state, fare.word)],
  ["load", summary?.version],
  ["loaded, UTC", summary && instant(summary.committedAt)],
  ["made from", star.table.reads.map((name) => html`<a href="${name}.html">${name}</a> `)],
  [
    "keys kept in",
    members.map(({ keyMap }) => html`<a href="${keyMap.name}.html">${keyMap.name.replace("gold.", "")}</a> `),
  ],
  ["views", hasDashboard && html`<a href="../${dashboardPath(star.name)}">what they say</a>`],
  [
    "last run",
    last &&
      html`<a href="../runs/${last.runId}.html#step-${star.name}">${last.step.status}</a>${notebook && html`, <a href="../${notebook}">notebook as it ran</a>`}`,
  ],
])}
${summary === undefined && html`<p>It was never loaded: <code>npm run pipeline -- --select +${star.name}</code></p>`}
<nav class="jump" aria-label="On this page">${["picture", "facts", "dimensions", "views"].map((id) => html`<a href="#${id}">${id}</a>`)}</nav>
${section("picture", "The star", pictureOf(starGraph(star, ({ name }) => `#${anchor(name)}`)), "dimensions, facts, views")}
${section("facts", "Facts", tables.map(factPart))}
${section("dimensions", "Dimensions", dimensions.map(dimensionPart), "each has a member -1 for what is not known")}
${section("views", "Views", views.map(viewPart), "for analysts; the same in every warehouse")}`;
  return page({ title: star.name, path: tablePath(star.name), part: "tables" }, assets, content);
}

function factPart(fact: Fact): Html {
  const sources = new Map<string, Content>([
    ...fact.taken.map(({ name, source, role }): [string, Content] => [
      name,
      html`${columnLink(fact.source.name, source)}${role === "measure" && html` <small class="muted">measure</small>`}`,
    ]),
    ...fact.keys.map(({ column, dimension, by }): [string, Content] => [
      column.name,
      html`<a href="#${anchor(dimension.name)}">${dimension.name}</a> by ${by.map((source) => columnLink(fact.source.name, source))}`,
    ]),
  ]);
  return html`<h3 id="${anchor(fact.name)}">${fact.name} <small>${fact.description}. One row is ${fact.grain}; key ${fact.key.join(", ")}</small></h3>
${columnsTable(fact.name, fact.columns, "comes from", (name) => sources.get(name))}`;
}

function dimensionPart(dimension: Dimension | Calendar): Html {
  if (dimension.kind === "calendar") {
    return html`<h3 id="${anchor(dimension.name)}">${dimension.name} <small>${dimension.description}</small></h3>
<details><summary>${dimension.columns.length} columns</summary>${columnsTable(dimension.name, dimension.columns, "", () => "")}</details>`;
  }
  const taken = new Map([...dimension.naturalKey, ...dimension.attributes].map(({ name, source }) => [name, source]));
  const natural = new Set(dimension.naturalKey.map(({ name }) => name));
  const from = (name: string): Content => {
    const source = taken.get(name);
    return source === undefined
      ? name === dimension.key && "surrogate key, kept for ever"
      : html`${columnLink(dimension.source.name, source)}${natural.has(name) && html` <small class="muted">natural key</small>`}`;
  };
  const type =
    dimension.type === 2 ? "type 2: a row for each time that a member changed" : "type 1: the latest of each member";
  return html`<h3 id="${anchor(dimension.name)}">${dimension.name} <small>${dimension.description}; ${type}</small></h3>
${columnsTable(dimension.name, dimension.columns, "comes from", from)}`;
}

function viewPart({ name, description, columns, select }: StarView): Html {
  const rows = Object.entries(columns).map(
    ([column, meaning]) => html`<tr><th scope="row" class="mono tight">${column}</th><td>${meaning}</td></tr>
`,
  );
  return html`<h3 id="${anchor(name)}">${name} <small>${description}</small></h3>
<details><summary>${rows.length} columns</summary>${scrolling(`Columns of ${name}`, html`<table><thead><tr><th scope="col">column</th><th scope="col">meaning</th></tr></thead><tbody>${rows}</tbody></table>`)}</details>
<details><summary>SQL</summary><pre><code>${select(READABLE_SQL)}</code></pre></details>`;
}

function columnsTable(
  of: string,
  columns: readonly StarColumn[],
  heading: string,
  from: (column: string) => Content,
): Html {
  const rows = columns.map(
    ({ name, type, nullable, description }) =>
      html`<tr id="column-${anchor(`${of}.${name}`)}"><th scope="row" class="mono tight">${name}</th><td class="mono tight">${formatType(type)}${!nullable && html` <small class="muted">not null</small>`}</td><td class="wide">${description}</td>${heading !== "" && html`<td>${from(name)}</td>`}</tr>
`,
  );
  return scrolling(
    `Columns of ${of}`,
    html`<table><thead><tr><th scope="col">column</th><th scope="col">type</th><th scope="col">meaning</th>${heading !== "" && html`<th scope="col">${heading}</th>`}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

function columnLink(table: string, column: string): Html {
  return html`<a class="mono" href="${table}.html#column-${anchor(column)}">${table}.${column}</a> `;
}
