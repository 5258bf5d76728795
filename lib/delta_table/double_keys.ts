import { DataError } from "../errors.js";
import { countRows } from "../relation/aggregate.js";
import { columnRef } from "../relation/fields.js";
import type { LongColumn } from "../relation/number_column.js";
import { Relation } from "../relation/relation.js";
import { filtered, isNotNull } from "./expressions.js";

/** The keys of a table that an error shows, and the columns that hold them. */
export interface DoubledKeys {
  readonly keys: readonly { readonly name: string; readonly column: string }[];
  /** The table as errors name it. */
  readonly label: string;
}

/** True when two rows have the same keys, none of which is null. */
export async function repeats(rows: Relation, keys: readonly string[]): Promise<boolean> {
  const present = keys.reduce((of, key) => filtered(of, isNotNull(columnRef(of.node, key))), rows);
  const [all, different] = [await present.count(), await present.select(keys).distinct().count()];
  return all !== different;
}

/** The keys that several rows have, and how many. */
export function doubleKeys(rows: Relation, keys: readonly string[]): Relation {
  const counted = rows.groupBy(...keys).aggregate(() => ({ [COPIES]: countRows() }));
  const { node, runner } = counted.filter((t) => (t[COPIES] as LongColumn).gt(1n));
  return new Relation(node, runner);
}

/** @throws DataError showing the first of the keys that `doubleKeys` has found, if there is one */
export async function refuseDoubles(doubles: Pick<Relation, "limit">, { keys, label }: DoubledKeys): Promise<void> {
  const [double] = await doubles.limit(1).collect();
  if (double === undefined) return;
  const key = keys.map(({ name, column }) => `${name} = ${String(double[column])}`).join(", ");
  throw new DataError(`${label}: several rows have one key, nothing is written`, {
    where: { table: label },
    expected: "one source row per key",
    actual: `${String(double[COPIES])} rows with ${key}`,
    remedy: "deduplicate before writing",
  });
}

const COPIES = "_metadata.copies";
