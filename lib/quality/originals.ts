import type { AnyTable } from "../contract/define_table.js";
import type { Arrivals } from "../lake/arrivals.js";
import type { Lake } from "../lake/lake.js";
import type { Relation } from "../relation/relation.js";
import { untyped } from "../relation/untyped.js";
import { report } from "../run.js";
import { contentColumns, firstOccurrences } from "./occurrences.js";
import { type Withdrawals, withdrawals, withoutWithdrawn } from "./withdrawals.js";

/** Files that a message names at most. */
const SHOWN = 5;

/** Source rows without their repetitions. */
export interface Originals {
  /** Of identical rows the first, by arrival, then file name, then line; none that an earlier run has taken. */
  readonly unique: Relation;
  /** How many rows of this run are left out as repetitions. */
  readonly duplicates: number;
  /** How many are left out because they were withdrawn. */
  readonly withdrawn: number;
}

/**
 * Leaves out rows that are identical in every column of their source to another row, of this run or an earlier one. Rows
 * that were withdrawn are left out before, and repeat nothing. When all rows are read anew, withdrawn files that are not
 * there any more are told: their rows may be there under another name.
 */
export async function originals<T extends AnyTable>(
  lake: Lake,
  target: AnyTable,
  arrived: Arrivals<T>,
): Promise<Originals> {
  const gone = await withdrawals(lake, target);
  const all = untyped(arrived.rows);
  if (arrived.rebuild) await tellLost(all, gone, target);
  const rows = withoutWithdrawn(all, gone);
  const first = await lake.materialize(firstOccurrences(rows));
  const earlier = withoutWithdrawn(untyped(arrived.earlier), gone);
  const unique = arrived.after === null ? first : await withoutRepeated(lake, first, earlier);
  const [read, kept] = [await all.count(), await unique.count()];
  const counting = rows === all ? read : await rows.count();
  return { unique, duplicates: counting - kept, withdrawn: read - counting };
}

async function tellLost(rows: Relation, gone: Withdrawals, { name }: AnyTable): Promise<void> {
  const withdrawn = new Set([...gone.files, ...gone.ids.map((id) => id.replace(/:\d+$/, ""))]);
  if (withdrawn.size === 0) return;
  for (const { _file } of await rows.select(["_file"]).distinct().collect()) withdrawn.delete(String(_file));
  if (withdrawn.size === 0) return;
  const more = withdrawn.size > SHOWN ? ` and ${withdrawn.size - SHOWN} more` : "";
  report({
    messages:
      `withdrawn, and not among its files any more: ${[...withdrawn].slice(0, SHOWN).join(", ")}${more}; where the rows have come again ` +
      `under another name they count: npx tslake show ${name} lists them, npx tslake withdraw takes them out`,
  });
}

/** The rows that are identical to no earlier one. */
function withoutRepeated(lake: Lake, rows: Relation, earlier: Relation): Promise<Relation> {
  const columns = contentColumns(rows);
  const repeated = earlier.semiJoin(rows, columns, { nullsEqual: true });
  return lake.materialize(rows.antiJoin(repeated, columns, { nullsEqual: true }));
}
