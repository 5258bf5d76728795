import fs from "node:fs";
import { type AnyTable, type Lake, lit, type Relation, rowNumber, versionOrder } from "tslake";
import { bronze, silver } from "tslake/tables";
import { DAYS_DOMAIN } from "../lib/history/days.js";
import type { WriteOptions } from "../lib/lake/write_result.js";
import type { Column } from "../lib/relation/column.js";
import type { LongColumn } from "../lib/relation/number_column.js";
import { events, openEvents } from "./event_tables.js";

/** Every event of the benchmark's data lies before the end of this day. */
export const LAST_DAY = "2024-03-05";

export const EVENT_NAMES = ["purchase", "product_item", "purchase_extra_info"] as const;

/** When the history arrived in bronze. */
const ARRIVED = "2024-03-06T06:00:00.000000Z";

/**
 * Makes a lake with bronze tables and silver histories of so many purchases, closed through LAST_DAY: the benchmark's events,
 * cut off, or repeated for further purchases. It is kept for later runs.
 * @param source folder with the events as Parquet files
 * @param available purchases in these files
 */
export async function prepareHistory(
  source: string,
  folder: string,
  purchases: number,
  available: number,
): Promise<void> {
  if (fs.existsSync(folder)) return;
  const making = `${folder}.making`;
  fs.rmSync(making, { recursive: true, force: true });
  const lake = await openEvents(source, making, []);
  for (let first = 0; first < purchases; first += available) {
    await addPurchases(lake, first, Math.min(available, purchases - first));
  }
  fs.renameSync(making, folder);
}

async function addPurchases(lake: Lake, first: number, count: number): Promise<void> {
  for (const name of EVENT_NAMES) {
    const rows = (lake.read(events[name]) as unknown as Relation)
      .filter((t) => purchaseOf(t).le(BigInt(count)))
      .extend((t) => ({ purchase_id: purchaseOf(t).plus(BigInt(first)) })) as unknown as Relation;
    await write(lake, silver[name], historyOf(rows, silver[name]), {
      domains: { [DAYS_DOMAIN]: { day: LAST_DAY, takenUntil: ARRIVED, seenUntil: ARRIVED, waitingSince: null } },
    });
    await write(lake, bronze[name], arrivedRows(rows, bronze[name], `${name}_${first}.parquet`));
  }
}

/** As the shipped notebooks make it of events that all arrive on their day. */
function historyOf(rows: Relation, table: AnyTable): Relation {
  return rows
    .extend((t) => ({ processed_date: at(t, "transaction_date") }))
    .extend((t) => ({
      version: rowNumber({ partitionBy: [purchaseOf(t)], orderBy: versionOrder(t, table, "purchase_id") }),
    }))
    .select(table.columnNames as never[]) as unknown as Relation;
}

function arrivedRows(rows: Relation, table: AnyTable, file: string): Relation {
  return rows.select((t) => {
    const landing: Readonly<Record<string, Column>> = {
      _rescued: lit(null, "string"),
      _corrupt_record: lit(null, "string"),
      _file: lit(file),
      _row: purchaseOf(t),
      _ingested_at: lit(ARRIVED, "timestamp"),
    };
    return Object.fromEntries(table.columnNames.map((name) => [name, landing[name] ?? at(t, name).cast("string")]));
  }) as unknown as Relation;
}

/** Writes rows that do not come from where the contract says. */
async function write(lake: Lake, table: AnyTable, rows: Relation, options: WriteOptions = {}): Promise<void> {
  const sources = Object.values(events).map(({ name }) => name);
  await lake.write(Object.create(table, { reads: { value: sources } }) as AnyTable, rows, options);
}

function purchaseOf(t: Relation["columns"]): LongColumn {
  return at(t, "purchase_id") as LongColumn;
}

function at(t: Relation["columns"], name: string): Column {
  const column = t[name];
  if (column) return column;
  throw new RangeError(`no column ${name}`);
}
