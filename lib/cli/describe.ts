import type { AnyTable } from "../contract/define_table.js";
import type { Lake } from "../lake/lake.js";
import { closedDay } from "../pipeline/step.js";
import { formatExpr } from "../relation/print.js";
import { formatType } from "../types.js";
import { noTable, snapshotOf } from "./show.js";

/**
 * The data dictionary of a table, from its contract, and what is stored of it.
 * @throws UsageError for a table without contract that is not stored either
 */
export async function describeTable(lake: Lake, name: string): Promise<string> {
  const snapshot = await snapshotOf(lake, name);
  if (snapshot === undefined && !lake.catalog.has(name)) throw noTable(lake.catalog, name);
  const facts: [string, string][] = [];
  if (snapshot === undefined) {
    facts.push(["stored", "not yet"]);
  } else {
    const files = await snapshot.files();
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    const rows = await snapshot.numRecords();
    facts.push([
      "stored",
      `version ${snapshot.version}, ${rows ?? "?"} rows, ${files.length} files, ${formatBytes(bytes)}`,
    ]);
    facts.push(["committed", isoSeconds(snapshot.timestamp)]);
    const closed = await closedDay(snapshot);
    if (closed !== undefined) facts.push(["closed through", closed]);
    facts.push(["folder", snapshot.storage.uri]);
  }
  if (lake.catalog.has(name)) return contractText(lake, lake.catalog.table(name), facts);
  const columns = (snapshot?.schema.fields ?? []).map((f) => [
    f.name,
    formatType(f.type),
    f.nullable ? "" : "not null",
  ]);
  return [name, ...factLines(facts), "", ...aligned([["column", "type", ""], ...columns])].join("\n");
}

/** A number of bytes as people read it. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power] ?? ""}`;
}

/** Milliseconds since the epoch as `YYYY-MM-DD HH:MM:SS UTC`. */
export function isoSeconds(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

/** Cells in columns; the first line is the heading. */
function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths = (lines[0] ?? []).map((_, i) => Math.max(...lines.map((line) => [...(line[i] ?? "")].length)));
  return lines.map((line) =>
    line
      .map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - [...cell].length)))
      .join("  ")
      .trimEnd(),
  );
}

function contractText(lake: Lake, table: AnyTable, facts: readonly [string, string][]): string {
  const readers = lake.catalog.tables.filter((other) => other.reads.includes(table.name)).map((other) => other.name);
  const written = [
    table.write,
    ...(table.key.length > 0 ? [`key ${table.key.join(", ")}`] : []),
    ...(table.partitionBy.length > 0 ? [`partitioned by ${table.partitionBy.join(", ")}`] : []),
  ];
  const about: [string, string][] = [["grain", table.grain]];
  if (table.landing)
    about.push(["files", table.landing.files.map((file) => `${table.landing?.source ?? ""}/${file}`).join(", ")]);
  if (table.reads.length > 0) about.push(["reads", table.reads.join(", ")]);
  if (readers.length > 0) about.push(["read by", readers.join(", ")]);
  about.push(["written", written.join("; ")]);
  const columns = Object.entries(table.columns).map(([name, spec]) => [
    name,
    formatType(spec.type),
    spec.nullable ? "" : "not null",
    spec.from ?? "",
    spec.description,
  ]);
  const rules = table.expectations.map(({ name, severity, condition }) => [name, severity, formatExpr(condition.expr)]);
  return [
    `${table.name}: ${table.description}`,
    ...factLines([...about, ...facts]),
    "",
    ...aligned([["column", "type", "", "from", "description"], ...columns]),
    ...(rules.length === 0 ? [] : ["", ...aligned([["expectation", "if broken", "condition"], ...rules])]),
  ].join("\n");
}

function factLines(facts: readonly (readonly [string, string])[]): readonly string[] {
  return facts.map(([name, value]) => `  ${name.padEnd(15)}${value}`);
}
