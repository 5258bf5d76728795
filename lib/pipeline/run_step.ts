import fs from "node:fs";
import { join } from "node:path";
import { nowMicros, stopwatch } from "../clock.js";
import type { StepMetrics } from "../run.js";
import type { Notebooks, ParameterValue } from "./notebooks.js";
import type { RunObserver } from "./observer.js";
import type { StepOutcome } from "./outcome.js";
import type { Recorder } from "./record.js";
import { patiently, type RetryPolicy } from "./retry.js";
import type { RunDays } from "./run_days.js";
import { closedDay, type Reason, type Step } from "./step.js";
import type { StoredView } from "./stored_view.js";

/** The run that a step belongs to. */
export interface RunningStep {
  readonly runId: string;
  readonly root: string;
  readonly landing: string;
  readonly lake: string;
  readonly lakeFolder: string;
  readonly warehouse: string | undefined;
  readonly timeZone: string;
  readonly days: RunDays;
  readonly fullRefresh: boolean;
  readonly stored: StoredView;
  readonly notebooks: Notebooks;
  readonly retries: RetryPolicy;
  readonly timeLimit: number;
  readonly memoryLimit: number | undefined;
  readonly recorder: Recorder;
  readonly observer: RunObserver;
  readonly signal: AbortSignal;
}

type Parameters = Readonly<Record<string, ParameterValue>>;

/**
 * Runs a step's notebook, again after errors that may pass; never throws. What it did is told also when its table cannot be
 * looked at afterwards, although the step has failed then.
 */
export async function runStep(run: RunningStep, step: Step, reasons: readonly Reason[]): Promise<StepOutcome> {
  const startedAt = nowMicros();
  const elapsed = stopwatch();
  const notebook = join("_runs", run.runId, `${step.name}.ipynb`);
  const output = join(run.lakeFolder, notebook);
  let attempts = 0;
  let metrics: StepMetrics = {};
  let stayed: StepMetrics = {};
  let before: TableState | undefined;
  let after: TableState | undefined;
  let error: unknown;
  const attempt = async (number: number): Promise<void> => {
    attempts = number;
    const found = await stateOf(run, step);
    before ??= found;
    const parameters = parametersOf(run, step, found.closed);
    let heard: StepMetrics = {};
    try {
      heard = await run.notebooks.run({
        notebook: step.notebook,
        output,
        parameters,
        environment: environmentOf(run, step, parameters),
        timeLimit: run.timeLimit,
        memoryLimit: run.memoryLimit,
        signal: run.signal,
        onMetrics: (more) => {
          heard = addMetrics(heard, more);
        },
      });
    } catch (thrown) {
      await markFailed(run, step, found);
      throw thrown;
    } finally {
      metrics = addMetrics(stayed, heard);
      if (hasStayed(step, heard)) stayed = metrics;
      run.stored.forget(step.name);
    }
  };
  try {
    await patiently(run, attempt, (...retry) => run.observer.stepRetries?.(step.name, ...retry));
  } catch (thrown) {
    error = thrown;
  }
  try {
    after = await patiently(run, () => stateOf(run, step));
  } catch (thrown) {
    error ??= thrown;
  }
  const end = {
    step: step.name,
    reasons,
    metrics,
    startedAt,
    seconds: elapsed() / 1000,
    attempts,
    versionBefore: before?.version,
    versionAfter: after?.version,
    closed: after?.closed,
    notebook: fs.existsSync(output) ? notebook : undefined,
  };
  if (error === undefined) return { ...end, status: "succeeded", warnings: warningsOf(step, reasons, metrics) };
  if (run.signal.aborted) return { ...end, status: "interrupted", warnings: [] };
  return { ...end, status: "failed", error, warnings: [] };
}

/**
 * A step that has failed after it had committed is not finished, whatever its log says of sources and code. Files that have
 * been taken stay taken; what a star holds, its warehouse says.
 */
async function markFailed(run: RunningStep, { name, table }: Step, before: TableState): Promise<void> {
  if (table.landing !== undefined || table.layer === "warehouse") return;
  run.stored.forget(name);
  const mark = async (): Promise<void> => {
    if ((await run.stored.snapshot(name))?.version !== before.version) await run.recorder.markFailed(table);
  };
  // Where that fails too, the failure itself is told all the same.
  await patiently(run, mark).catch(() => undefined);
}

/**
 * Whether what an attempt did stays when it fails: files that it has taken or rejected, rows that an append-only table has got.
 * Bytes are told by a commit only.
 */
function hasStayed({ table }: Step, { bytes }: StepMetrics): boolean {
  return table.landing !== undefined || (table.write === "append" && bytes !== undefined);
}

/** What the log of a step's table says. */
interface TableState {
  /** Undefined while the table does not exist. */
  readonly version: number | undefined;
  readonly closed: string | undefined;
}

async function stateOf(run: RunningStep, step: Step): Promise<TableState> {
  const stored = await run.stored.snapshot(step.name);
  return { version: stored?.version, closed: await closedDay(stored) };
}

/** Counts are added up, texts are put one below the other. */
function addMetrics(some: StepMetrics, more: StepMetrics): StepMetrics {
  const sums: Record<string, number | string> = { ...some };
  for (const [name, value] of Object.entries(more)) {
    const known = sums[name];
    if (known === undefined) sums[name] = value;
    else sums[name] = typeof known === "number" && typeof value === "number" ? known + value : `${known}\n${value}`;
  }
  return sums;
}

/** The values of those parameters that the notebook declares. The first day says nothing to a table that has closed one. */
function parametersOf(run: RunningStep, step: Step, closed: string | undefined): Parameters {
  const values: Readonly<Record<string, ParameterValue | undefined>> = {
    date: run.days.day,
    from: closed === undefined ? run.days.from : undefined,
    fullRefresh: run.fullRefresh ? true : undefined,
  };
  const given: Record<string, ParameterValue> = {};
  for (const name of step.parameters) {
    const value = values[name];
    if (value !== undefined) given[name] = value;
  }
  return given;
}

function environmentOf(run: RunningStep, step: Step, parameters: Parameters): Readonly<Record<string, string>> {
  return {
    TSLAKE_ROOT: run.root,
    TSLAKE_LAKE: run.lake,
    TSLAKE_LANDING: run.landing,
    TSLAKE_TIME_ZONE: run.timeZone,
    ...(run.warehouse === undefined ? {} : { TSLAKE_WAREHOUSE: run.warehouse }),
    TSLAKE_RUN_ID: run.runId,
    TSLAKE_STEP: step.name,
    TSLAKE_CODE_HASH: step.codeHash,
    TSLAKE_PARAMETERS: JSON.stringify(parameters),
    ...(run.fullRefresh ? { TSLAKE_FULL_REFRESH: "1" } : {}),
  };
}

function warningsOf(step: Step, reasons: readonly Reason[], { messages }: StepMetrics): readonly string[] {
  const said = typeof messages === "string" ? messages.split("\n").map((line) => `${step.name}: ${line}`) : [];
  const changed = step.table.write === "append" && reasons.some((reason) => reason.kind === "code");
  if (!changed) return said;
  return [
    ...said,
    `${step.name} is append-only: rows from before the change of its notebook or contract stay as they were made; ` +
      `--full-refresh --select ${step.name} compares them`,
  ];
}
