import { addDays } from "../clock.js";
import { UsageError } from "../errors.js";

/** What a user says about the days of a run, as ISO days. */
export interface DayOptions {
  /** The day to run; excludes `from` and `to`. */
  readonly date?: string | undefined;
  /** The first day to run. */
  readonly from?: string | undefined;
  /** The last day to run. */
  readonly to?: string | undefined;
}

/** The days that a run processes. */
export interface LogicalDays {
  /** The last one: every day up to it is closed by the run. */
  readonly day: string;
  /** The first one, when the user named it. */
  readonly from: string | undefined;
}

/**
 * The days of a run. Closing a day cannot be undone, so no day after yesterday is taken.
 * @param yesterday in the workspace's time zone
 * @param byDefault the day of a run whose user names none
 * @throws UsageError
 */
export function logicalDays(options: DayOptions, yesterday: string, byDefault: string): LogicalDays {
  if (options.date !== undefined && (options.from !== undefined || options.to !== undefined)) {
    throw new UsageError("--date names one day, --from and --to a range: give one or the other");
  }
  for (const [flag, value] of Object.entries(options)) {
    if (value !== undefined && !isDay(value)) {
      throw new UsageError(`--${flag} is not a day`, {
        expected: "a day of the calendar as YYYY-MM-DD",
        actual: value,
      });
    }
  }
  const day = options.date ?? options.to ?? byDefault;
  if (day > yesterday) {
    throw new UsageError(`${day} is not over yet: a run closes its day, which cannot be undone`, {
      expected: `a day up to yesterday, ${yesterday}`,
      actual: day,
    });
  }
  if (options.from !== undefined && options.from > day) {
    throw new UsageError("the first day of the range comes after its last", { actual: `${options.from} to ${day}` });
  }
  return { day, from: options.from };
}

/**
 * Checks the first day of a range against the days that are closed already: history has no gaps and is never rewritten.
 * @param closed the least day through which a table is closed; undefined before the first run with events
 * @throws UsageError
 */
export function checkFirstDay(from: string | undefined, closed: string | undefined): void {
  if (from === undefined || closed === undefined) return;
  const open = addDays(closed, 1);
  if (from !== open) {
    throw new UsageError("--from may only name the first open day: earlier days are closed, and none may be left out", {
      expected: open,
      actual: from,
      remedy: "leave --from out, and the run goes on where the last one ended",
    });
  }
}

function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) && addDays(text, 0) === text;
}
