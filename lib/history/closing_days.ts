import { addDays } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import type { Lake } from "../lake/lake.js";
import { DAYS_DOMAIN, dayMark } from "./days.js";

/** The days that a table built from histories closes in this run, both included. There are none when `last` lies before `first`. */
export interface ClosingDays {
  readonly first: string;
  readonly last: string;
  /** To be written with the rows: the last closed day, and the version that this was decided on. */
  readonly domains: Readonly<Record<string, unknown>>;
  readonly readVersion: number | null;
}

/** The first day to close where none is closed yet. */
export const BEFORE_ALL_DAYS = "0001-01-01";

/** A table built from histories closes its days through the least closed of them, whatever the day of the run. */
export async function closingDays(lake: Lake, table: AnyTable): Promise<ClosingDays> {
  const snapshot = await lake.snapshot(table.name);
  const closed = (await dayMark(snapshot)).day;
  const sources = await Promise.all(table.reads.map(async (name) => (await dayMark(await lake.snapshot(name))).day));
  const least = sources.reduce((a, b) => (a === null || b === null ? null : a < b ? a : b), sources[0] ?? null);
  const stored = await lake.recomputed(table.name);
  const first = closed === null ? BEFORE_ALL_DAYS : addDays(closed, 1);
  const last = (stored ? (await dayMark(stored)).day : least) ?? BEFORE_ALL_DAYS;
  const day = closed === null || last > closed ? least : closed;
  return { first, last, domains: { [DAYS_DOMAIN]: { day } }, readVersion: snapshot?.version ?? null };
}
