import { newId, nowMicros, nowMillis, stopwatch } from "../clock.js";
import { DISPLAY, type Displayable } from "../display.js";
import { firstLine, NotebookError } from "../errors.js";
import type { RunObserver } from "./observer.js";
import { countOf, type StepOutcome, totalsOf } from "./outcome.js";
import { type PipelineOptions, type Prepared, prepare } from "./prepare.js";
import { endProgress, tellProgress } from "./progress.js";
import { type Recorder, recordRun } from "./record.js";
import { patiently, RETRIES, type RetryPolicy } from "./retry.js";
import type { RunDays } from "./run_days.js";
import { lockLake } from "./run_lock.js";
import { type RunningStep, runStep } from "./run_step.js";
import { stepTable } from "./run_table.js";
import { copySamples } from "./samples.js";
import { inDependencyOrder, Slots } from "./scheduler.js";
import { staleness } from "./staleness.js";
import { describeReason, type Reason, type Step } from "./step.js";

export interface RunOptions extends PipelineOptions {
  /** Notebooks at a time. */
  readonly jobs: number;
  /** Milliseconds that a notebook may take. */
  readonly timeLimit: number;
  /** MB of memory that a notebook's process may take. */
  readonly memoryLimit: number | undefined;
  readonly recorder: Recorder;
  readonly observer: RunObserver;
  /** Ends the run: notebooks that run are ended, no other begins. */
  readonly signal: AbortSignal;
  readonly retries?: RetryPolicy;
  /** The state of the workspace's code, for the record; asked for when the first notebook starts. */
  readonly revision?: () => Promise<string | undefined>;
}

/** `failed`: a step failed or a file was rejected. */
export type RunStatus = "succeeded" | "failed" | "interrupted";

/** A run that has ended. */
export interface RunSummary extends Displayable {
  readonly runId: string;
  readonly status: RunStatus;
  readonly days: RunDays;
  /** Microseconds since the epoch. */
  readonly startedAt: bigint;
  readonly seconds: number;
  readonly steps: readonly StepOutcome[];
  /** Sums of what the steps counted. */
  readonly totals: Readonly<Record<string, number>>;
  readonly warnings: readonly string[];
  /** The state of the workspace's code; undefined when nothing ran, or nobody knows. */
  readonly revision: string | undefined;
  /** Why the run is not recorded, or not completely. */
  readonly recordError?: unknown;
}

/**
 * Brings the selected tables up to date. Each step is judged when its upstream has ended, and a step that fails holds up
 * only what is built from it. Whatever happens to steps is in the summary, and in `ops.runs` and `ops.steps`.
 * @throws UsageError before anything is written; NotebookError when a notebook does not compile; StorageError when the lake cannot be written; TslakeError while another run works on the lake
 */
export async function runPipeline(given: RunOptions): Promise<RunSummary> {
  const options = { ...given, observer: tellProgress(given.lakeFolder, given.observer) };
  const startedAt = nowMicros();
  const elapsed = stopwatch();
  const checking = options.notebooks.check();
  // What is wrong with the request is told first.
  checking.catch(() => undefined);
  const prepared = await prepare(options);
  refuseIllTyped(await checking);
  const runId = newRunId();
  const release = lockLake(options.lakeFolder, runId, new Date(nowMillis()).toISOString());
  try {
    const { warnings } = prepared;
    const samplesCopied = prepared.needsSamples && options.samples ? copySamples(options.samples, options.landing) : 0;
    const names = prepared.steps.map((step) => step.name);
    options.observer.runStarts?.({ runId, days: prepared.days, steps: names, samplesCopied, warnings });
    let asked: Promise<string | undefined> | undefined;
    const onFirstStep = (): void => {
      asked ??= options.revision?.();
    };
    const steps = await runSteps(runId, prepared, options, onFirstStep);
    const totals = totalsOf(steps);
    const failed = steps.some((step) => step.status === "failed") || countOf(totals, "rejected") > 0;
    const isCutShort = options.signal.aborted && steps.some(({ status }) => UNFINISHED.has(status));
    const status: RunStatus = isCutShort ? "interrupted" : failed ? "failed" : "succeeded";
    const revision = await asked;
    const { days } = prepared;
    const seconds = elapsed() / 1000;
    const summary = {
      ...{ runId, status, days, startedAt, seconds, steps, totals, warnings, revision },
      [DISPLAY]: () => stepTable(runId, status, steps, seconds),
    };
    const [recordedSummary] = await Promise.all([recorded(summary, options), options.notebooks.settled()]);
    return recordedSummary;
  } finally {
    endProgress(options.lakeFolder, runId);
    release();
  }
}

/** A run that cannot be recorded has failed, but what it did is still told. */
async function recorded(summary: RunSummary, options: RunOptions): Promise<RunSummary> {
  try {
    await recordRun(summary, options, options.recorder);
    return summary;
  } catch (recordError) {
    return { ...summary, status: summary.status === "succeeded" ? "failed" : summary.status, recordError };
  }
}

async function runSteps(
  runId: string,
  prepared: Prepared,
  options: RunOptions,
  onStart: () => void,
): Promise<readonly StepOutcome[]> {
  const { circumstances, stored, steps } = prepared;
  const slots = new Slots(options.jobs);
  const running: RunningStep = {
    ...options,
    retries: options.retries ?? RETRIES,
    runId,
    days: prepared.days,
    stored,
  };
  const nodes = steps.map((step) => ({ name: step.name, upstream: options.catalog.upstream(step.name), step }));
  return inDependencyOrder(nodes, async ({ step }, upstream) => {
    const outcome = await attempt(step, upstream);
    options.observer.stepEnds?.(outcome);
    return outcome;
  });

  async function attempt(step: Step, upstream: readonly StepOutcome[]): Promise<StepOutcome> {
    const culprit = upstream.find((outcome) => outcome.status !== "succeeded" && outcome.status !== "fresh");
    if (culprit?.status === "failed") return idle(step.name, "skipped", `${culprit.step} failed`);
    if (culprit?.skipped !== undefined) return idle(step.name, "skipped", culprit.skipped);
    try {
      const reasons = options.signal.aborted ? [] : await patiently(running, () => staleness(step, circumstances));
      if (!options.signal.aborted && reasons.length === 0) return idle(step.name, "fresh");
      return await slots.hold(async () => {
        if (options.signal.aborted) return idle(step.name, "skipped", "the run was interrupted");
        onStart();
        options.observer.stepStarts?.(step.name, reasons);
        const outcome = await runStep(running, step, reasons);
        return { ...outcome, warnings: [...outcome.warnings, ...(await unwritten(step, outcome))] };
      });
    } catch (error) {
      return { ...idle(step.name, "failed"), error };
    }
  }

  /** What there is to say of a notebook that succeeded and left its table as stale as it was. */
  async function unwritten(
    step: Step,
    { status, metrics, versionBefore, versionAfter }: StepOutcome,
  ): Promise<readonly string[]> {
    const hasWritten = versionAfter !== undefined && versionAfter !== versionBefore;
    if (status !== "succeeded" || hasWritten || "recomputed" in metrics) return [];
    try {
      const left = (await patiently(running, () => staleness(step, circumstances))).filter(({ kind }) =>
        SETTLED_BY_WRITING.has(kind),
      );
      if (left.length === 0) return [];
      return [
        `the notebook has not written ${step.name}, which is stale still: ${left.map(describeReason).join("; ")}`,
      ];
    } catch (error) {
      return [`nobody can tell whether ${step.name} is stale still: ${firstLine(error)}`];
    }
  }
}

/** A signal that comes after the last step has ended interrupts nothing. */
const UNFINISHED: ReadonlySet<StepOutcome["status"]> = new Set(["interrupted", "skipped"]);

const SETTLED_BY_WRITING: ReadonlySet<Reason["kind"]> = new Set(["missing", "code", "source", "replaced", "reverted"]);

function idle(step: string, status: "skipped" | "fresh" | "failed", skipped?: string): StepOutcome {
  return {
    step,
    status,
    reasons: [],
    metrics: {},
    startedAt: nowMicros(),
    seconds: 0,
    attempts: 0,
    versionBefore: undefined,
    versionAfter: undefined,
    warnings: [],
    ...(skipped === undefined ? {} : { skipped }),
  };
}

function refuseIllTyped(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new NotebookError(`the notebooks do not compile; nothing was run\n${problems.join("\n")}`);
}

/** Sorts by time: `20230701T120000Z-1a2b3c4d`. */
function newRunId(): string {
  const instant = new Date(nowMillis()).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
  return `${instant}Z-${newId().slice(0, 8)}`;
}
