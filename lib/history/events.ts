import type { AnyTable, ParsedShapeOf } from "../contract/define_table.js";
import { examine, type Faulty, type Origin } from "../contract/examine.js";
import { quarantineName } from "../contract/quarantine_name.js";
import { microsOf } from "../delta_table/skipping_predicate.js";
import { ContractError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { currentMark, storedMark } from "../lake/step_mark.js";
import { countRows, max, min } from "../relation/aggregate.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Column } from "../relation/column.js";
import type { SortKey } from "../relation/expr.js";
import type { LongColumn } from "../relation/number_column.js";
import type { Columns, Relation, Shape } from "../relation/relation.js";
import type { DateColumn, TimestampColumn } from "../relation/time_column.js";
import { typed, untyped } from "../relation/untyped.js";
import { lit, when } from "../relation/when.js";
import { beginning, DAYS_DOMAIN, type DayMark, dayMark, type LogicalDays, type OpenDays, openDays } from "./days.js";

/** Parsed events of a table, and where they came from. */
export type Events<T extends AnyTable> = Relation<Omit<ParsedShapeOf<T>, keyof Origin> & Origin>;

/** What a run takes from a change feed. Counts are rows. */
export interface EventBatch<T extends AnyTable> {
  readonly days: OpenDays;
  /** Events whose day this run closes: new ones, and those that had waited for it. */
  readonly due: Events<T>;
  /** Events that stay in bronze for a later run. */
  readonly waiting: Events<T>;
  /** New rows that break a rule of the contract. */
  readonly faulty: Faulty;
  readonly account: { readonly read: number; readonly takenUp: number; readonly waiting: number };
  /** To be written with the events: how far the table has come then, and the version that this was decided on. */
  readonly domains: Readonly<Record<string, unknown>>;
  readonly readVersion: number | null;
  /** File and line of rows in quarantine that fit since the contract was mended. */
  readonly replayed?: Relation;
}

/** What identifies a row of a landing table. */
const PLACE = ["_file", "_row"];

/** Rows that are parsed once and held; more are parsed wherever they are needed. */
const FEW_ROWS = 200_000;

/**
 * The events that a table of events takes up to a logical day. Nothing is closed before the first readable event of any
 * table of its calendar has arrived; from then on each run closes all of them, also where there is no row.
 * @throws UsageError when the days cannot be closed
 */
export async function takeEvents<T extends AnyTable>(
  lake: Lake,
  table: T,
  params: LogicalDays,
): Promise<EventBatch<T>> {
  const snapshot = await lake.snapshot(table.name);
  const mark = await dayMark(snapshot);
  const days = await daysOf(lake, table, mark, params);
  const arrived = untyped(lake.read(sourceOf(lake, table)));
  const rows = arrived.filter((t) => mayBeTaken(t, mark));
  const examined = examine(rows, table);
  const isNew = (t: Columns<Shape>): BooleanColumn => after(t, mark.seenUntil);
  const arriving = untyped(examined.accepted).filter((t) => notTaken(t, mark));
  const replayed = days.open ? await replay(lake, table, arrived) : undefined;
  const all = await countAll(rows, isNew);
  const fitting = replayed ? arriving.antiJoin(replayed, PLACE).union(replayed) : arriving;
  const candidates = all.rows > FEW_ROWS ? fitting : await lake.materialize(fitting);
  const isDue = (t: Columns<Shape>): BooleanColumn => (days.open ? transactionDate(t).le(days.last) : lit(false));
  const due = candidates.filter(isDue);
  const waiting = candidates.filter((t) => isDue(t).not());
  const counts = { ...all, ...(await count(candidates, isNew, isDue)) };
  const starts = mark.day !== null || (await anyEvent(lake, table));
  return {
    days,
    due: typed(due),
    waiting: typed(waiting),
    faulty: examined.faulty.filter((t) => isNew(t)),
    account: { read: counts.read, takenUp: counts.takenUp, waiting: counts.waiting },
    domains: starts || counts.until !== null ? { [DAYS_DOMAIN]: nextMark(mark, days, starts, counts) } : {},
    readVersion: snapshot?.version ?? null,
    ...(replayed ? { replayed: replayed.select(PLACE) } : {}),
  };
}

/** Since when an event is known: its own day, or the first open day for one that comes late. */
export function knownSince(date: Column<"date">, days: OpenDays): DateColumn {
  const own = date as DateColumn;
  return days.first === null ? own : when(own.lt(days.first), lit(days.first, "date")).otherwise(own);
}

/**
 * The order in which the events of a key are numbered: by `processed_date`, `transaction_datetime`, then the remaining
 * columns as text in contract order, nulls first.
 */
export function versionOrder(t: Columns<Shape>, table: AnyTable, key: string): readonly (Column | SortKey)[] {
  const first = ["processed_date", "transaction_datetime"];
  const rest = Object.entries(table.columns).flatMap(([name, spec]) =>
    spec.parse.rule === "computed" || name === key || first.includes(name) ? [] : [name],
  );
  return [...first.map((name) => at(t, name)), ...rest.map((name) => at(t, name).cast("string"))];
}

/**
 * Rows that the table has refused and that its contract, which has changed since, accepts; undefined when it has not
 * changed. The quarantine itself says for which code it was looked through: a run that breaks off is repeated.
 */
async function replay(lake: Lake, table: AnyTable, arrived: Relation): Promise<Relation | undefined> {
  const mark = currentMark(table.name);
  const quarantine = quarantineName(table.name);
  const snapshot = await lake.snapshot(quarantine);
  if (mark === undefined || snapshot === undefined) return undefined;
  if ((await storedMark(snapshot))?.codeHash === mark.codeHash) return undefined;
  const refused = arrived.semiJoin(await lake.readStored(quarantine), PLACE);
  return lake.materialize(untyped(examine(refused, table).accepted));
}

function sourceOf(lake: Lake, table: AnyTable): AnyTable {
  const [source] = table.reads;
  if (source !== undefined) return lake.catalog.table(source);
  throw new ContractError(`${table.name} reads no table`, {
    where: { table: table.name },
    remedy: "name its bronze table first in reads",
  });
}

/** Rows after `takenUntil` are not in the table; of those before it, the ones whose day was not closed then. */
function notTaken(t: Columns<Shape>, mark: DayMark): BooleanColumn {
  const later = after(t, mark.takenUntil);
  return mark.day === null ? later : later.or(transactionDate(t).gt(mark.day));
}

interface Counts {
  readonly read: number;
  readonly takenUp: number;
  readonly waiting: number;
  readonly until: string | null;
  readonly waitingSince: string | null;
}

type AllCounts = Pick<Counts, "read" | "until">;
type Condition = (t: Columns<Shape>) => BooleanColumn;

async function countAll(rows: Relation, isNew: Condition): Promise<AllCounts & { readonly rows: number }> {
  const [all] = await rows
    .groupBy()
    .aggregate((t) => ({ rows: countRows(), read: numberOf(isNew(t)), until: max(moment(t)) }))
    .collect();
  return { rows: Number(all?.rows ?? 0), read: Number(all?.read ?? 0), until: (all?.until ?? null) as string | null };
}

async function count(candidates: Relation, isNew: Condition, isDue: Condition): Promise<Omit<Counts, keyof AllCounts>> {
  const [some] = await candidates
    .groupBy()
    .aggregate((t) => ({
      takenUp: numberOf(isDue(t).and(isNew(t).not())),
      waiting: numberOf(isDue(t).not().and(isNew(t))),
      since: min(when(isDue(t).not(), moment(t)).otherwise(null)),
    }))
    .collect();
  return {
    takenUp: Number(some?.takenUp ?? 0),
    waiting: Number(some?.waiting ?? 0),
    waitingSince: (some?.since ?? null) as string | null,
  };
}

/** Aggregate: the rows for which a condition is true. */
function numberOf(condition: BooleanColumn): LongColumn {
  return when(condition, 1n).otherwise(0n).sum();
}

function nextMark(mark: DayMark, days: OpenDays, starts: boolean, counts: Counts): DayMark {
  const closes = starts && days.open;
  return {
    day: closes ? days.last : mark.day,
    from: closes && mark.day === null ? days.first : mark.from,
    takenUntil: closes ? (counts.until ?? mark.takenUntil) : mark.takenUntil,
    seenUntil: counts.until ?? mark.seenUntil,
    waitingSince: counts.waitingSince,
  };
}

/** The days that a run can close; those that were closed when a table is computed once more. */
async function daysOf(lake: Lake, table: AnyTable, mark: DayMark, { date, from }: LogicalDays): Promise<OpenDays> {
  const stored = await lake.recomputed(table.name);
  if (stored) {
    const { day, from: first } = await dayMark(stored);
    return openDays(lake, mark.day, { date: day, from: first });
  }
  return openDays(lake, mark.day, { date, from: mark.day === null ? await begins(lake, table, from) : from });
}

/** Where history begins for a table that has closed no day. */
async function begins(lake: Lake, table: AnyTable, from: string | null): Promise<string | null> {
  const marks = calendarOf(lake, table).map(async (other) => dayMark(await lake.snapshot(other.name)));
  return beginning(await Promise.all(marks), from);
}

/** The tables that close their days together with a table, and itself. */
function calendarOf(lake: Lake, table: AnyTable): readonly AnyTable[] {
  const { calendar } = table;
  return lake.catalog.tables.filter(
    (other) => other === table || (calendar !== undefined && other.calendar === calendar),
  );
}

/** Whether any table of the calendar has a readable event. */
async function anyEvent(lake: Lake, table: AnyTable): Promise<boolean> {
  for (const other of calendarOf(lake, table)) {
    const source = sourceOf(lake, other);
    if ((await lake.snapshot(source.name)) === undefined) continue;
    const { accepted } = examine(lake.read(source), other);
    if ((await accepted.limit(1).count()) > 0) return true;
  }
  return false;
}

function after(t: Columns<Shape>, mark: string | null): BooleanColumn {
  return mark === null ? lit(true) : moment(t).gt(mark);
}

function moment(t: Columns<Shape>): TimestampColumn {
  return at(t, "_ingested_at") as TimestampColumn;
}

function transactionDate(t: Columns<Shape>): DateColumn {
  return at(t, "transaction_date") as DateColumn;
}

function at(t: Columns<Shape>, name: string): Column {
  if (name in t) return t[name] as Column;
  throw new ContractError(`events need a column ${name}`, { where: { column: name } });
}

/** Rows that are not all in the table: later arrivals, or from the first one on that still waits. */
function mayBeTaken(t: Columns<Shape>, { takenUntil, waitingSince }: DayMark): BooleanColumn {
  if (takenUntil !== null && waitingSince !== null && microsOf(waitingSince) <= microsOf(takenUntil)) {
    return moment(t).ge(waitingSince);
  }
  return after(t, takenUntil);
}
