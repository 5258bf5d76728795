import fs from "node:fs";
import { join } from "node:path";
import type { RunObserver } from "./observer.js";
import type { StepStatus } from "./outcome.js";
import { holderOf, lockedBy } from "./run_lock.js";

/** How far a run is, for those who watch it from another process. */
export interface RunProgress {
  readonly runId: string;
  /** In dependency order. */
  readonly steps: readonly { readonly step: string; readonly status: StepStatus | "waiting" | "running" }[];
}

const PROGRESS = join("_runs", "progress.json");

/**
 * Follows a run as another observer does, and keeps in the lake's folder how far it is while it holds the lake. That file is
 * a courtesy: a run goes on where it cannot be written.
 */
export function tellProgress(lakeFolder: string, observer: RunObserver): RunObserver {
  const states = new Map<string, RunProgress["steps"][number]["status"]>();
  let runId = "";
  const tell = (): void => {
    const progress: RunProgress = { runId, steps: [...states].map(([step, status]) => ({ step, status })) };
    const file = join(lakeFolder, PROGRESS);
    try {
      if (lockedBy(lakeFolder) !== runId) return;
      fs.writeFileSync(`${file}.tmp`, JSON.stringify(progress));
      fs.renameSync(`${file}.tmp`, file);
    } catch {
      // Nobody can watch.
    }
  };
  return {
    runStarts: (start) => {
      runId = start.runId;
      for (const step of start.steps) states.set(step, "waiting");
      tell();
      observer.runStarts?.(start);
    },
    stepStarts: (step, reasons) => {
      states.set(step, "running");
      tell();
      observer.stepStarts?.(step, reasons);
    },
    stepRetries: (...retry) => observer.stepRetries?.(...retry),
    stepEnds: (outcome) => {
      states.set(outcome.step, outcome.status);
      // A run that finds nothing to do tells so at its end only.
      if (outcome.status !== "fresh") tell();
      observer.stepEnds?.(outcome);
    },
  };
}

/** Takes the file of a run away, which holds the lake still: the run's record says the rest. */
export function endProgress(lakeFolder: string, runId: string): void {
  try {
    if (lockedBy(lakeFolder) === runId) fs.rmSync(join(lakeFolder, PROGRESS), { force: true });
  } catch {
    // What is left there names a run that has ended: nobody takes it for another one.
  }
}

/** How far the run is that works on a lake now; undefined while there is none. */
export function readProgress(lakeFolder: string, at: number): RunProgress | undefined {
  try {
    const runId = holderOf(lakeFolder, at);
    if (runId === undefined) return undefined;
    const progress = JSON.parse(fs.readFileSync(join(lakeFolder, PROGRESS), "utf8")) as RunProgress;
    return progress.runId === runId ? progress : undefined;
  } catch {
    return undefined;
  }
}
