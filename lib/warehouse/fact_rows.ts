import { type Calendar, type Dimension, KEY_MAP, UNKNOWN_KEY } from "../contract/dimension.js";
import type { Fact, FactKey } from "../contract/star.js";
import type { Column } from "../relation/column.js";
import type { IntegerColumn, LongColumn } from "../relation/number_column.js";
import type { Relation } from "../relation/relation.js";
import type { DateColumn } from "../relation/time_column.js";
import { at, untyped } from "../relation/untyped.js";
import { lit, when } from "../relation/when.js";
import { renamed } from "./columns.js";
import type { Members } from "./members.js";

/** Years of which there are days in a calendar. */
export const CALENDAR_YEARS = { first: 1583, last: 9999 } as const;

/** Rows of a fact table for rows of its source: one for one, with the keys of their members. */
export function factRows(fact: Fact, rows: Relation, members: ReadonlyMap<Dimension | Calendar, Members>): Relation {
  const joins = fact.keys.flatMap((key, i) => {
    const found = members.get(key.dimension);
    return found ? [{ key, found, name: keyName(i) }] : [];
  });
  // Small dimensions are joined while the rows are still as the files hold them: that takes less time than behind a large one.
  const smallFirst = [...joins.filter((join) => !join.found.timed), ...joins.filter((join) => join.found.timed)];
  const keyed = smallFirst.reduce((joined, { key, found, name }) => withMemberKey(joined, key, found, name), rows);
  return keyed.select((t) =>
    Object.fromEntries(
      fact.columns.map(({ name }): [string, Column] => {
        const taken = fact.taken.find((column) => column.name === name);
        if (taken) return [name, at(t, taken.source)];
        const i = fact.keys.findIndex(({ column }) => column.name === name);
        const key = fact.keys[i];
        if (key?.dimension.kind === "calendar") return [name, dayKey(at(t, key.by[0] ?? ""))];
        return [name, at<LongColumn>(t, keyName(i)).orElse(lit(BigInt(UNKNOWN_KEY)))];
      }),
    ),
  );
}

/** A day as the number YYYYMMDD. */
function dayKey(day: Column): IntegerColumn {
  const date = day as DateColumn;
  const number = date.year().times(10_000).plus(date.month().times(100)).plus(date.day());
  const isIn = date.year().between(CALENDAR_YEARS.first, CALENDAR_YEARS.last);
  return when(isIn, number).otherwise(lit(UNKNOWN_KEY)) as IntegerColumn;
}

function keyName(i: number): string {
  return `_key_${i}`;
}

function withMemberKey(rows: Relation, { by }: FactKey, members: Members, name: string): Relation {
  const { dimension, keys, timed } = members;
  const natural = dimension.naturalKey.map((column) => column.name);
  const pairs = Object.fromEntries(by.map((column, i) => [column, natural[i] ?? ""]));
  const own = Object.fromEntries(natural.map((column) => [column, column]));
  const joined = rows.leftJoin(renamed(keys, { ...own, [name]: KEY_MAP.key }), pairs);
  const time = dimension.latest?.at;
  if (timed === undefined || time === undefined) return joined;
  const byTime = renamed(timed, { ...own, _at: "_at", _timed: KEY_MAP.key });
  const keyed = joined
    .leftJoin(byTime, { ...pairs, [time]: "_at" })
    .extend((t) => ({ [name]: at<LongColumn>(t, name).orElse(at<LongColumn>(t, "_timed")) }))
    .drop("_timed");
  return untyped(keyed);
}
