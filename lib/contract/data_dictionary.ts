import type { MimeBundle } from "../display.js";
import { renderFacts } from "../picture/table_view.js";
import { formatExpr } from "../relation/print.js";
import { formatType } from "../types.js";
import type { AnyTable } from "./define_table.js";

/** A contract as a data dictionary: what a row is, each column with its meaning, and the rules that rows keep. */
export function dataDictionary(table: AnyTable): MimeBundle {
  const written = [
    table.write,
    ...(table.key.length > 0 ? [`key ${table.key.join(", ")}`] : []),
    ...(table.partitionBy.length > 0 ? [`partitioned by ${table.partitionBy.join(", ")}`] : []),
  ];
  const about = [
    table.description,
    `One row: ${table.grain}.`,
    `Written: ${written.join("; ")}.${table.reads.length > 0 ? ` Reads ${table.reads.join(", ")}.` : ""}`,
    ...table.expectations.map(
      ({ name, severity, condition }) => `Expects ${name}, else ${severity}: ${formatExpr(condition.expr)}`,
    ),
  ];
  const columns = Object.entries(table.columns).map(([name, spec]) => [
    name,
    formatType(spec.type),
    spec.nullable ? "" : "not null",
    spec.from ?? (spec.parse.rule === "computed" ? "computed" : ""),
    spec.description,
  ]);
  const names = ["column", "type", "null", "from", "description"];
  return renderFacts({ title: table.name, about }, names, columns, `${columns.length} columns`);
}
