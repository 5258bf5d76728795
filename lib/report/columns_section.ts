import type { AnyTable } from "../contract/define_table.js";
import { formatType } from "../types.js";
import type { ColumnFacts } from "./column_facts.js";
import { anchor, cellValue, count, share } from "./format.js";
import { type Content, type Html, html } from "./html.js";
import { fileHeader, type LineageGraph } from "./lineage_graph.js";
import { scrolling, section } from "./page.js";
import type { LakeTable, StoredFacts } from "./table_facts.js";

/** The data dictionary: types and descriptions by the contract, numbers by the log's statistics, sources by lineage. */
export function columnsSection(table: LakeTable, stored: StoredFacts, graph: LineageGraph): Html {
  const rows = stored.columns.map((column) => columnRow(table, stored, column, graph));
  const list = html`<table>
<thead><tr><th scope="col">column</th><th scope="col">type</th><th scope="col">meaning</th><th scope="col">comes from</th><th scope="col" class="num">null</th><th scope="col" class="num">different</th><th scope="col">least, greatest</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  const source = table.contract?.landing && "The landing zone: the column of the file that stands in the table above.";
  const content = html`${scrolling("Columns of the table", list)}
<aside class="lineage" id="lineage" aria-live="polite" aria-label="Lineage" tabindex="0"${source ? html` data-source="${source}"` : ""}><p>Choose a column to see where it comes from and what it feeds, through all tables.</p></aside>`;
  return section("columns", "Columns", content, "by the statistics of the files; texts may be cut to 32 characters");
}

/** The columns of a table that is not built, by its contract. */
export function declaredColumns({ columns }: AnyTable): Html {
  const rows = Object.entries(columns).map(
    ([name, { type, nullable, description, from }]) =>
      html`<tr id="column-${anchor(name)}"><th scope="row" class="mono tight">${name}</th><td class="mono tight">${formatType(type)}${!nullable && html` <small class="muted">not null</small>`}</td><td class="wide">${description}</td><td class="mono">${from}</td></tr>
`,
  );
  const list = html`<table>
<thead><tr><th scope="col">column</th><th scope="col">type</th><th scope="col">meaning</th><th scope="col">in files</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
  return section("columns", "Columns", scrolling("Columns of the table", list), "by the contract");
}

function columnRow(table: LakeTable, { rows, distinct }: StoredFacts, column: ColumnFacts, graph: LineageGraph): Html {
  const { field, nulls, min, max } = column;
  const spec = table.contract?.columns[field.name];
  const comment = field.metadata["comment"];
  const meaning = spec?.description ?? (typeof comment === "string" ? comment : "");
  const different = distinct?.get(field.name);
  const id = anchor(field.name);
  const bound = (text: string | undefined): Content => (text === undefined ? "" : cellValue(text, 28));
  return html`<tr id="column-${id}" data-column="${field.name}"><th scope="row" class="mono tight"><a href="#column-${id}">${field.name}</a></th><td class="mono tight">${formatType(field.type)}${!field.nullable && html`<br><small class="muted">not null</small>`}</td><td class="wide">${meaning}</td><td class="mono">${sources(table, field.name, graph)}</td><td class="num">${nulls !== undefined && rows !== undefined && share(Number(nulls), Number(rows))}</td><td class="num">${different !== undefined && count(different)}</td><td class="bounds">${bound(min)}${max !== min && html`<br>${bound(max)}`}</td></tr>
`;
}

const SOURCES_SHOWN = 3;

function sources(table: LakeTable, column: string, graph: LineageGraph): Content {
  const header = fileHeader(table.contract, column);
  if (header !== undefined) return html`<span class="muted">file:</span> <bdi>${header}</bdi>`;
  const from = graph.sources(`${table.name}.${column}`);
  const shown = from.slice(0, from.length > SOURCES_SHOWN + 1 ? SOURCES_SHOWN : from.length);
  const links = shown.map((address) => {
    const end = address.indexOf(".", address.indexOf(".") + 1);
    const [source, name] = [address.slice(0, end), address.slice(end + 1)];
    return html`<a href="${source}.html#column-${anchor(name)}">${source}.<wbr>${name}</a><br>`;
  });
  return html`${links}${from.length > shown.length && html`<span class="muted">and ${from.length - shown.length} more</span>`}`;
}
