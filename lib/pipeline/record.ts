import fs from "node:fs";
import { join } from "node:path";
import { isoMicros } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import { describeError } from "../errors.js";
import type { Value } from "../relation/runner.js";
import { type DataType, field, type StructField } from "../types.js";
import { formatJson } from "./json.js";
import { countOf, type StepOutcome } from "./outcome.js";
import type { RunSummary } from "./run.js";
import { describeReason } from "./step.js";

/** Keeps records of runs in the lake. */
export interface Recorder {
  /** Adds rows to a record table, which is made, or given columns, when need be. */
  appendRows(
    name: string,
    fields: readonly StructField[],
    rows: readonly Readonly<Record<string, Value>>[],
  ): Promise<unknown>;
  /** Says in a table's own log that its step has failed after it had committed. */
  markFailed(table: AnyTable): Promise<unknown>;
}

/** What was asked of a run, as far as its record says. */
export interface RunRequest {
  readonly lakeFolder: string;
  readonly landing: string;
  readonly select: readonly string[];
  readonly fullRefresh: boolean;
}

/** One row of `ops.steps` or `ops.runs`: for people to read, nothing decides by it. */
export type RecordRow = Readonly<Record<string, Value>>;

/**
 * Records a run in `ops.runs`, what its steps did in `ops.steps` (fresh steps leave no row), and both in
 * `_runs/<run id>/run.json`.
 * @throws whatever writing to the lake throws
 */
export async function recordRun(summary: RunSummary, request: RunRequest, recorder: Recorder): Promise<void> {
  const run = runRow(summary, request);
  const steps = summary.steps.filter((step) => step.status !== "fresh").map((step) => stepRow(step, summary));
  const folder = join(request.lakeFolder, "_runs", summary.runId);
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "run.json"), `${formatJson({ ...run, steps })}\n`);
  if (steps.length > 0) await recorder.appendRows("ops.steps", fieldsOf(STEP_COLUMNS), steps);
  await recorder.appendRows("ops.runs", fieldsOf(RUN_COLUMNS), [run]);
}

/** What a step did, as a row. */
export function stepRow(outcome: StepOutcome, run: Pick<RunSummary, "runId" | "days">): RecordRow {
  return {
    run_id: run.runId,
    step: outcome.step,
    status: outcome.status,
    reason: outcome.skipped ?? outcome.reasons.map(describeReason).join("; "),
    logical_day: run.days.day,
    started_at: isoMicros(outcome.startedAt),
    seconds: rounded(outcome.seconds),
    attempts: outcome.attempts,
    ...countRow((name) => countOf(outcome.metrics, name)),
    version_before: outcome.versionBefore === undefined ? null : BigInt(outcome.versionBefore),
    version_after: outcome.versionAfter === undefined ? null : BigInt(outcome.versionAfter),
    notebook: outcome.notebook ?? null,
    warnings: outcome.warnings.length === 0 ? null : outcome.warnings.join("\n"),
    error: outcome.error === undefined ? null : describeError(outcome.error),
  };
}

/** What a run did, as a row. */
export function runRow(summary: RunSummary, request: RunRequest): RecordRow {
  const count = (status: string): number => summary.steps.filter((step) => step.status === status).length;
  const failed = summary.steps.filter((step) => step.status === "failed").map((step) => step.step);
  return {
    run_id: summary.runId,
    status: summary.status,
    logical_day: summary.days.day,
    from_day: summary.days.from ?? null,
    selection: request.select.length === 0 ? null : request.select.join(" "),
    full_refresh: request.fullRefresh,
    landing: request.landing,
    revision: summary.revision ?? null,
    started_at: isoMicros(summary.startedAt),
    seconds: rounded(summary.seconds),
    steps_succeeded: count("succeeded"),
    steps_fresh: count("fresh"),
    steps_failed: count("failed"),
    steps_skipped: count("skipped"),
    ...countRow((name) => summary.totals[name] ?? 0),
    error: failed.length === 0 ? null : `failed: ${failed.join(", ")}`,
  };
}

type Columns = Readonly<Record<string, DataType>>;

/** Column of a record, and the count that steps report for it. */
const COUNTS = {
  rows_read: "read",
  rows_written: "written",
  rows_inserted: "inserted",
  rows_updated: "updated",
  rows_deleted: "deleted",
  duplicates: "duplicates",
  quarantined: "quarantined",
  dropped: "dropped",
  warned: "warned",
  waiting: "waiting",
  files: "files",
  rejected_files: "rejected",
  bytes: "bytes",
} as const;

const COUNT_COLUMNS: Columns = Object.fromEntries(Object.keys(COUNTS).map((name) => [name, "long"]));

const STEP_COLUMNS: Columns = {
  run_id: "string",
  step: "string",
  status: "string",
  reason: "string",
  logical_day: "date",
  started_at: "timestamp",
  seconds: "double",
  attempts: "integer",
  ...COUNT_COLUMNS,
  version_before: "long",
  version_after: "long",
  notebook: "string",
  warnings: "string",
  error: "string",
};

const RUN_COLUMNS: Columns = {
  run_id: "string",
  status: "string",
  logical_day: "date",
  from_day: "date",
  selection: "string",
  full_refresh: "boolean",
  landing: "string",
  revision: "string",
  started_at: "timestamp",
  seconds: "double",
  steps_succeeded: "integer",
  steps_fresh: "integer",
  steps_failed: "integer",
  steps_skipped: "integer",
  ...COUNT_COLUMNS,
  error: "string",
};

function fieldsOf(columns: Columns): readonly StructField[] {
  return Object.entries(columns).map(([name, type]) => field(name, type));
}

function countRow(count: (name: string) => number): Readonly<Record<string, bigint>> {
  return Object.fromEntries(Object.entries(COUNTS).map(([column, name]) => [column, BigInt(Math.trunc(count(name)))]));
}

/** Seconds to the millisecond. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
