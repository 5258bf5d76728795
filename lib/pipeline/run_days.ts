import { UsageError } from "../errors.js";
import { beginning, type DayMark, openDays } from "../history/days.js";

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
export interface RunDays {
  /** The last one: every day up to it is closed by the run. */
  readonly day: string;
  /** The first one, when the user named it. */
  readonly from: string | undefined;
}

/** What decides about days besides the user. */
export interface DayBounds {
  readonly timeZone: string;
  /** The day of a run whose user names none. */
  readonly byDefault: string;
  /** How far each history has come. */
  readonly histories: readonly DayMark[];
}

/**
 * The days of a run.
 * @throws UsageError for flags that contradict each other, a day that is not over, or a range that would leave a gap or open
 * what is closed
 */
export function runDays(options: DayOptions, { timeZone, byDefault, histories }: DayBounds): RunDays {
  if (options.date !== undefined && (options.from !== undefined || options.to !== undefined)) {
    throw new UsageError("--date names one day, --from and --to a range: give one or the other");
  }
  const day = options.date ?? options.to ?? byDefault;
  const closed = histories
    .map((mark) => mark.day)
    .reduce((a, b) => (a === null || b === null ? null : a < b ? a : b), histories[0]?.day ?? null);
  const from = closed === null ? beginning(histories, options.from ?? null) : (options.from ?? null);
  openDays({ timeZone }, closed, { date: day, from });
  return { day, from: options.from };
}
