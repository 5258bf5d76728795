import { count, duration, recordedInstant } from "./format.js";
import { type Html, html, trusted } from "./html.js";
import { type Assets, badge, page, scrolling } from "./page.js";
import type { RunRecord } from "./run_record.js";

/** So many runs are listed; `ops.runs` has all. */
export const RUNS_LISTED = 1_000;

/** The list of runs. */
export function runsPage(runs: readonly RunRecord[], assets: Assets): Html {
  const content = html`<h1>Runs</h1>
<p class="muted">Newest first${runs.length >= RUNS_LISTED ? `; the newest ${count(RUNS_LISTED)}` : ""}. Every run is a row of <a href="../tables/ops.runs.html">ops.runs</a>, every step one of <a href="../tables/ops.steps.html">ops.steps</a>.</p>
${runsTable(runs.slice(0, RUNS_LISTED), "../")}`;
  return page({ title: "Runs", path: "runs/index.html", part: "runs" }, assets, content);
}

/**
 * The list of runs with another one at its head: all that changes in it after a run.
 * @returns undefined where the page holds no such list
 */
export function withRun(page: string, run: RunRecord): string | undefined {
  const row = runRow(run, "../").text;
  if (page.includes(row)) return page;
  return page.includes(HEAD) ? page.replace(HEAD, () => `${HEAD}${row}`) : undefined;
}

const HEAD = "<tbody><!-- the newest run -->";

/** @param up from the page to the site's root */
export function runsTable(runs: readonly RunRecord[], up: string): Html {
  if (runs.length === 0) return html`<p>No run is recorded yet: <code>npm run pipeline</code></p>`;
  return scrolling(
    "Runs",
    html`<table>
<thead><tr><th scope="col">run</th><th scope="col">state</th><th scope="col">began, UTC</th><th scope="col">day</th><th scope="col" class="num">steps</th><th scope="col" class="num">rows read</th><th scope="col" class="num">written</th><th scope="col" class="num">refused</th><th scope="col" class="num">took</th></tr></thead>
${trusted(HEAD)}${runs.map((run) => runRow(run, up))}</tbody>
</table>`,
  );
}

/** How a run ended, in a colour and a word. */
export function runBadge({ status, steps_failed: failed, steps }: RunRecord): Html {
  if (status === "failed") return badge("bad", failed > 0 ? `${failed} failed` : "failed");
  if (status !== "succeeded") return badge("warning", status);
  return steps.length === 0 ? badge("idle", "nothing to do") : badge("good", "succeeded");
}

function runRow(run: RunRecord, up: string): Html {
  const ran = run.steps.filter(({ status }) => status !== "skipped").length;
  return html`<tr><th scope="row" class="mono tight"><a href="${up}runs/${run.run_id}.html">${run.run_id}</a></th><td>${runBadge(run)}</td><td class="tight">${recordedInstant(run.started_at)}</td><td class="tight">${run.logical_day}</td><td class="num">${count(ran)}</td><td class="num">${count(run.rows_read)}</td><td class="num">${count(run.rows_written)}</td><td class="num">${count(run.quarantined)}</td><td class="num">${duration(run.seconds)}</td></tr>
`;
}
