import { PassThrough } from "node:stream";
import { describe, expect, test } from "vitest";
import { jsonView, planJson, runJson } from "../../lib/cli/run_json.js";
import { formatOutcome, formatPlan, formatSummary, PLAIN } from "../../lib/cli/run_report.js";
import { liveView, plainView } from "../../lib/cli/run_view.js";
import { DISPLAY } from "../../lib/display.js";
import { NotebookError } from "../../lib/errors.js";
import type { StepOutcome } from "../../lib/pipeline/outcome.js";
import type { Plan } from "../../lib/pipeline/plan.js";
import type { RunSummary } from "../../lib/pipeline/run.js";

const outcome = (step: string, rest: Partial<StepOutcome>): StepOutcome => ({
  step,
  status: "succeeded",
  reasons: [],
  metrics: {},
  startedAt: 1_688_126_400_000_000n,
  seconds: 0.25,
  attempts: 1,
  versionBefore: undefined,
  versionAfter: undefined,
  warnings: [],
  ...rest,
});

const steps: readonly StepOutcome[] = [
  outcome("bronze.sales", {
    reasons: [{ kind: "files", count: 2 }],
    metrics: { read: 1234, written: 1234, rejected: 1 },
    versionAfter: 0,
    notebook: "_runs/r1/bronze.sales.ipynb",
  }),
  outcome("silver.sales", {
    metrics: { read: 1234, written: 1197, duplicates: 30, quarantined: 4, dropped: 3, warned: 1 },
    versionBefore: 6,
    versionAfter: 7,
    attempts: 2,
  }),
  outcome("silver.events", {
    metrics: { read: 5, waiting: 5 },
    closed: "2023-06-30",
    versionBefore: 3,
    versionAfter: 3,
  }),
  outcome("gold.sales", {
    status: "failed",
    error: new NotebookError("sales.ipynb: cell 4 failed at line 2: x()", { where: { cell: 4, line: 2 } }),
    notebook: "_runs/r1/gold.sales.ipynb",
  }),
  outcome("gold.top", { status: "skipped", skipped: "gold.sales failed" }),
  outcome("gold.daily", { status: "fresh" }),
];
const summary: RunSummary = {
  runId: "r1",
  status: "failed",
  days: { day: "2023-06-30", from: undefined },
  startedAt: 1_688_126_400_000_123n,
  seconds: 1.26,
  steps,
  totals: { read: 2473, written: 2431, duplicates: 30, quarantined: 4, rejected: 1 },
  warnings: ["left in landing: x"],
  revision: undefined,
  [DISPLAY]: () => ({}),
};
const places = { cwd: "/w", lake: "/w/lake", landing: "/elsewhere/landing" };

describe("the report of a run", () => {
  test("has one line per step", () => {
    expect(steps.map((step) => formatOutcome(step, PLAIN))).toEqual([
      "✓ bronze.sales                       1,234       1,234           0           0      0.25",
      "✓ silver.sales                       1,234       1,197          30           4      0.25 (2 attempts)",
      "✓ silver.events                          5           0           0           0      0.25",
      "✗ gold.sales                  failed after 0.25 s",
      "- gold.top                    skipped: gold.sales failed",
      "= gold.daily                  up to date",
    ]);
  });

  test("ends with totals, changes, what needs a look, and the next command", () => {
    expect(formatSummary(summary, places, PLAIN)).toBe(`
gold.sales: sales.ipynb: cell 4 failed at line 2: x()
  at cell 4, line 2
  executed notebook: lake/_runs/r1/gold.sales.ipynb

6 steps in 1.26 s: 3 succeeded, 1 up to date, 1 failed, 1 skipped
rows: 2,473 read, 2,431 written, 30 duplicates, 4 quarantined
tables changed: bronze.sales new → 0, silver.sales 6 → 7
! 1 file rejected by bronze.sales, with the reason beside it in /elsewhere/landing/_rejected
! 4 rows quarantined: npx tslake quarantine silver.sales
! 3 rows dropped by rules, 1 row warned about: silver.sales (rule by rule on its page of the report, and by npx tslake history silver.sales --format json)
! 5 events of silver.events left waiting for the runs of 2023-07-01 and later
executed notebooks: lake/_runs/r1
next: mend it, then npm run pipeline`);
  });

  test("of a full refresh says that it has closed no day", () => {
    const metrics = { waiting: 1, recomputed: 4 };
    const compared = { ...summary, steps: [outcome("silver.events", { metrics, closed: "2023-06-30" })] };
    expect(formatSummary(compared, places, PLAIN)).toContain(
      "1 event of silver.events left waiting for a run without --full-refresh, which closes no day\n",
    );
  });

  test("of a run that loaded nothing but a star points at the warehouse", () => {
    const fine = { ...summary, status: "succeeded" as const, steps: [outcome("warehouse.top", { versionAfter: 1 })] };
    expect(formatSummary(fine, places, PLAIN)).toMatch(/next: npx tslake sql "SELECT \* FROM tslake_cargas"$/);
  });

  test("of a run in order points at a gold table", () => {
    const fine = { ...summary, status: "succeeded" as const, steps: [outcome("gold.top", { versionAfter: 1 })] };
    expect(formatSummary(fine, places, PLAIN)).toMatch(/next: npx tslake show gold\.top --limit 10$/);
  });

  test("as JSON is one object per step and one for the run", () => {
    const output = new PassThrough();
    const view = jsonView(output);
    view.runStarts?.({ runId: "r1", days: summary.days, steps: [], samplesCopied: 0, warnings: [] });
    for (const step of steps) view.stepEnds?.(step);
    const lines = String(output.read())
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(6);
    expect(lines[1]).toMatchObject({
      type: "step",
      run_id: "r1",
      step: "silver.sales",
      status: "succeeded",
      rows_read: 1234,
      rows_written: 1197,
      duplicates: 30,
      quarantined: 4,
      dropped: 3,
      warned: 1,
      attempts: 2,
      version_before: 6,
      version_after: 7,
      error: null,
    });
    expect(lines[3].error).toContain("cell 4 failed");
    const request = { lakeFolder: "/w/lake", landing: "/w/landing", select: [], fullRefresh: false };
    expect(JSON.parse(runJson(summary, request))).toMatchObject({
      type: "run",
      status: "failed",
      logical_day: "2023-06-30",
      started_at: "2023-06-30T12:00:00.000123Z",
      rejected_files: 1,
      changed: [
        { table: "bronze.sales", from: null, to: 0 },
        { table: "silver.sales", from: 6, to: 7 },
      ],
      warnings: ["left in landing: x"],
    });
  });
});

describe("a plan", () => {
  const plan = {
    days: { day: "2023-06-30", from: undefined },
    steps: [
      { step: { name: "bronze.sales" }, reasons: [{ kind: "files", count: 2 }] },
      { step: { name: "silver.sales" }, reasons: [] },
    ],
    needsSamples: true,
    warnings: [],
  } as unknown as Plan;

  test("as text", () => {
    expect(formatPlan(plan, places, PLAIN)).toBe(`plan for day 2023-06-30, lake lake; nothing is touched
the samples would be copied to /elsewhere/landing
▸ bronze.sales                2 files in landing
= silver.sales                up to date
1 of 2 steps would run`);
  });

  test("as JSON", () => {
    expect(
      planJson(plan)
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { type: "step", step: "bronze.sales", runs: true, reasons: ["2 files in landing"] },
      { type: "step", step: "silver.sales", runs: false, reasons: [] },
      { type: "plan", logical_day: "2023-06-30", from_day: null, steps_to_run: 1, needs_samples: true, warnings: [] },
    ]);
  });
});

describe("the view of a run", () => {
  test("in a terminal rewrites what runs and keeps what has ended", () => {
    const output = Object.assign(new PassThrough(), { columns: 40 });
    const view = liveView(output, PLAIN);
    view.stepStarts?.("bronze.sales", []);
    view.stepStarts?.("silver.events", []);
    for (const step of steps.slice(0, 1)) view.stepEnds?.(step);
    view.close();
    const screen = play(String(output.read()));
    expect(screen).toEqual([formatOutcome(steps[0] as StepOutcome, PLAIN), ""]);
  });

  test("elsewhere writes no control characters", () => {
    const output = new PassThrough();
    const view = plainView(output, PLAIN);
    view.runStarts?.({
      runId: "r1",
      days: { day: "2023-06-30", from: "2023-06-01" },
      steps: [],
      samplesCopied: 3,
      warnings: ["look"],
    });
    for (const step of steps) view.stepEnds?.(step);
    const text = String(output.read());
    expect(text).not.toContain("\u001b");
    expect(text).toContain("run r1, day 2023-06-01 to 2023-06-30\n");
    expect(text).toContain("3 sample files copied");
    expect(text).toContain("! look\n");
  });
});

/** What a terminal shows after "n lines up" and "clear below". */
function play(text: string): string[] {
  let lines = [""];
  for (const [i, part] of text.replaceAll("\u001b[0J", "").split("\u001b[").entries()) {
    const up = i === 0 ? undefined : /^\d+(?=A)/.exec(part)?.[0];
    if (up !== undefined) lines = [...lines.slice(0, lines.length - 1 - Number(up)), ""];
    const [first = "", ...rest] = (up === undefined ? part : part.slice(up.length + 1)).split("\n");
    lines = [...lines.slice(0, -1), (lines.at(-1) ?? "") + first, ...rest];
  }
  return lines;
}
