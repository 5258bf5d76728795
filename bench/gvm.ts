import { join } from "node:path";
import { countDistinct, countRows, date, decimal, defineTable, long, text } from "tslake";
import { events, openEvents } from "./event_tables.js";
import { clock, type TaskResult } from "./measure.js";

const gvmTable = defineTable("gold.gvm_plain", {
  description: "Paid gross value per day and subsidiary, by the last known state of each purchase",
  grain: "one day of orders and subsidiary",
  reads: Object.values(events),
  write: "overwrite",
  columns: {
    order_date: date().notNull(),
    subsidiary: text().notNull(),
    gmv: decimal(18, 2).notNull(),
    purchases: long().notNull(),
  },
});

/**
 * The last known state of each purchase, aggregated and written as a Delta table.
 * @param source folder with the events as Parquet files; they stay there
 */
export async function gvm(source: string, work: string): Promise<TaskResult> {
  const lake = await openEvents(source, join(work, "lake"), [gvmTable]);
  const stop = clock();
  const purchases = lake
    .read(events.purchase)
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc()])
    .filter((t) => t.release_date.isNotNull())
    .select(["purchase_id", "order_date"]);
  const items = lake
    .read(events.product_item)
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc()])
    .select(["purchase_id", "purchase_value"]);
  const extras = lake
    .read(events.purchase_extra_info)
    .distinct(["purchase_id"], (t) => [t.transaction_datetime.desc()])
    .select(["purchase_id", "subsidiary"]);
  const totals = purchases
    .join(items, ["purchase_id"])
    .leftJoin(extras, ["purchase_id"])
    .extend((t) => ({ subsidiary: t.subsidiary.orElse("NAO_INFORMADO") }))
    .groupBy("order_date", "subsidiary")
    .aggregate((t) => ({ gmv: t.purchase_value.sum(), purchases: countRows() }))
    .extend((t) => ({ gmv: t.gmv.orElse(0).cast("decimal(18,2)") }));
  await lake.write(gvmTable, totals);
  return { lap: stop(), checksum: () => checksum() };

  /** Rows, cents, days. */
  async function checksum(): Promise<string> {
    const [all] = await lake
      .read(gvmTable)
      .groupBy()
      .aggregate((t) => ({ rows: countRows(), gmv: t.gmv.sum(), days: countDistinct(t.order_date) }))
      .collect();
    return [all?.rows, String(all?.gmv).replace(".", ""), all?.days].join(":");
  }
}
