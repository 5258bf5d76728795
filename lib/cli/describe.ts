import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import type { Lake } from "../lake/lake.js";
import { closedDay } from "../pipeline/step.js";
import { formatExpr } from "../relation/print.js";
import { formatType } from "../types.js";
import type { FoundTable } from "./find_table.js";
import { printable } from "./rows.js";

/** The data dictionary of a table, from its contract or, without one, from its log, and what is stored of it. */
export async function describeTable({ name, table, lake, contract }: FoundTable): Promise<string> {
  const snapshot = await table?.snapshot();
  const facts: Fact[] = snapshot === undefined ? [["stored", "not yet"]] : await storedFacts(snapshot);
  if (lake !== undefined && contract !== undefined) return contractText(lake, contract, facts);
  return printable(snapshot === undefined ? name : storedText(name, snapshot, facts));
}

type Fact = [name: string, value: string];

async function storedFacts(snapshot: Snapshot): Promise<Fact[]> {
  const files = await snapshot.files();
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const rows = await snapshot.numRecords();
  const facts: Fact[] = [
    ["stored", `version ${snapshot.version}, ${rows ?? "?"} rows, ${files.length} files, ${formatBytes(bytes)}`],
    ["committed", isoSeconds(snapshot.timestamp)],
  ];
  const closed = await closedDay(snapshot);
  if (closed !== undefined) facts.push(["closed through", closed]);
  facts.push(["folder", snapshot.storage.uri]);
  return facts;
}

/** A table as its log describes it. */
function storedText(name: string, snapshot: Snapshot, facts: readonly Fact[]): string {
  const { schema, partitionColumns, metadata, protocol } = snapshot;
  const features = [...new Set([...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])])];
  const about: Fact[] = [
    ...facts,
    ...(partitionColumns.length > 0 ? [["partitioned by", partitionColumns.join(", ")] satisfies Fact] : []),
    [
      "protocol",
      [`reader ${protocol.minReaderVersion}, writer ${protocol.minWriterVersion}`, ...features.sort()].join(", "),
    ],
  ];
  const properties = Object.entries(metadata.configuration).sort(([a], [b]) => (a < b ? -1 : 1));
  const columns = schema.fields.map(({ name: column, type, nullable, metadata: { comment } }) => [
    column,
    formatType(type),
    nullable ? "" : "not null",
    typeof comment === "string" ? comment : "",
  ]);
  const title = metadata.name !== undefined && metadata.name !== name ? `${name} (${metadata.name})` : name;
  return [
    metadata.description ? `${title}: ${metadata.description}` : title,
    ...factLines(about),
    "",
    ...aligned([["column", "type", "", "comment"], ...columns]),
    ...(properties.length > 0 ? ["", ...aligned([["property", "value"], ...properties])] : []),
  ].join("\n");
}

/** A number of bytes as people read it. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toFixed(1)} ${units[power] ?? ""}`;
}

/** Milliseconds since the epoch as `YYYY-MM-DD HH:MM:SS UTC`. */
function isoSeconds(millis: number): string {
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
