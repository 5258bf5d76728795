import type { DeltaTable } from "../delta_table/delta_table.js";
import { COMMIT_COLUMNS, commitRows } from "../delta_table/history_view.js";
import { formatJson, type JsonValue } from "../pipeline/json.js";
import { field } from "../types.js";
import { type Format, formatRows } from "./rows.js";

/** The commits of a table, newest first. */
export async function showHistory(table: DeltaTable, limit: number, format: Format): Promise<string> {
  const commits = await table.history({ limit });
  const rows = commitRows(commits);
  if (format === "json") return `[\n${commits.map((commit) => formatJson(plain(commit))).join(",\n")}\n]`;
  return formatRows(
    COMMIT_COLUMNS.map((column) => field(column, "string")),
    rows.map((row) => ({ ...row })),
    format,
    `${rows.length} commits`,
  );
}

function plain(value: object): JsonValue {
  return JSON.parse(JSON.stringify(value)) as JsonValue;
}
