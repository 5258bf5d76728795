import { addDays, isDay, yesterday } from "../clock.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";

/** Domain of a table of events in which it keeps how far it has come. */
export const DAYS_DOMAIN = "tslake.closed";

/** How far a table of events has come. Days are ISO days, moments are arrival times in bronze. */
export interface DayMark {
  /** The last closed day: what was known then can no longer change. */
  readonly day: string | null;
  /** The day on which everything older became known; null when none was named at the beginning. */
  readonly from: string | null;
  /** Arrivals up to here are in the table, but for those that wait for their day. */
  readonly takenUntil: string | null;
  /** Arrivals up to here have been looked at, and refused if they had to be. */
  readonly seenUntil: string | null;
  /** The earliest arrival that still waits. */
  readonly waitingSince: string | null;
}

/** The days that a run can close in a table. */
export interface OpenDays {
  /** First open day; null while nothing is closed and no day was named: then every day is open. */
  readonly first: string | null;
  /** The logical day of the run. */
  readonly last: string;
  /** False when the run's day is closed already: what arrives now waits for the first open day. */
  readonly open: boolean;
}

/** The logical day of a run, and where history begins on a first run; null for the defaults. */
export interface LogicalDays {
  readonly date: string | null;
  readonly from: string | null;
}

const BEGINNING: DayMark = { day: null, from: null, takenUntil: null, seenUntil: null, waitingSince: null };

/** How far a table has come. */
export async function dayMark(snapshot: Pick<Snapshot, "domainMetadata"> | undefined): Promise<DayMark> {
  const text = await snapshot?.domainMetadata(DAYS_DOMAIN);
  return text === undefined ? BEGINNING : { ...BEGINNING, ...(JSON.parse(text) as Partial<DayMark>) };
}

/**
 * The days that a run up to `date` (default: yesterday in the lake's time zone) can close.
 * @throws UsageError for a day that is not over, because closing cannot be undone, and for a `from` that would reopen or skip days
 */
export function openDays(lake: Pick<Lake, "timeZone">, closed: string | null, { date, from }: LogicalDays): OpenDays {
  const newest = yesterday(lake.timeZone);
  const last = date ?? newest;
  for (const day of [last, from ?? last]) checkDay(day);
  if (last > newest) {
    throw new UsageError(`${last} is not over yet, and a closed day cannot be opened again`, {
      expected: `a day up to ${newest}`,
      actual: last,
      remedy: "name an earlier day, or none",
    });
  }
  const first = closed === null ? null : addDays(closed, 1);
  if (from !== null && first !== null && from !== first) {
    throw new UsageError(`history is closed through ${closed}`, {
      expected: `--from ${first}, or none`,
      actual: `--from ${from}`,
      remedy: "leave --from out: each run goes on where the last one stopped",
    });
  }
  if (from !== null && from > last) {
    throw new UsageError("the first day lies after the last", { expected: `--from up to ${last}`, actual: from });
  }
  return { first: first ?? from, last, open: closed === null || last > closed };
}

/**
 * Where history begins for a table that has closed no day: where it has begun for the others of its calendar.
 * @param others the tables of its calendar
 * @param from what this run says
 * @throws UsageError when this run says something else
 */
export function beginning(others: readonly DayMark[], from: string | null): string | null {
  const begun = others.find((mark) => mark.day !== null);
  if (begun === undefined || from === null || from === begun.from) return begun?.from ?? from;
  throw new UsageError(`history has begun already${begun.from === null ? "" : `, on ${begun.from}`}`, {
    expected: begun.from === null ? "no --from" : `--from ${begun.from}, or none`,
    actual: `--from ${from}`,
    remedy: "leave --from out: the tables that have closed no day yet begin where the others did",
  });
}

function checkDay(day: string): void {
  if (isDay(day)) return;
  throw new UsageError(`not a day: ${day}`, { expected: "YYYY-MM-DD, a day of the calendar", actual: day });
}
