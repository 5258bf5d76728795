/**
 * The run that this process belongs to. The runner passes it to a notebook's process by environment; exploring has none.
 * What a step did is reported through `report`, which the runner replaces by its event channel.
 */

/** Counts and facts that a step reports while it runs; numbers of the same name are added up by the runner. */
export type StepMetrics = Readonly<Record<string, number | string>>;

export interface RunContext {
  /** Id of the whole run. */
  readonly runId: string;
  /** The table that the step builds, for instance `silver.vendas`. */
  readonly step: string;
  /** Hash of the step's notebook and contract: recorded in its commits. */
  readonly codeHash: string;
}

const REPORT = Symbol.for("tslake.report");
type Reporter = (metrics: StepMetrics) => void;

/** The run that this process belongs to, if a runner started it. */
export function currentRun(): RunContext | undefined {
  const runId = process.env["TSLAKE_RUN_ID"];
  const step = process.env["TSLAKE_STEP"];
  if (runId === undefined || step === undefined) return undefined;
  return { runId, step, codeHash: process.env["TSLAKE_CODE_HASH"] ?? "" };
}

/** Tells the runner what this step did; does nothing when nobody listens. */
export function report(metrics: StepMetrics): void {
  const reporter = (globalThis as Record<symbol, unknown>)[REPORT] as Reporter | undefined;
  reporter?.(metrics);
}

/** Called by a runner in the notebook's process before the first cell. */
export function listen(reporter: Reporter): void {
  (globalThis as Record<symbol, unknown>)[REPORT] = reporter;
}

/** A clone of the lake in which a kernel's notebook works; nothing it writes gets to the lake itself. */
export interface Exploration {
  /** Absolute folder of what is written, with `lake/` and `landing/`. */
  readonly folder: string;
  /** The lake's moment that is seen, in milliseconds since the epoch. */
  readonly until: number;
}

const EXPLORATION = Symbol.for("tslake.exploration");

/** The clone in which this process explores; undefined when it works on the lake itself. */
export function currentExploration(): Exploration | undefined {
  return (globalThis as Record<symbol, unknown>)[EXPLORATION] as Exploration | undefined;
}

/** Called by a kernel before the first cell. */
export function explore(exploration: Exploration): void {
  (globalThis as Record<symbol, unknown>)[EXPLORATION] = exploration;
}
