import { addDays } from "../clock.js";
import { type Content, type Html, html } from "./html.js";
import { decimalText, type KnownMonth, type KnownValues, knownAtDay } from "./known_values.js";
import { scrolling, section } from "./page.js";
import { stepChart } from "./step_chart.js";
import type { NamedSection } from "./table_page.js";

/** So many months have a chart; the table has the newest ones, too. */
const MONTHS = 36;

/** How each month's value changed as it became known: a chart per month, and all months by the ends of the months. */
export function knownSection(known: KnownValues | undefined, table: string): NamedSection | undefined {
  const [first] = known?.months ?? [];
  if (known === undefined || first === undefined) return undefined;
  const months = [first, ...known.months.slice(1).slice(1 - MONTHS)];
  const end =
    known.months
      .flatMap(({ steps }) => steps.at(-1)?.day ?? [])
      .sort()
      .at(-1) ?? "";
  const charts = months.map((month) => monthChart(month, known, end));
  const options = months.map(({ month }) => html`<option value="${month}">${month}</option>`);
  const content = html`<p>What the sum of <code>${known.measure}</code> over a month's <code>${known.date}</code> was known to be, day by day. Nothing of this changes any more: a correction becomes known on the day on which it comes.</p>
<p><label>Month <select id="month">${options}</select></label></p>
${charts}
<h3>All months, as known at the end of each month</h3>
${triangle(months, known, end)}
<p class="muted">Ask for any day: <code>npx tslake show ${table} --as-known ${end}</code></p>`;
  return { id: "known", title: "As known", content: section("known", "As known over time", content) };
}

/** The whole way of a month's value, and what happened after its end on a scale of its own. */
function monthChart(month: KnownMonth, known: KnownValues, end: string): Html {
  const { measure, scale } = known;
  const title = `${measure} of ${month.month} as known day by day`;
  const late = month.steps.filter(({ day }) => day > endOfMonth(month.month));
  const atEnd = month.steps.findLast(({ day }) => day <= endOfMonth(month.month));
  const after = atEnd === undefined ? late : [{ day: endOfMonth(month.month), value: atEnd.value }, ...late];
  return html`<figure class="chart" data-month="${month.month}">
<figcaption>${story(month, known)}</figcaption>
${stepChart({ title, steps: month.steps, end, scale, floor: "zero" })}
${late.length > 0 && html`<h3>After its end <small>another scale: only the corrections</small></h3>${stepChart({ title: `${title}, after its end`, steps: after, end, scale, floor: "least" })}`}
</figure>
`;
}

/** The change of a month in a sentence. */
function story({ month, steps }: KnownMonth, { scale }: KnownValues): Content {
  const end = endOfMonth(month);
  const atEnd = steps.findLast(({ day }) => day <= end)?.value;
  const last = steps.at(-1);
  if (last === undefined) return month;
  const settled = html`<strong>${decimalText(last.value, scale)}</strong> since ${last.day}`;
  if (atEnd === undefined) return html`${month}: nothing was known at its end; ${settled}.`;
  const later = steps.filter(({ day }) => day > end).length;
  const change = last.value - atEnd;
  const difference = `${change > 0n ? "+" : ""}${decimalText(change, scale)}`;
  return html`${month}: <strong>${decimalText(atEnd, scale)}</strong> at its end, ${settled} (${difference}, in ${later} later ${later === 1 ? "change" : "changes"}).`;
}

/** A row per month, a column per month's end. */
function triangle(months: readonly KnownMonth[], { months: all, scale }: KnownValues, end: string): Html {
  const ends = monthEnds(all[0]?.steps[0]?.day ?? end, end).slice(-18);
  const head = ends.map((day) => html`<th scope="col" class="num">${day}</th>`);
  const rows = months.map(
    (month) => html`<tr><th scope="row" class="tight">${month.month}</th>${ends.map((day, i) => {
      const value = knownAtDay(month, day);
      const before = i === 0 ? undefined : knownAtDay(month, ends[i - 1] ?? "");
      const isSame = value !== undefined && value === before;
      return html`<td class="num${isSame ? " same" : ""}">${value !== undefined && decimalText(value, scale)}</td>`;
    })}</tr>
`,
  );
  return scrolling(
    "All months as known",
    html`<table><thead><tr><th scope="col">month</th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
  );
}

/** The last days of the months from one day to another, and the last day itself. */
function monthEnds(from: string, to: string): readonly string[] {
  const ends: string[] = [];
  for (let end = endOfMonth(from.slice(0, 7)); end < to; end = endOfMonth(addDays(end, 1).slice(0, 7))) ends.push(end);
  return [...ends, to];
}

function endOfMonth(month: string): string {
  return addDays(`${addDays(`${month}-01`, 31).slice(0, 7)}-01`, -1);
}
