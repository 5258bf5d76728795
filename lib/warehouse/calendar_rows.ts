import type { Calendar } from "../contract/dimension.js";
import type { Star } from "../contract/star.js";
import { valuesOf } from "../delta_table/values.js";
import type { Lake } from "../lake/lake.js";
import { type Relation, scan } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { DateColumn } from "../relation/time_column.js";
import { at } from "../relation/untyped.js";
import { field } from "../types.js";
import { calendarDays } from "./calendar.js";
import { CALENDAR_YEARS } from "./fact_rows.js";
import type { Hold } from "./hold.js";
import type { LoadPlan } from "./plan_load.js";

/** Between these years a calendar has no gaps; years outside are there if a fact touches them. */
const WITHOUT_GAPS = { first: 1900, last: 2199 } as const;

/** The years that the loaded rows of all facts touch, in order. */
export async function yearsTouched(plan: LoadPlan, calendar: Calendar, hold: Hold): Promise<readonly number[]> {
  const years = new Set<number>();
  for (const [rows, column] of datesOf(plan.star, calendar, plan)) {
    const found = rows.select((t) => ({ year: at<DateColumn>(t, column).year() })).distinct();
    for (const { year } of await (await hold(found)).collect()) {
      if (typeof year === "number" && year >= CALENDAR_YEARS.first && year <= CALENDAR_YEARS.last) years.add(year);
    }
  }
  return [...years].sort((a, b) => a - b);
}

/** The years that a calendar of these has. */
export function withoutGaps(years: Iterable<number>): ReadonlySet<number> {
  const all = new Set(years);
  const usual = [...all].filter((year) => year >= WITHOUT_GAPS.first && year <= WITHOUT_GAPS.last);
  for (let year = Math.min(...usual); year < Math.max(...usual); year++) all.add(year);
  return all;
}

/** The days of some years, as rows of the calendar's table. */
export function calendarRows(lake: Lake, calendar: Calendar, years: Iterable<number>): Relation {
  const days = [...years].flatMap((year) => calendarDays(`${year}-01-01`, `${year}-12-31`));
  const rows = days.map((day): Readonly<Record<string, Value>> => ({ ...day, [calendar.key]: day.data_id }));
  const fields = calendar.columns.map(({ name, type, nullable }) => field(name, type, nullable));
  return scan(valuesOf(fields, rows), fields, lake);
}

function datesOf(star: Star, calendar: Calendar, plan: LoadPlan): readonly (readonly [Relation, string])[] {
  return star.facts.flatMap((fact) => {
    const rows = plan.sources.get(fact.source.name)?.added;
    if (rows === undefined) return [];
    return fact.keys.flatMap((key) => (key.dimension === calendar ? [[rows, key.by[0] ?? ""] as const] : []));
  });
}
