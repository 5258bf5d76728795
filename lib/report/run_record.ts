import fs from "node:fs";
import { join } from "node:path";
import { type HiddenPlaces, withoutPlaces } from "./hidden_places.js";

/** A run, as `_runs/<run id>/run.json` records it. Counts are rows, unless they say otherwise. */
export interface RunRecord extends Counts {
  readonly run_id: string;
  readonly status: string;
  readonly logical_day: string;
  readonly from_day: string | null;
  readonly selection: string | null;
  readonly full_refresh: boolean;
  readonly revision: string | null;
  /** ISO instant. */
  readonly started_at: string;
  readonly seconds: number;
  readonly steps_succeeded: number;
  readonly steps_fresh: number;
  readonly steps_failed: number;
  readonly steps_skipped: number;
  readonly error: string | null;
  /** Steps that were up to date are not among them. */
  readonly steps: readonly StepRecord[];
}

export interface StepRecord extends Counts {
  readonly step: string;
  readonly status: string;
  readonly reason: string;
  readonly started_at: string;
  readonly seconds: number;
  readonly attempts: number;
  readonly version_before: number | null;
  readonly version_after: number | null;
  /** The executed notebook, below the lake's folder. */
  readonly notebook: string | null;
  readonly warnings: string | null;
  readonly error: string | null;
}

interface Counts {
  readonly rows_read: number;
  readonly rows_written: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly dropped: number;
  readonly waiting: number;
  readonly rejected_files: number;
}

const RUNS_FOLDER = "_runs";
/** Names that a run's folder can have, and that are safe in a path. */
const RUN_ID = /^\w[\w.-]*$/;

/** The ids of the runs of a lake, newest first. */
export function listRuns(lakeFolder: string): readonly string[] {
  try {
    return fs
      .readdirSync(join(lakeFolder, RUNS_FOLDER), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && RUN_ID.test(entry.name))
      .map((entry) => entry.name)
      .sort()
      .reverse();
  } catch {
    return [];
  }
}

/** The record of a run; undefined while it runs, and for one that was killed. */
export function readRun(lakeFolder: string, runId: string, places: HiddenPlaces): RunRecord | undefined {
  try {
    const text = fs.readFileSync(join(lakeFolder, RUNS_FOLDER, runId, "run.json"), "utf8");
    const record = JSON.parse(withoutPlaces(text, places)) as RunRecord;
    return record.run_id === runId && Array.isArray(record.steps) ? record : undefined;
  } catch {
    return undefined;
  }
}

/** True for a run that found every step up to date. */
export function isIdle(run: RunRecord): boolean {
  return run.steps.length === 0 && run.status === "succeeded";
}
