import { formatDecimal } from "./decimal.js";
import { compareText, EVENT_TABLES, type EventAnswer, type EventValues, type KnownEvent } from "./events.js";
import { addDays } from "./time.js";

/** The paid gross value of one day, product and subsidiary. */
export interface GvmValue {
  readonly date: string;
  readonly product_id: string;
  readonly subsidiary: string;
  readonly total_value: string;
  readonly purchases: number;
}

/** A row of gold `gvm`. */
export interface GvmRow extends GvmValue {
  readonly version: number;
  readonly processed_date: string;
}

/** The last day that `gvm` can close: the least closed of its sources; undefined while one of them has closed none. */
export function gvmClosedThrough(events: EventAnswer): string | undefined {
  let least: string | undefined;
  for (const table of EVENT_TABLES) {
    const { closedThrough } = events[table];
    if (closedThrough === undefined) return undefined;
    if (least === undefined || closedThrough < least) least = closedThrough;
  }
  return least;
}

/** What was known at the end of a day: every date, product and subsidiary with at least one paid purchase, in order. */
export function gvmAsKnown(events: EventAnswer, day: string): readonly GvmValue[] {
  const items = latestPerPurchase(events.product_item.history, day);
  const extras = latestPerPurchase(events.purchase_extra_info.history, day);
  const totals = new Map<string, { value: EventValues; subsidiary: string; cents: bigint; purchases: number }>();

  for (const [purchaseId, purchase] of latestPerPurchase(events.purchase.history, day)) {
    const item = items.get(purchaseId);
    if (purchase["release_date"] === null || item === undefined) continue;
    const subsidiary = extras.get(purchaseId)?.["subsidiary"] ?? "não informada";
    const value = { date: purchase["order_date"] ?? "", product_id: item["product_id"] ?? "" };
    const key = JSON.stringify([value.date, value.product_id, subsidiary]);
    const total = totals.get(key) ?? { value, subsidiary, cents: 0n, purchases: 0 };
    total.cents += BigInt((item["purchase_value"] ?? "").replace(".", ""));
    total.purchases += 1;
    totals.set(key, total);
  }

  const known = [...totals.values()].map(({ value, subsidiary, cents, purchases }) => ({
    date: value["date"] ?? "",
    product_id: value["product_id"] ?? "",
    subsidiary,
    total_value: formatDecimal(cents, 2),
    purchases,
  }));
  return known.toSorted(compareKeys);
}

/** Every row that append-only `gvm` must hold once each day through the last closed one has been worked out on its own. */
export function gvmRows(events: EventAnswer): readonly GvmRow[] {
  const through = gvmClosedThrough(events);
  const first = EVENT_TABLES.flatMap((table) =>
    events[table].history.map((event) => event.processedDate),
  ).toSorted()[0];
  if (through === undefined || first === undefined) return [];

  const rows: GvmRow[] = [];
  const last = new Map<string, GvmRow>();
  for (let day = first; day <= through; day = addDays(day, 1)) {
    const known = new Map(gvmAsKnown(events, day).map((value) => [keyOf(value), value]));
    for (const [key, row] of last) {
      if (!known.has(key)) known.set(key, { ...valueOf(row), total_value: "0.00", purchases: 0 });
    }
    for (const [key, value] of known) {
      const before = last.get(key);
      if (before?.total_value === value.total_value && before.purchases === value.purchases) continue;
      const row = { ...value, version: (before?.version ?? 0) + 1, processed_date: day };
      last.set(key, row);
      rows.push(row);
    }
  }
  return rows.toSorted((a, b) => compareKeys(a, b) || a.version - b.version);
}

/** The answer that `gvm` rows give for a day: each key's highest version known by then, keys fallen to nothing left out. */
export function readAsKnown(rows: readonly GvmRow[], day: string): readonly GvmValue[] {
  const latest = new Map<string, GvmRow>();
  for (const row of rows) {
    const before = latest.get(keyOf(row));
    if (row.processed_date <= day && (before === undefined || row.version > before.version))
      latest.set(keyOf(row), row);
  }
  const living = [...latest.values()].filter((row) => row.purchases > 0);
  return living.map(valueOf).toSorted(compareKeys);
}

function latestPerPurchase(history: readonly KnownEvent[], day: string): ReadonlyMap<string, EventValues> {
  const latest = new Map<string, KnownEvent>();
  for (const event of history) {
    if (event.processedDate > day) continue;
    const purchaseId = event.values["purchase_id"] ?? "";
    const before = latest.get(purchaseId);
    if (before === undefined || isLater(event, before)) latest.set(purchaseId, event);
  }
  return new Map([...latest].map(([purchaseId, event]) => [purchaseId, event.values]));
}

function isLater(event: KnownEvent, than: KnownEvent): boolean {
  const moment = event.values["transaction_datetime"] ?? "";
  const other = than.values["transaction_datetime"] ?? "";
  return moment > other || (moment === other && event.version > than.version);
}

function keyOf({ date, product_id, subsidiary }: GvmValue): string {
  return JSON.stringify([date, product_id, subsidiary]);
}

function valueOf({ date, product_id, subsidiary, total_value, purchases }: GvmValue): GvmValue {
  return { date, product_id, subsidiary, total_value, purchases };
}

function compareKeys(a: GvmValue, b: GvmValue): number {
  return (
    compareText(a.date, b.date) || compareText(a.product_id, b.product_id) || compareText(a.subsidiary, b.subsidiary)
  );
}
