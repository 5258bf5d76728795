import { quarantineName } from "../contract/quarantine_name.js";
import { UsageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import type { Value } from "../relation/runner.js";
import { printable } from "./rows.js";
import { type ShowOptions, showRelation } from "./show.js";

/**
 * The rows that a table refused. As a table: file, line and every reason, and how they get another chance; the other formats
 * have the raw values too.
 * @throws UsageError for a table without contract, and for one that refuses nothing
 */
export async function showQuarantine(lake: Lake, name: string, options: ShowOptions): Promise<string> {
  const table = lake.catalog.table(name);
  const quarantine = quarantineName(table.name);
  const isAbsent = (await lake.snapshot(quarantine)) === undefined;
  if (isAbsent && table.layer === "bronze") {
    throw new UsageError(`${name} refuses no rows: it keeps them as they came`, {
      expected: lake.catalog.tables
        .filter((other) => other.reads.includes(name))
        .map((other) => other.name)
        .join(", "),
    });
  }
  const none = `${name} has no rows in quarantine`;
  if (isAbsent) return options.format === "json" ? "[]" : none;
  const rows = await lake.readStored(quarantine);
  const ordered = rows.orderBy((t) => ["_file", "_row"].flatMap((column) => t[column] ?? []));
  if (options.format !== "table") return showRelation(ordered, options);
  const count = await rows.count();
  if (count === 0) return none;
  const shown = await ordered.limit(options.limit ?? 20).collect();
  return [
    ...shown.map(
      (row) => `${printable(String(row["_file"]))} line ${String(row["_row"])}\n${reasons(row["_reasons"] ?? null)}`,
    ),
    `(${shown.length === count ? count : `${shown.length} of ${count}`} rows; --format json has them as they came)`,
    `after a change of the contract they are judged again: npm run pipeline -- --select ${name}+`,
  ].join("\n");
}

function reasons(value: Value): string {
  const list = Array.isArray(value) ? value : [];
  return list.map((reason) => `  - ${printable(String(reason))}`).join("\n");
}
