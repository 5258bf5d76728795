import { formatDecimal, parsePlain } from "./decimal.js";
import { contentHash, isIgnored, type LandedFile, type LandedRow, readLanded } from "./landing.js";
import { addDays, isDate, isTime } from "./time.js";

export type EventTable = "purchase" | "product_item" | "purchase_extra_info";

type ColumnKind = "timestamp" | "date" | "long" | "decimal" | "text";
interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable?: true;
}

/** The columns of each table in the order of its contract. The key of all three is `purchase_id`. */
export const EVENT_COLUMNS: Readonly<Record<EventTable, readonly Column[]>> = {
  purchase: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "buyer_id", kind: "long", nullable: true },
    { name: "prod_item_id", kind: "long", nullable: true },
    { name: "order_date", kind: "date" },
    { name: "release_date", kind: "date", nullable: true },
    { name: "producer_id", kind: "long", nullable: true },
  ],
  product_item: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "product_id", kind: "long" },
    { name: "item_quantity", kind: "long", nullable: true },
    { name: "purchase_value", kind: "decimal" },
  ],
  purchase_extra_info: [
    { name: "transaction_datetime", kind: "timestamp" },
    { name: "transaction_date", kind: "date" },
    { name: "purchase_id", kind: "long" },
    { name: "subsidiary", kind: "text", nullable: true },
  ],
};

export const EVENT_TABLES = [
  "purchase",
  "product_item",
  "purchase_extra_info",
] as const satisfies readonly EventTable[];

/** The typed values of an event as canonical text, by column: `2023-01-31 08:00:00.000000`, `2023-01-31`, `42`, `10.50`. */
export type EventValues = Readonly<Record<string, string | null>>;

export interface EventFile extends LandedFile {
  readonly table: EventTable;
}

/** One run of the pipeline. */
export interface EventRun {
  /** The logical day: every day up to it is closed by the run. */
  readonly to: string;
  /** Only where nothing is closed yet in any table: everything before this day counts as known on it, in all of them. */
  readonly from?: string | undefined;
  /** What landed since the run before. */
  readonly files: readonly EventFile[];
  /** The tables whose bronze and silver steps run; all when absent. Files of the others stay in landing. */
  readonly tables?: readonly EventTable[] | undefined;
}

/** An event as silver holds it. */
export interface KnownEvent {
  readonly values: EventValues;
  /** 1, 2, 3… within the purchase. */
  readonly version: number;
  readonly processedDate: string;
}

/** What one run does with one table: `read + takenUp = written + duplicates + quarantined + waiting`. */
export interface EventCounts {
  /** Rows of the files that this run took. */
  readonly read: number;
  /** Rows that waited before the run. */
  readonly takenUp: number;
  readonly written: number;
  readonly duplicates: number;
  readonly quarantined: number;
  /** Rows that wait after the run, repeats included. */
  readonly waiting: number;
}

export interface QuarantinedEvent {
  readonly file: string;
  readonly line: number;
  /** The columns that are missing or cannot be read; `fields` for a row with too few or too many. */
  readonly columns: readonly string[];
}

/** One event table after all runs. */
export interface EventTableAnswer {
  /** In the order of purchase and version. */
  readonly history: readonly KnownEvent[];
  readonly waiting: readonly EventValues[];
  readonly quarantined: readonly QuarantinedEvent[];
  /** The last closed day; undefined while nothing is closed. */
  readonly closedThrough: string | undefined;
  /** One per run. */
  readonly runs: readonly EventCounts[];
}

export type EventAnswer = Readonly<Record<EventTable, EventTableAnswer>>;

interface TableState {
  readonly landed: EventFile[];
  readonly takenContent: Set<string>;
  readonly known: { readonly values: EventValues; readonly processedDate: string }[];
  readonly seen: Set<string>;
  waiting: EventValues[];
  readonly quarantined: QuarantinedEvent[];
  closedThrough: string | undefined;
  readonly runs: EventCounts[];
}

/** What the three event tables must hold after the runs. */
export async function eventOracle(runs: readonly EventRun[]): Promise<EventAnswer> {
  const tables: Record<EventTable, TableState> = {
    purchase: emptyState(),
    product_item: emptyState(),
    purchase_extra_info: emptyState(),
  };
  let anyEventArrived = false;
  let begun: { readonly from: string | undefined } | undefined;

  for (const run of runs) {
    for (const file of run.files) tables[file.table].landed.push(file);
    const selected = EVENT_TABLES.filter((table) => run.tables === undefined || run.tables.includes(table));

    const arrived = new Map<EventTable, Arrival>();
    for (const table of selected) {
      const arrival = await takeFiles(table, tables[table]);
      arrived.set(table, arrival);
      if (arrival.events.length > 0) anyEventArrived = true;
    }
    if (anyEventArrived && arrived.size > 0) begun ??= { from: run.from };
    for (const [table, arrival] of arrived)
      settle(tables[table], arrival, { to: run.to, from: begun?.from }, anyEventArrived);
  }
  return {
    purchase: answerOf("purchase", tables.purchase),
    product_item: answerOf("product_item", tables.product_item),
    purchase_extra_info: answerOf("purchase_extra_info", tables.purchase_extra_info),
  };
}

/**
 * The order of a purchase's versions: `processed_date`, `transaction_datetime`, then the remaining columns as text in the
 * order of the contract, nulls first.
 */
function compareVersions(
  table: EventTable,
  a: { readonly values: EventValues; readonly processedDate: string },
  b: { readonly values: EventValues; readonly processedDate: string },
): number {
  const byDay = compareText(a.processedDate, b.processedDate);
  if (byDay !== 0) return byDay;
  for (const { name } of EVENT_COLUMNS[table]) {
    const byColumn = compareText(a.values[name] ?? null, b.values[name] ?? null);
    if (byColumn !== 0) return byColumn;
  }
  return 0;
}

/** Text by Unicode code points, null before everything. */
export function compareText(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

interface Arrival {
  readonly read: number;
  readonly events: readonly EventValues[];
  readonly quarantined: number;
}

async function takeFiles(table: EventTable, state: TableState): Promise<Arrival> {
  const events: EventValues[] = [];
  let read = 0;
  let quarantined = 0;
  const columns = EVENT_COLUMNS[table];
  for (const file of state.landed.splice(0).toSorted((a, b) => compareText(a.name, b.name))) {
    if (isIgnored(file.name) || state.takenContent.has(contentHash(file))) continue;
    const required = columns.map((column) => column.name);
    const content = await readLanded(file, required);
    if (content.rejected !== undefined) continue;
    state.takenContent.add(contentHash(file));
    for (const row of content.rows) {
      read++;
      const parsed = parseEvent(columns, row);
      if (parsed.broken.length === 0) events.push(parsed.values);
      else {
        quarantined++;
        state.quarantined.push({ file: row.file, line: row.line, columns: parsed.broken });
      }
    }
  }
  return { read, events, quarantined };
}

function settle(
  state: TableState,
  arrival: Arrival,
  run: Pick<EventRun, "to" | "from">,
  anyEventArrived: boolean,
): void {
  const takenUp = state.waiting.length;
  const candidates = [...state.waiting, ...arrival.events];
  let written = 0;
  let duplicates = 0;
  const closesDays = anyEventArrived && (state.closedThrough === undefined || run.to > state.closedThrough);
  if (closesDays) {
    const firstOpenDay = state.closedThrough === undefined ? run.from : addDays(state.closedThrough, 1);
    state.waiting = [];
    for (const values of candidates) {
      const day = values["transaction_date"] ?? "";
      const identity = JSON.stringify(Object.values(values));
      if (day > run.to) state.waiting.push(values);
      else if (state.seen.has(identity)) duplicates++;
      else {
        state.seen.add(identity);
        state.known.push({
          values,
          processedDate: firstOpenDay !== undefined && day < firstOpenDay ? firstOpenDay : day,
        });
        written++;
      }
    }
    state.closedThrough = run.to;
  } else {
    state.waiting = candidates;
  }
  const { read, quarantined } = arrival;
  state.runs.push({ read, takenUp, written, duplicates, quarantined, waiting: state.waiting.length });
}

function answerOf(table: EventTable, state: TableState): EventTableAnswer {
  const sorted = state.known.toSorted(
    (a, b) =>
      compareText(a.values["purchase_id"] ?? null, b.values["purchase_id"] ?? null) || compareVersions(table, a, b),
  );
  const history: KnownEvent[] = [];
  for (const event of sorted) {
    const before = history.at(-1);
    const sameKey = before?.values["purchase_id"] === event.values["purchase_id"];
    history.push({ ...event, version: before !== undefined && sameKey ? before.version + 1 : 1 });
  }
  const { waiting, quarantined, closedThrough, runs } = state;
  return { history, waiting, quarantined, closedThrough, runs };
}

function parseEvent(
  columns: readonly Column[],
  row: LandedRow,
): { readonly values: EventValues; readonly broken: readonly string[] } {
  if (row.values === undefined) return { values: {}, broken: ["fields"] };
  const values: Record<string, string | null> = {};
  const broken: string[] = [];
  for (const { name, kind, nullable } of columns) {
    const text = row.values.get(name) ?? null;
    const filled = kind === "text" ? text : text?.trim() || null;
    const canonical = filled === null ? null : canonicalText(kind, filled);
    if (canonical === undefined || (canonical === null && nullable !== true)) broken.push(name);
    values[name] = canonical ?? null;
  }
  return { values, broken };
}

function canonicalText(kind: ColumnKind, text: string): string | undefined {
  switch (kind) {
    case "text":
      return text;
    case "date":
      return isDate(text) ? text : undefined;
    case "long":
      return canonicalLong(text);
    case "decimal": {
      const value = parsePlain(text, 18, 2);
      return value === undefined ? undefined : formatDecimal(value, 2);
    }
    case "timestamp": {
      const match = /^([^ T]+)[ T]([\d:]+)(?:\.(\d{1,6}))?$/.exec(text);
      const [, date = "", time = "", fraction = ""] = match ?? [];
      return isDate(date) && isTime(time) ? `${date} ${time}.${fraction.padEnd(6, "0")}` : undefined;
    }
  }
}

function canonicalLong(text: string): string | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return BigInt.asIntN(64, value) === value ? value.toString() : undefined;
}

function emptyState(): TableState {
  return {
    landed: [],
    takenContent: new Set(),
    known: [],
    seen: new Set(),
    waiting: [],
    quarantined: [],
    closedThrough: undefined,
    runs: [],
  };
}
