import { count, duration, recordedInstant } from "./format.js";
import { type Content, type Html, html } from "./html.js";
import { type Assets, badge, facts, page, scrolling, section } from "./page.js";
import type { RunRecord, StepRecord } from "./run_record.js";
import { runBadge } from "./runs_page.js";

/** Where a step's rendered notebook is. */
export interface RenderedStep {
  /** Path below the site's root. */
  readonly path: string;
  /** Place in it of the cell that failed. */
  readonly failed: string | undefined;
}

/** What a run's page tells of. */
export interface RunPage {
  readonly run: RunRecord;
  readonly notebooks: ReadonlyMap<string, RenderedStep>;
  /** Names of tables that have a page. */
  readonly tables: ReadonlySet<string>;
}

export function runPath(runId: string): string {
  return `runs/${runId}.html`;
}

/** What one run did. */
export function runPage({ run, notebooks, tables }: RunPage, assets: Assets): Html {
  const broken = run.steps.filter(({ status }) => status === "failed");
  const warned = run.steps.flatMap(({ step, warnings }) =>
    (warnings ?? "")
      .split("\n")
      .flatMap((line) => (line === "" ? [] : [line.startsWith(`${step}: `) ? line : `${step}: ${line}`])),
  );
  const content = html`<p class="crumbs"><a href="index.html">runs</a></p>
<h1>Run <span class="mono">${run.run_id}</span></h1>
${facts([
  ["state", runBadge(run)],
  ["began, UTC", recordedInstant(run.started_at)],
  ["took", duration(run.seconds)],
  ["day", run.from_day === null ? run.logical_day : `${run.from_day} to ${run.logical_day}`],
  ["rows read", count(run.rows_read)],
  ["written", count(run.rows_written)],
  ["duplicates", count(run.duplicates)],
  ["refused", count(run.quarantined)],
  ["up to date", run.steps_fresh > 0 ? `${run.steps_fresh} of ${run.steps_fresh + run.steps.length} steps` : undefined],
  ["selected", run.selection],
  ["full refresh", run.full_refresh ? "yes" : undefined],
  ["code", run.revision && html`<code>${run.revision}</code>`],
])}
${
  broken.length > 0 &&
  section(
    "errors",
    "Errors",
    broken.map((step) => errorPart(step, notebooks.get(step.step))),
  )
}
${
  run.steps.length === 0
    ? html`<p>Every step was up to date: no table has changed.</p>`
    : section("steps", "Steps", stepsTable(run, notebooks, tables), "the bar shows when in the run a step worked")
}
${warned.length > 0 && section("warnings", "Warnings", html`<ul>${warned.map((line) => html`<li><bdi>${line}</bdi></li>`)}</ul>`)}`;
  return page({ title: `run ${run.run_id}`, path: runPath(run.run_id), part: "runs" }, assets, content);
}

function errorPart({ step, error }: StepRecord, notebook: RenderedStep | undefined): Html {
  return html`<h3><a href="../tables/${step}.html">${step}</a>${notebook && html` <small><a href="../${notebook.path}${notebook.failed === undefined ? "" : `#${notebook.failed}`}">the cell in the notebook as it ran</a></small>`}</h3>
<pre class="error">${error ?? "no error is recorded"}</pre>
`;
}

function stepsTable(run: RunRecord, notebooks: RunPage["notebooks"], tables: RunPage["tables"]): Html {
  const begin = Date.parse(run.started_at);
  const length = Math.max(run.seconds * 1000, 1);
  const rows = run.steps.map((step) => stepRow(step, begin, length, notebooks.get(step.step), tables.has(step.step)));
  return scrolling(
    "Steps of the run",
    html`<table>
<thead><tr><th scope="col">step</th><th scope="col">state</th><th scope="col" class="gantt">0 to ${duration(run.seconds)}</th><th scope="col" class="num">took</th><th scope="col" class="num">read</th><th scope="col" class="num">written</th><th scope="col" class="num">duplicates</th><th scope="col" class="num">refused</th><th scope="col" class="num">version</th><th scope="col">as it ran</th><th scope="col">why it ran</th></tr></thead>
<tbody>${rows}</tbody>
</table>`,
  );
}

function stepRow(
  step: StepRecord,
  begin: number,
  length: number,
  notebook: RenderedStep | undefined,
  hasPage: boolean,
): Html {
  const start = Math.max(0, Math.min(1000, ((Date.parse(step.started_at) - begin) / length) * 1000));
  const width = Math.max(3, Math.min(1000 - start, (step.seconds * 1_000_000) / length));
  const kind = step.status === "failed" ? " bad" : step.status === "succeeded" ? "" : " idle";
  const offset = Math.max(0, (Date.parse(step.started_at) - begin) / 1000);
  const label = `from ${duration(offset)} to ${duration(offset + step.seconds)}`;
  const bar = html`<svg class="gantt" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${label}"><rect class="track" width="1000" height="10"/><rect class="bar${kind}" x="${start.toFixed(0)}" width="${width.toFixed(0)}" height="10"/></svg>`;
  const name: Content = hasPage ? html`<a href="../tables/${step.step}.html">${step.step}</a>` : step.step;
  const attempts = step.attempts > 1 ? html` <small class="muted">${step.attempts} attempts</small>` : "";
  const versions =
    step.version_after === null
      ? ""
      : step.version_before === step.version_after
        ? String(step.version_after)
        : `${step.version_before ?? "–"} → ${step.version_after}`;
  const ran = step.status !== "skipped";
  const number = (value: number): string => (ran ? count(value) : "");
  return html`<tr id="step-${step.step}"><th scope="row" class="tight">${name}</th><td>${stepBadge(step)}${attempts}</td><td class="gantt">${ran && bar}</td><td class="num">${ran && duration(step.seconds)}</td><td class="num">${number(step.rows_read)}</td><td class="num">${number(step.rows_written)}</td><td class="num">${number(step.duplicates)}</td><td class="num">${number(step.quarantined)}</td><td class="num">${versions}</td><td>${notebook && html`<a href="../${notebook.path}" aria-label="the notebook of ${step.step} as it ran">notebook</a>`}</td><td class="wide"><bdi>${step.reason}</bdi></td></tr>
`;
}

function stepBadge({ status }: StepRecord): Html {
  const state = status === "succeeded" ? "good" : status === "failed" ? "bad" : "warning";
  return badge(state, status);
}
