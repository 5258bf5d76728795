import type { Lake } from "../lake/lake.js";
import type { AnyRelation, Columns, Relation, Shape } from "../relation/relation.js";
import type { DateColumn } from "../relation/time_column.js";
import { at, untyped } from "../relation/untyped.js";
import { report } from "../run.js";
import { BEFORE_ALL_DAYS, type ClosingDays } from "./closing_days.js";
import { rowsOfKeys } from "./rows_of_keys.js";

/** Keys whose rows are read once and held; the rows of more are read wherever they are needed. */
const FEW_KEYS = 200_000;

/**
 * What histories (with a column `processed_date`) say of the keys that closing these days can change: all rows through the
 * last of the days, of keys of which any of the histories has a row on these days. Reports the rows of these days as read.
 */
export async function touchedHistories<H extends readonly AnyRelation[]>(
  lake: Lake,
  days: ClosingDays,
  key: string,
  ...histories: H
): Promise<H> {
  const known = histories.map((history) => untyped(history).filter((t) => processedDate(t).le(days.last)));
  const onTheseDays = known.map((history) => history.filter((t) => processedDate(t).ge(days.first)));
  for (const events of onTheseDays) report({ read: await events.count() });
  if (days.first === BEFORE_ALL_DAYS) return known as unknown as H;
  const keys = onTheseDays.map((events) => events.select([key]));
  const [first, ...others] = keys;
  if (first === undefined) return histories;
  const touched = await lake.materialize(first.union(...others).distinct());
  const few = (await touched.count()) <= FEW_KEYS;
  const rows: Relation[] = [];
  for (const history of known) {
    rows.push(few ? await rowsOfKeys(lake, history, touched, [key]) : history.semiJoin(touched, [key]));
  }
  return rows as unknown as H;
}

function processedDate(t: Columns<Shape>): DateColumn {
  return at(t, "processed_date");
}
