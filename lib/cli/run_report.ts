import { relative } from "node:path";
import { addDays } from "../clock.js";
import { describeError } from "../errors.js";
import { countOf, type StepOutcome } from "../pipeline/outcome.js";
import type { Plan } from "../pipeline/plan.js";
import type { RunSummary } from "../pipeline/run.js";
import { describeReason } from "../pipeline/step.js";
import type { StepMetrics } from "../run.js";

/** How texts are set off; identity where nobody sees colours. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  faint(text: string): string;
}

/** For pipes and logs. */
export const PLAIN: Paint = { good: same, bad: same, warn: same, faint: same };

/** Where a run's results are, for pointing at them. */
export interface Places {
  readonly cwd: string;
  readonly lake: string;
  readonly landing: string;
  /** The report's overview; undefined when it was not written. */
  readonly report?: string | undefined;
}

const COUNTS = ["read", "written", "duplicates", "quarantined"] as const;
const STEP_WIDTH = 28;

/** The heading above step lines. */
export function formatHeading(paint: Paint): string {
  const names = COUNTS.map((name) => name.padStart(12)).join("");
  return paint.faint(`  ${"step".padEnd(STEP_WIDTH)}${names}${"seconds".padStart(10)}`);
}

/** What became of a step, on one line. */
export function formatOutcome(outcome: StepOutcome, paint: Paint): string {
  const name = outcome.step.padEnd(STEP_WIDTH);
  switch (outcome.status) {
    case "fresh":
      return paint.faint(`= ${name}up to date`);
    case "skipped":
      return `${paint.warn("-")} ${name}skipped: ${outcome.skipped ?? ""}`;
    case "interrupted":
      return `${paint.bad("✗")} ${name}interrupted`;
    case "failed":
      return `${paint.bad("✗")} ${name}${paint.bad("failed")}${attempts(outcome)} after ${outcome.seconds.toFixed(2)} s`;
    case "succeeded": {
      const counts = COUNTS.map((count) => formatCount(countOf(outcome.metrics, count)).padStart(12)).join("");
      return `${paint.good("✓")} ${name}${counts}${outcome.seconds.toFixed(2).padStart(10)}${attempts(outcome)}`;
    }
  }
}

/** The end of a run: totals, what changed, where to look, what to do next. */
export function formatSummary(summary: RunSummary, places: Places, paint: Paint): string {
  const { steps, totals } = summary;
  const lines: string[] = [""];
  for (const step of steps.filter((one) => one.status === "failed")) {
    lines.push(`${paint.bad(step.step)}: ${describeError(step.error)}`);
    if (step.notebook !== undefined)
      lines.push(`  executed notebook: ${shown(`${places.lake}/${step.notebook}`, places)}`);
    lines.push("");
  }
  const counts = (["succeeded", "fresh", "failed", "skipped", "interrupted"] as const)
    .map((status) => ({ status, count: steps.filter((step) => step.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ status, count }) => `${count} ${status === "fresh" ? "up to date" : status}`);
  lines.push(`${steps.length} steps in ${summary.seconds.toFixed(2)} s: ${counts.join(", ")}`);
  if (steps.some((step) => step.status === "succeeded")) {
    const total = (name: string): string => formatCount(totals[name] ?? 0);
    lines.push(
      `rows: ${total("read")} read, ${total("written")} written, ${total("duplicates")} duplicates, ${total("quarantined")} quarantined`,
    );
  }
  const changed = changedTables(summary).map(({ table, from, to }) => `${table} ${from ?? "new"} → ${to}`);
  if (changed.length > 0) lines.push(`tables changed: ${changed.join(", ")}`);
  if (summary.recordError !== undefined)
    lines.push(paint.bad(`the run is not recorded: ${describeError(summary.recordError)}`));
  lines.push(...notices(summary, places).map((notice) => `${paint.warn("!")} ${notice}`));
  if (steps.some((step) => step.notebook !== undefined)) {
    lines.push(`executed notebooks: ${shown(`${places.lake}/_runs/${summary.runId}`, places)}`);
  }
  if (places.report !== undefined) lines.push(`report: ${shown(places.report, places)}`);
  lines.push(`next: ${nextCommand(summary)}`);
  return lines.join("\n");
}

/** Tables that the run left at another version. */
export function changedTables({ steps }: RunSummary): readonly TableChange[] {
  return steps.flatMap(({ step: table, versionBefore: from, versionAfter: to }) =>
    to === undefined || to === from ? [] : [{ table, from, to }],
  );
}

interface TableChange {
  readonly table: string;
  readonly from: number | undefined;
  readonly to: number;
}

/** What a run would do, one line per step. */
export function formatPlan(plan: Plan, places: Places, paint: Paint): string {
  const lines = [`plan for day ${plan.days.day}, lake ${shown(places.lake, places)}; nothing is touched`];
  if (plan.needsSamples) lines.push(`the samples would be copied to ${shown(places.landing, places)}`);
  for (const { step, reasons } of plan.steps) {
    const name = step.name.padEnd(STEP_WIDTH);
    lines.push(
      reasons.length === 0
        ? paint.faint(`= ${name}up to date`)
        : `${paint.good("▸")} ${name}${reasons.map(describeReason).join("; ")}`,
    );
  }
  const running = plan.steps.filter((step) => step.reasons.length > 0).length;
  lines.push(`${running} of ${plan.steps.length} steps would run`);
  lines.push(...plan.warnings.map((warning) => `${paint.warn("!")} ${warning}`));
  return lines.join("\n");
}

/** A whole number with its thousands set apart. */
function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

function notices(summary: RunSummary, places: Places): readonly string[] {
  const found: string[] = [];
  for (const { step, metrics, closed } of summary.steps) {
    const quarantined = countOf(metrics, "quarantined");
    if (quarantined > 0) found.push(`${counted(quarantined, "row")} quarantined: npx tslake quarantine ${step}`);
    const [dropped, warned] = [countOf(metrics, "dropped"), countOf(metrics, "warned")];
    const broken = [
      ...(dropped > 0 ? [`${counted(dropped, "row")} dropped by rules`] : []),
      ...(warned > 0 ? [`${counted(warned, "row")} warned about`] : []),
    ];
    if (broken.length > 0)
      found.push(
        `${broken.join(", ")}: ${step} (rule by rule on its page of the report, and by npx tslake history ${step} --format json)`,
      );
    const rejected = countOf(metrics, "rejected");
    if (rejected > 0) {
      const folder = shown(`${places.landing}/_rejected`, places);
      found.push(`${counted(rejected, "file")} rejected by ${step}, with the reason beside it in ${folder}`);
    }
    const waiting = countOf(metrics, "waiting");
    if (waiting > 0) {
      found.push(`${counted(waiting, "event")} of ${step} left waiting for ${takerOf(metrics, closed)}`);
    }
  }
  return [...found, ...summary.steps.flatMap((step) => step.warnings)];
}

/** Who takes the events that wait. A full refresh compares histories and closes no day. */
function takerOf(metrics: StepMetrics, closed: string | undefined): string {
  if ("recomputed" in metrics) return "a run without --full-refresh, which closes no day";
  return closed === undefined ? "a later run" : `the runs of ${addDays(closed, 1)} and later`;
}

function counted(count: number, what: string): string {
  return `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;
}

function nextCommand(summary: RunSummary): string {
  if (summary.status === "interrupted") return "npm run pipeline (goes on where this run stopped)";
  if (summary.steps.some((step) => step.status === "failed")) return "mend it, then npm run pipeline";
  const changed = changedTables(summary).findLast(({ table }) => table.startsWith("gold."));
  const last =
    changed?.table ??
    summary.steps.findLast(({ step }) => step.startsWith("gold."))?.step ??
    summary.steps.at(-1)?.step;
  if (last?.startsWith("warehouse.")) return `npx tslake sql "SELECT * FROM tslake_cargas"`;
  return `npx tslake show ${last ?? "gold.vendas"} --limit 10`;
}

function attempts({ attempts: count }: StepOutcome): string {
  return count > 1 ? ` (${count} attempts)` : "";
}

/** A path as short as it can be typed here. */
function shown(path: string, { cwd }: Places): string {
  const short = relative(cwd, path);
  return short === "" ? "." : short.startsWith("..") ? path : short;
}

function same(text: string): string {
  return text;
}
