import type { Lake } from "../lake/lake.js";
import { countRows, max, min } from "../relation/aggregate.js";
import type { Column } from "../relation/column.js";
import type { LiteralFor } from "../relation/literal.js";
import type { Relation, Shape } from "../relation/relation.js";
import { typed, untyped } from "../relation/untyped.js";

/** So few keys may lie close together: then files, and parts of files, are left out by their statistics. */
const FEW_KEYS = 100;

/**
 * Those rows of a long table whose key is one of some others', read once and held, so that what follows costs in
 * proportion to them. Where the keys are scattered, the columns of `rows` are read at full length: select what is needed
 * first. Null keys match nothing.
 * @param rows of tables, perhaps filtered
 * @param keys rows with the wanted keys; held, because they are read several times
 * @param on the key's columns in both; first the one that tells most rows apart
 */
export async function rowsOfKeys<S extends Shape, K extends Shape>(
  lake: Lake,
  rows: Relation<S>,
  keys: Relation<K>,
  on: readonly [keyof S & keyof K & string, ...(keyof S & keyof K & string)[]],
): Promise<Relation<S>> {
  const [first] = on;
  const [all, some] = [untyped(rows), untyped(keys)];
  const near = await nearby(all, some, first);
  // One key is compared much faster than several.
  const candidates = on.length > 1 ? near.semiJoin(some, [first]) : near;
  return typed(await lake.materialize(candidates.semiJoin(some, on)));
}

/** The rows between the least and the greatest of a few keys; all rows for many. */
async function nearby(rows: Relation, keys: Relation, name: string): Promise<Relation> {
  const [wanted] = await keys
    .groupBy()
    .aggregate((t) => ({ keys: countRows(), least: min(t[name] as Column), greatest: max(t[name] as Column) }))
    .collect();
  const { least, greatest } = wanted as {
    readonly least: LiteralFor<"long"> | null;
    readonly greatest: LiteralFor<"long">;
  };
  if (least === null || Number(wanted?.keys) > FEW_KEYS) return rows;
  return rows.filter((t) => (t[name] as Column<"long">).between(least, greatest));
}
