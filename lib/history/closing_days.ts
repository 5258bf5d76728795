import { addDays } from "../clock.js";
import type { AnyTable } from "../contract/define_table.js";
import type { Snapshot } from "../delta/snapshot.js";
import { consumedOf, divergence } from "../lake/consumed.js";
import type { Lake } from "../lake/lake.js";
import { untellable } from "../lake/new_rows.js";
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

/**
 * A table built from histories closes its days through the least closed of them, whatever the day of the run.
 * @throws DataError when one of them was made anew, or went back to an older version: what it learns then may be behind the
 * days that the table has closed
 */
export async function closingDays(lake: Lake, table: AnyTable): Promise<ClosingDays> {
  const snapshot = await lake.snapshot(table.name);
  const sources = new Map(
    await Promise.all(table.reads.map(async (name) => [name, await lake.snapshot(name)] as const)),
  );
  if (snapshot) await refuseDiverged(lake, table, snapshot, sources);
  const closed = (await dayMark(snapshot)).day;
  const days = await Promise.all([...sources.values()].map(async (source) => (await dayMark(source)).day));
  const least = days.reduce((a, b) => (a === null || b === null ? null : a < b ? a : b), days[0] ?? null);
  const stored = await lake.recomputed(table.name);
  const first = closed === null ? BEFORE_ALL_DAYS : addDays(closed, 1);
  const last = (stored ? (await dayMark(stored)).day : least) ?? BEFORE_ALL_DAYS;
  const day = closed === null || last > closed ? least : closed;
  return { first, last, domains: { [DAYS_DOMAIN]: { day } }, readVersion: snapshot?.version ?? null };
}

async function refuseDiverged(
  lake: Lake,
  table: AnyTable,
  snapshot: Snapshot,
  sources: ReadonlyMap<string, Snapshot | undefined>,
): Promise<void> {
  const consumed = await consumedOf(snapshot, table.reads);
  for (const [name, source] of sources) {
    if (await divergence(consumed.get(name), source)) throw untellable(table, lake.catalog.table(name));
  }
}
