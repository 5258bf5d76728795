import type { LongColumn } from "../relation/number_column.js";
import type { Relation } from "../relation/relation.js";
import type { TextColumn } from "../relation/text_column.js";
import { concat } from "../relation/when.js";

/** Columns that tell where and when a source row arrived, in the order in which identical rows are ranked. */
const ARRIVAL = ["_ingested_at", "_file", "_row"];

/** The columns of source rows that two identical ones have in common. */
export function contentColumns(rows: Relation): readonly string[] {
  return rows.columnNames.filter((name) => !ARRIVAL.includes(name));
}

/** Of identical rows the first, by arrival, then file name, then line. */
export function firstOccurrences(rows: Relation): Relation {
  return rows.distinct(contentColumns(rows), (t) => ARRIVAL.flatMap((name) => t[name] ?? []));
}

/** Where a source row stands, as `file:line`. */
export function placeOf(t: Relation["columns"]): TextColumn {
  return concat(t["_file"] as TextColumn, ":", (t["_row"] as LongColumn).cast("string"));
}
