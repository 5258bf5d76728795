import type { AnyTable, ShapeOfTable } from "../contract/define_table.js";
import { ContractError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import type { LongColumn } from "../relation/number_column.js";
import type { Relation } from "../relation/relation.js";
import type { DateColumn } from "../relation/time_column.js";
import { at, typed, untyped } from "../relation/untyped.js";

/**
 * A table of versions as it was known at the end of a day: of each key the highest `version` whose `processed_date` is
 * that day or earlier. The key is the contract's, without `version`.
 * @throws ContractError for a table that keeps no versions
 */
export function asKnown<T extends AnyTable>(lake: Lake, table: T, day: string): Relation<ShapeOfTable<T>> {
  return typed(knownAt(untyped(lake.read(table)), table, day));
}

/** As `asKnown`, on any rows of the table. */
export function knownAt(rows: Relation, table: AnyTable, day: string): Relation {
  const key = table.key.filter((name) => name !== "version");
  if (key.length === table.key.length || !rows.columnNames.includes("processed_date")) {
    throw new ContractError(`${table.name} keeps no versions of what was known`, {
      where: { table: table.name },
      expected: "a key with version, and a column processed_date",
    });
  }
  return rows
    .filter((t) => at<DateColumn>(t, "processed_date").le(day))
    .distinct(key, (t) => [at<LongColumn>(t, "version").desc()]);
}
