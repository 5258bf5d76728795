import type { StepOutcome } from "./outcome.js";
import type { RunDays } from "./run_days.js";
import type { Reason } from "./step.js";

/** Follows a run as it goes on: a terminal, a log, a machine. */
export interface RunObserver {
  runStarts?(start: RunStart): void;
  stepStarts?(step: string, reasons: readonly Reason[]): void;
  /** `wait`: milliseconds until the next attempt. */
  stepRetries?(step: string, attempt: number, error: unknown, wait: number): void;
  stepEnds?(outcome: StepOutcome): void;
}

/** What is known of a run before its first step. */
export interface RunStart {
  readonly runId: string;
  readonly days: RunDays;
  /** Names of the steps, in dependency order. */
  readonly steps: readonly string[];
  /** Sample files copied into the landing zone. */
  readonly samplesCopied: number;
  /** About what was found before the first step. */
  readonly warnings: readonly string[];
}
