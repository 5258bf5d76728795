import { isTslakeError } from "../errors.js";
import { type PipelineOptions, prepare } from "./prepare.js";
import type { RunDays } from "./run_days.js";
import { type Circumstances, staleness } from "./staleness.js";
import type { Reason, Step } from "./step.js";

/** What a run would do. */
export interface Plan {
  readonly days: RunDays;
  readonly steps: readonly PlannedStep[];
  /** True when the run would first copy the samples into the landing zone. */
  readonly needsSamples: boolean;
  readonly warnings: readonly string[];
}

/** A step with the reasons why it would run; none when it is fresh. */
export interface PlannedStep {
  readonly step: Step;
  readonly reasons: readonly Reason[];
}

/**
 * What a run would do now, and why; nothing is touched. A step whose upstream would run is expected to run too, although
 * it may turn out to be fresh.
 * @throws UsageError as `prepare`
 */
export async function planPipeline(options: PipelineOptions): Promise<Plan> {
  const { steps, days, circumstances, needsSamples, warnings } = await prepare(options);
  const planned: PlannedStep[] = [];
  const running = new Set<string>();
  for (const step of steps) {
    const own = await reasonsOf(step, circumstances);
    const upstream = step.table.reads.filter((name) => running.has(name));
    const reasons = [...own, ...upstream.map((table): Reason => ({ kind: "upstream", table }))];
    if (reasons.length > 0) running.add(step.name);
    planned.push({ step, reasons });
  }
  return { days, steps: planned, needsSamples, warnings };
}

/** A warehouse that does not answer keeps nobody from planning the other steps. */
async function reasonsOf(step: Step, circumstances: Circumstances): Promise<readonly Reason[]> {
  try {
    return await staleness(step, circumstances);
  } catch (error) {
    if (step.table.layer !== "warehouse" || !isTslakeError(error)) throw error;
    return [{ kind: "unknown", problem: error.message }];
  }
}
