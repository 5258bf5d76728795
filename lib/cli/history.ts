import type { Lake } from "../lake/lake.js";
import { formatJson, type JsonValue } from "../pipeline/json.js";
import { field } from "../types.js";
import { isoSeconds } from "./describe.js";
import { type Format, formatRows } from "./rows.js";
import { noTable, snapshotOf } from "./show.js";

/**
 * The commits of a table, newest first.
 * @throws UsageError for a table that the lake does not have
 */
export async function showHistory(lake: Lake, name: string, limit: number, format: Format): Promise<string> {
  if ((await snapshotOf(lake, name)) === undefined) throw noTable(lake.catalog, name);
  const commits = await lake.history(name, { limit });
  const rows = commits.map((commit) => {
    const count = (metric: string): string => commit.operationMetrics[metric] ?? "";
    const run = commit.tslake["runId"];
    return {
      version: String(commit.version),
      committed: isoSeconds(commit.timestamp),
      operation: commit.operation ?? "",
      inserted: count("inserted"),
      updated: count("updated"),
      deleted: count("deleted"),
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

function plain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
