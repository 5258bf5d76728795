import type { AnyTable } from "../contract/define_table.js";
import type { Arrivals } from "../lake/arrivals.js";
import type { Lake } from "../lake/lake.js";
import type { Relation } from "../relation/relation.js";
import { type Withdrawals, withdrawals, withoutWithdrawn } from "./withdraw.js";

/** Source rows without their repetitions. */
export interface Originals {
  /** Of identical rows the first, by arrival, then file name, then line; none that an earlier run has taken. */
  readonly unique: Relation;
  /** How many rows of this run are left out as repetitions. */
  readonly duplicates: number;
  /** How many are left out because they were withdrawn. */
  readonly withdrawn: number;
}

/** Columns that differ between two identical source rows: where and when they arrived. */
const PLACE = ["_file", "_row", "_ingested_at"];

/** Leaves out rows that are identical in every column of their source to another row, of this run or an earlier one. */
export async function originals<T extends AnyTable>(
  lake: Lake,
  target: AnyTable,
  arrived: Arrivals<T>,
): Promise<Originals> {
  const rows = arrived.rows as unknown as Relation;
  const columns = rows.columnNames.filter((name) => !PLACE.includes(name));
  const first = await lake.materialize(rows.distinct(columns, (t) => PLACE_ORDER.flatMap((name) => t[name] ?? [])));
  const gone = await withdrawals(lake, target);
  const repeated = withoutWithdrawn(arrived.earlier as unknown as Relation, gone).semiJoin(first, columns, {
    nullsEqual: true,
  });
  const fresh =
    arrived.after === null ? first : await lake.materialize(first.antiJoin(repeated, columns, { nullsEqual: true }));
  const unique = await alive(lake, rows, fresh, columns, gone);
  const [all, different, kept] = [await rows.count(), await fresh.count(), await unique.count()];
  return { unique, duplicates: all - different, withdrawn: different - kept };
}

const PLACE_ORDER = ["_ingested_at", "_file", "_row"];

/** Rows that somebody still vouches for: a file that is not withdrawn holds them, and they are not withdrawn themselves. */
async function alive(
  lake: Lake,
  rows: Relation,
  fresh: Relation,
  columns: readonly string[],
  gone: Withdrawals,
): Promise<Relation> {
  if (gone.files.length + gone.ids.length === 0) return fresh;
  const vouched = withoutWithdrawn(rows, { files: gone.files, ids: [] });
  return lake.materialize(
    withoutWithdrawn(fresh, { files: [], ids: gone.ids }).semiJoin(vouched, columns, { nullsEqual: true }),
  );
}
