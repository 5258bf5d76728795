import type { AddFile } from "../delta/actions/action.js";
import { fileFilter } from "../delta/data_skipping.js";
import { predicate } from "../delta/predicate.js";
import type { Snapshot } from "../delta/snapshot.js";
import { POSITION } from "../engine/polars/table_files.js";
import { literalExpr } from "../relation/literal.js";
import type { Relation } from "../relation/relation.js";
import type { FileTarget } from "./data_files.js";
import { extended, filtered } from "./expressions.js";
import { boundsPredicate, type KeyColumn, type KeySummary } from "./key_range.js";
import { plainRows, positionedRows } from "./row_changes.js";

const PROBED_ROWS = 50_000;

/** The keys that files are looked through for. */
export interface SoughtKeys {
  readonly source: Relation;
  /** The table's key columns, and those of the source that they are compared with. */
  readonly on: Readonly<Record<string, string>>;
  readonly columns: readonly KeyColumn[];
  readonly summary: KeySummary;
}

/**
 * Those of some files that hold a key of the source: most are found by their first rows between its least and its greatest
 * key, only the others are read to the end.
 */
export async function filesWithKeys(
  target: FileTarget,
  snapshot: Snapshot,
  candidates: readonly AddFile[],
  { source, on, columns, summary }: SoughtKeys,
): Promise<readonly AddFile[]> {
  const keys = Object.keys(on);
  const { schema, partitionColumns } = snapshot;
  const mayHoldOthers = fileFilter(predicate.not(boundsPredicate(columns, summary)), schema, partitionColumns);
  const within = (rows: Relation): Relation => (summary.within ? filtered(rows, summary.within) : rows);
  const probe = candidates.map((file, number) => {
    const rows = plainRows(target, snapshot, [file]).select(keys) as Relation;
    return extended((mayHoldOthers(file) ? within(rows) : rows).limit(PROBED_ROWS), [
      { name: POSITION.file, expr: literalExpr(number, "integer") },
    ]);
  });
  const found = await numbersOf(probe, source, on);
  const rest = candidates.filter((_, number) => !found.has(number));
  if (rest.length === 0) return candidates;
  const all = within(positionedRows(target, snapshot, rest).select([...keys, POSITION.file]) as Relation);
  const others = await numbersOf([all], source, on);
  const inRest = new Set(rest.filter((_, number) => others.has(number)));
  return candidates.filter((file, number) => found.has(number) || inRest.has(file));
}

/** The numbers of the files of which some rows have a key of the source. */
async function numbersOf(
  parts: readonly Relation[],
  source: Relation,
  on: Readonly<Record<string, string>>,
): Promise<ReadonlySet<number>> {
  const [first, ...others] = parts;
  if (first === undefined) return new Set();
  const rows = others.length === 0 ? first : first.union(...others);
  const found = await rows.semiJoin(source, on).select([POSITION.file]).distinct().collect();
  return new Set(found.map((row) => Number(row[POSITION.file])));
}
