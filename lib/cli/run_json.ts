import type { Writable } from "node:stream";
import { describeError } from "../errors.js";
import { formatJson, type JsonValue } from "../pipeline/json.js";
import type { StepOutcome } from "../pipeline/outcome.js";
import type { Plan } from "../pipeline/plan.js";
import { type RunRequest, runRow, stepRow } from "../pipeline/record.js";
import type { RunSummary } from "../pipeline/run.js";
import { describeReason } from "../pipeline/step.js";
import { changedTables } from "./run_report.js";
import type { RunView } from "./run_view.js";

/** One JSON object a line: each step when it has ended, as a row of `ops.steps` with `"type": "step"`. */
export function jsonView(output: Writable): RunView {
  let run: Parameters<typeof stepRow>[1] | undefined;
  return {
    runStarts: (start) => {
      run = start;
    },
    stepEnds: (outcome: StepOutcome) => {
      if (run !== undefined) output.write(`${formatJson({ type: "step", ...stepRow(outcome, run) })}\n`);
    },
    close: () => undefined,
  };
}

/** The last line of a run: the row of `ops.runs` with `"type": "run"`, the changed tables and the warnings. */
export function runJson(summary: RunSummary, request: RunRequest): string {
  const changed = changedTables(summary).map(({ table, from, to }) => ({ table, from: from ?? null, to }));
  const warnings = [...summary.warnings, ...summary.steps.flatMap((step) => step.warnings)];
  const lost = summary.recordError === undefined ? {} : { record_error: describeError(summary.recordError) };
  return formatJson({ type: "run", ...runRow(summary, request), changed, warnings, ...lost });
}

/** A plan: one object per step with `"runs"` and the reasons, then the plan itself. */
export function planJson(plan: Plan): string {
  const steps: JsonValue[] = plan.steps.map(({ step, reasons }) => ({
    type: "step",
    step: step.name,
    runs: reasons.length > 0,
    reasons: reasons.map(describeReason),
  }));
  const { days, needsSamples, warnings } = plan;
  const running = plan.steps.filter((step) => step.reasons.length > 0).length;
  const end = {
    type: "plan",
    logical_day: days.day,
    from_day: days.from ?? null,
    steps_to_run: running,
    needs_samples: needsSamples,
    warnings,
  };
  return [...steps, end].map(formatJson).join("\n");
}
