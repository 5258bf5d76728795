import type { HistoryEntry } from "../delta/history.js";
import type { MimeBundle } from "../display.js";
import { renderFacts } from "../picture/table_view.js";

/** A commit as people read it; counts of rows stand under the names that other engines have for them, too. */
export interface CommitRow {
  readonly version: string;
  /** `YYYY-MM-DD HH:MM:SS UTC` */
  readonly committed: string;
  readonly operation: string;
  readonly inserted: string;
  readonly updated: string;
  readonly deleted: string;
  readonly run: string;
  readonly engine: string;
}

export const COMMIT_COLUMNS = [
  "version",
  "committed",
  "operation",
  "inserted",
  "updated",
  "deleted",
  "run",
  "engine",
] as const satisfies readonly (keyof CommitRow)[];

export function commitRows(commits: readonly HistoryEntry[]): readonly CommitRow[] {
  return commits.map((commit) => {
    const count = (...metrics: readonly string[]): string =>
      metrics.map((metric) => commit.operationMetrics[metric]).find((value) => value !== undefined) ?? "";
    const run = commit.tslake["runId"];
    return {
      version: String(commit.version),
      committed: `${new Date(commit.timestamp).toISOString().slice(0, 19).replace("T", " ")} UTC`,
      operation: commit.operation ?? "",
      inserted: count("inserted", "numTargetRowsInserted", ...(isWrite(commit) ? ["numOutputRows"] : [])),
      updated: count("updated", "numTargetRowsUpdated", "numUpdatedRows"),
      deleted: count("deleted", "numTargetRowsDeleted", "numDeletedRows"),
      run: typeof run === "string" ? run : "",
      engine: commit.engineInfo ?? "",
    };
  });
}

/** The newest commits of a table as a table. */
export function showHistory(
  label: string,
  version: number,
  commits: readonly HistoryEntry[],
  limit: number,
): MimeBundle {
  const shown = commitRows(commits.slice(0, limit)).map((row) => COMMIT_COLUMNS.map((name) => row[name]));
  const caption = commits.length > limit ? `the newest ${limit} commits` : `${commits.length} commits`;
  return renderFacts({ title: `${label}, version ${version}` }, COMMIT_COLUMNS, shown, caption);
}

function isWrite({ operation = "" }: HistoryEntry): boolean {
  return operation === "WRITE" || operation === "STREAMING UPDATE" || operation.startsWith("CREATE");
}
