import type { Star } from "../contract/star.js";
import { count } from "./format.js";
import type { ColumnLineage } from "./lineage_graph.js";
import type { RunRecord, StepRecord } from "./run_record.js";
import type { LakeTable, StoredFacts } from "./table_facts.js";

/** What other pages tell of a table; JSON, kept in `state.json` for the runs that do not change the table. */
export interface TableSummary {
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly committedAt: number;
  /** Null when the log does not tell. */
  readonly rows: string | null;
  /** Null for a star, which is stored elsewhere. */
  readonly bytes: number | null;
  readonly closed: string | null;
  /** Rows in quarantine. */
  readonly refused: string;
  readonly lineage: ColumnLineage;
}

/** The last run of a table's step that was not up to date. */
export interface LastStep {
  readonly runId: string;
  readonly step: StepRecord;
}

/** How a table fares, for people: a state, a word and why. */
export interface Fare {
  readonly state: "good" | "warning" | "bad" | "idle";
  readonly word: string;
}

export function summarize(facts: StoredFacts): TableSummary {
  const { snapshot, rows, bytes, closed, quarantine, lineage } = facts;
  return {
    version: snapshot.version,
    committedAt: snapshot.timestamp,
    rows: rows === undefined ? null : String(rows),
    bytes,
    closed: closed ?? null,
    refused: String(quarantine?.rows ?? 0),
    lineage,
  };
}

/** What the last load of a star says of it, and its declaration; undefined while no run has loaded it. */
export function summarizeStar(star: Star, runs: readonly RunRecord[]): TableSummary | undefined {
  const steps = runs.flatMap((run) => run.steps.filter(({ step }) => step === star.name));
  const { version_after: version = null, started_at: began, seconds } = steps.find(isLoad) ?? {};
  if (version === null || began === undefined || seconds === undefined) return undefined;
  const committedAt = Date.parse(began) + seconds * 1000;
  return { version, committedAt, rows: null, bytes: null, closed: null, refused: "0", lineage: starLineage(star) };
}

function isLoad({ version_after: version, version_before: before }: StepRecord): boolean {
  return version !== null && version !== before;
}

/** Columns of a star are named with their table: `fato_vendas.valor_da_compra`. */
function starLineage({ facts, dimensions }: Star): ColumnLineage {
  const lineage: Record<string, readonly string[]> = {};
  for (const fact of facts) {
    for (const { name, source } of fact.taken) lineage[`${fact.name}.${name}`] = [`${fact.source.name}.${source}`];
    for (const { column, by } of fact.keys)
      lineage[`${fact.name}.${column.name}`] = by.map((source) => `${fact.source.name}.${source}`);
  }
  for (const dimension of dimensions) {
    if (dimension.kind === "calendar") continue;
    for (const { name, source } of [...dimension.naturalKey, ...dimension.attributes])
      lineage[`${dimension.name}.${name}`] = [`${dimension.source.name}.${source}`];
  }
  return lineage;
}

export function fareOf(table: LakeTable, summary: TableSummary | undefined, last: LastStep | undefined): Fare {
  if (last?.step.status === "failed") return { state: "bad", word: "last run failed" };
  if (summary === undefined) return { state: "idle", word: "not built" };
  if (last?.step.status === "skipped") return { state: "warning", word: "held up" };
  if (summary.refused !== "0") {
    return { state: "warning", word: `${count(Number(summary.refused))} refused` };
  }
  if ((last?.step.rejected_files ?? 0) > 0) return { state: "warning", word: "file rejected" };
  if (table.role === "star") return { state: "good", word: "loaded" };
  return { state: "good", word: table.contract && table.contract.expectations.length > 0 ? "all rules kept" : "good" };
}

/** The last step of each table, of runs that are given newest first. */
export function lastSteps(runs: readonly RunRecord[]): ReadonlyMap<string, LastStep> {
  const found = new Map<string, LastStep>();
  for (const { run_id: runId, steps } of runs)
    for (const step of steps) if (!found.has(step.step)) found.set(step.step, { runId, step });
  return found;
}
