import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { POSITION } from "../engine/polars/table_files.js";
import { literalExpr } from "../relation/literal.js";
import type { Relation } from "../relation/relation.js";
import type { FileTarget } from "./data_files.js";
import { extended } from "./expressions.js";
import { plainRows, positionedRows } from "./row_changes.js";

const PROBED_ROWS = 50_000;

/**
 * Those of some files that hold a key of the source: most are found by their first rows, only the others are read to the end.
 * @param on the table's key columns, and those of the source that they are compared with
 */
export async function filesWithKeys(
  target: FileTarget,
  snapshot: Snapshot,
  candidates: readonly AddFile[],
  source: Relation,
  on: Readonly<Record<string, string>>,
): Promise<readonly AddFile[]> {
  const keys = Object.keys(on);
  const probe = candidates.map((file, number) =>
    extended(plainRows(target, snapshot, [file]).select(keys).limit(PROBED_ROWS), [
      { name: POSITION.file, expr: literalExpr(number, "integer") },
    ]),
  );
  const found = await numbersOf(probe, source, on);
  const rest = candidates.filter((_, number) => !found.has(number));
  if (rest.length === 0) return candidates;
  const all = positionedRows(target, snapshot, rest).select([...keys, POSITION.file]);
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
