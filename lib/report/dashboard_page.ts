import type { Star, StarView } from "../contract/star.js";
import { decimalOf, type StructField } from "../types.js";
import type { QueryResult, Warehouse } from "../warehouse/driver.js";
import { anchor, cellValue, count, counted, isNumeric } from "./format.js";
import { type Html, html } from "./html.js";
import { type Assets, page, scrolling, section } from "./page.js";

/** A view of a star with what it answered. */
export interface ViewRows {
  readonly view: StarView;
  readonly result: QueryResult;
}

/** A view of more rows lists single facts, which a page does not show. */
const MOST_ROWS = 400;
const SHOWN = 24;

export function dashboardPath(star: string): string {
  return `tables/${star}.views.html`;
}

/** Asks the views of a star that sum things up; undefined when the warehouse is another machine's, or does not answer. */
export async function askViews(star: Star, warehouse: Warehouse): Promise<readonly ViewRows[] | undefined> {
  if (warehouse.dialect.name !== "duckdb") return undefined;
  try {
    const answers: ViewRows[] = [];
    for (const view of star.views) {
      const result = await warehouse.query(`SELECT * FROM ${view.name} LIMIT ${MOST_ROWS + 1}`);
      if (result.rows.length <= MOST_ROWS) answers.push({ view, result });
    }
    return answers;
  } catch {
    return undefined;
  }
}

/** What the views of a star say, each with its greatest measure as bars. */
export function dashboardPage(star: Star, load: number, answers: readonly ViewRows[], assets: Assets): Html {
  const content = html`<p class="crumbs"><a href="${star.name}.html">${star.name}</a></p>
<h1>Views of ${star.name}</h1>
<p class="lead">What the views that sum things up answered at load ${load}. <code>npm run report</code> asks them again.</p>
${answers.map(viewSection)}`;
  return page({ title: `Views of ${star.name}`, path: dashboardPath(star.name), part: "tables" }, assets, content);
}

function viewSection({ view, result }: ViewRows): Html {
  const { fields } = result;
  const measure = measureOf(fields);
  const rows = inOrder(result, measure);
  const months = measure && monthlySums(fields, rows, measure.name);
  const note = `${view.description}; ${counted(rows.length, "row")}${rows.length > SHOWN ? `, ${SHOWN} shown` : ""}`;
  const greatest = Math.max(...rows.map((row) => amount(row, measure?.name)), 1);
  const head = fields.map(
    ({ name, type }) =>
      html`<th scope="col"${isNumeric({ type }) ? html` class="num"` : ""} title="${view.columns[name] ?? ""}">${name}</th>`,
  );
  const body = rows.slice(0, SHOWN).map((row) => {
    const cells = fields.map(
      (field) => html`<td${isNumeric(field) ? html` class="num"` : ""}>${cellValue(row[field.name], 40)}</td>`,
    );
    const width = Math.max(1, Math.round((amount(row, measure?.name) / greatest) * 120));
    const bar = html`<td><svg class="spark" width="120" height="9" aria-hidden="true"><rect class="bar" width="${width}" height="9" rx="1"/></svg></td>`;
    return html`<tr>${cells}${measure && bar}</tr>
`;
  });
  const content = html`${months && monthChart(months, measure?.name ?? "")}
${scrolling(view.name, html`<table class="sample"><thead><tr>${head}${measure && html`<th scope="col">${measure.name}</th>`}</tr></thead><tbody>${body}</tbody></table>`)}`;
  return section(anchor(view.name), view.name, content, note);
}

/** The measure that matters most: the last amount after discount, else the first decimal. */
function measureOf(fields: readonly StructField[]): StructField | undefined {
  const amounts = fields.filter(({ type }) => (decimalOf(type)?.scale ?? 0) === 2);
  return amounts.find(({ name }) => name.endsWith("_com_desconto")) ?? amounts[0];
}

type Row = QueryResult["rows"][number];

/** By what comes first where that counts years, else the greatest first. */
function inOrder({ fields, rows }: QueryResult, measure: StructField | undefined): readonly Row[] {
  const [first, second] = fields;
  if (first === undefined) return rows;
  const isTime = rows.every((row) => isYear(row[first.name]));
  const key = (row: Row): number => Number(row[first.name]) * 100 + Number(row[second?.name ?? ""] ?? 0);
  const texts = (row: Row): string => Object.values(row).map(String).join("\0");
  // A database may answer in any order: equal rows of the lake give equal pages.
  return [...rows].sort(
    (a, b) =>
      (isTime ? key(b) - key(a) : amount(b, measure?.name) - amount(a, measure?.name)) ||
      (texts(a) < texts(b) ? -1 : 1),
  );
}

/** Sums by month, where the first two columns are year and month. */
function monthlySums(
  [year, month]: readonly StructField[],
  rows: readonly Row[],
  measure: string,
): ReadonlyMap<string, number> | undefined {
  if (year === undefined || month === undefined || rows.length === 0) return undefined;
  const isMonthly = rows.every(
    (row) => isYear(row[year.name]) && Number(row[month.name]) >= 1 && Number(row[month.name]) <= 12,
  );
  if (!isMonthly) return undefined;
  const sums = new Map<string, number>();
  for (const row of [...rows].reverse()) {
    const name = `${String(row[year.name])}-${String(row[month.name]).padStart(2, "0")}`;
    sums.set(name, (sums.get(name) ?? 0) + amount(row, measure));
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function monthChart(months: ReadonlyMap<string, number>, measure: string): Html {
  const [width, height, floor] = [960, 190, 164];
  const greatest = Math.max(...months.values(), 1);
  const step = width / months.size;
  const every = Math.ceil(months.size / 12);
  const bars = [...months].map(([month, value], i) => {
    const tall = Math.round((value / greatest) * (floor - 16));
    const x = (i * step).toFixed(1);
    const label = i % every === 0 && html`<text x="${x}" y="${height - 8}">${month}</text>`;
    return html`<g><title>${month}: ${count(Math.round(value))}</title><rect class="bar" x="${x}" y="${floor - tall}" width="${Math.max(1, step - 3).toFixed(1)}" height="${tall}"/></g>${label}`;
  });
  return html`<figure class="chart"><figcaption><code>${measure}</code> by month, up to ${count(Math.round(greatest))}</figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${measure} by month, ${months.size} months"><path class="axis" d="M0 ${floor}H${width}"/>${bars}</svg></figure>`;
}

function amount(row: Row, name: string | undefined): number {
  return name === undefined ? 0 : Number(row[name] ?? 0);
}

function isYear(value: unknown): boolean {
  const year = Number(value);
  return Number.isInteger(year) && year >= 1900 && year <= 2200;
}
