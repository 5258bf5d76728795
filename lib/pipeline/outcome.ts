import type { StepMetrics } from "../run.js";
import type { Reason } from "./step.js";

/**
 * `fresh`: nothing to do. `skipped`: something that it needs did not succeed, or the run was interrupted before it began.
 * `interrupted`: ended while it ran.
 */
export type StepStatus = "succeeded" | "failed" | "skipped" | "fresh" | "interrupted";

/** What became of a step. */
export interface StepOutcome {
  readonly step: string;
  readonly status: StepStatus;
  /** Why it ran. */
  readonly reasons: readonly Reason[];
  /** What it reported: numbers are sums. */
  readonly metrics: StepMetrics;
  /** Microseconds since the epoch. */
  readonly startedAt: bigint;
  readonly seconds: number;
  readonly attempts: number;
  /** Versions of its table. */
  readonly versionBefore: number | undefined;
  readonly versionAfter: number | undefined;
  /** The last day that its table has closed, if it closes days. */
  readonly closed?: string | undefined;
  /** Why it failed; why it was skipped, as text. */
  readonly error?: unknown;
  readonly skipped?: string;
  /** For people; a step that succeeded can have some. */
  readonly warnings: readonly string[];
  /** The executed notebook, relative to the lake; undefined when none was saved. */
  readonly notebook?: string | undefined;
}

/** A count that steps report; 0 when nobody did. */
export function countOf(metrics: StepMetrics, name: string): number {
  const value = metrics[name];
  return typeof value === "number" ? value : 0;
}

/** The sums of all counts, over steps. */
export function totalsOf(outcomes: readonly StepOutcome[]): Readonly<Record<string, number>> {
  const totals: Record<string, number> = {};
  for (const { metrics } of outcomes) {
    for (const [name, value] of Object.entries(metrics)) {
      if (typeof value === "number") totals[name] = (totals[name] ?? 0) + value;
    }
  }
  return totals;
}
