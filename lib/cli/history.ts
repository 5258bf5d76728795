import type { HistoryEntry } from "../delta/history.js";
import type { DeltaTable } from "../delta_table/delta_table.js";
import { formatJson, type JsonValue } from "../pipeline/json.js";
import { field } from "../types.js";
import { isoSeconds } from "./describe.js";
import { type Format, formatRows } from "./rows.js";

/** The commits of a table, newest first. Counts of rows stand under the names that other engines have for them, too. */
export async function showHistory(table: DeltaTable, limit: number, format: Format): Promise<string> {
  const commits = await table.history({ limit });
  const rows = commits.map((commit) => {
    const count = (...metrics: readonly string[]): string =>
      metrics.map((metric) => commit.operationMetrics[metric]).find((value) => value !== undefined) ?? "";
    const run = commit.tslake["runId"];
    return {
      version: String(commit.version),
      committed: isoSeconds(commit.timestamp),
      operation: commit.operation ?? "",
      inserted: count("inserted", "numTargetRowsInserted", ...(isWrite(commit) ? ["numOutputRows"] : [])),
      updated: count("updated", "numTargetRowsUpdated", "numUpdatedRows"),
      deleted: count("deleted", "numTargetRowsDeleted", "numDeletedRows"),
      run: typeof run === "string" ? run : "",
      engine: commit.engineInfo ?? "",
    };
  });
  if (format === "json") return `[\n${commits.map((commit) => formatJson(plain(commit))).join(",\n")}\n]`;
  const names = ["version", "committed", "operation", "inserted", "updated", "deleted", "run", "engine"];
  return formatRows(
    names.map((column) => field(column, "string")),
    rows,
    format,
    `${rows.length} commits`,
  );
}

function isWrite({ operation = "" }: HistoryEntry): boolean {
  return operation === "WRITE" || operation === "STREAMING UPDATE" || operation.startsWith("CREATE");
}

function plain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
