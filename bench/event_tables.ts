import fs from "node:fs";
import { basename, join } from "node:path";
import { type AnyTable, Catalog, date, decimal, defineTable, Lake, LocalStorage, long, text, timestamp } from "tslake";
import { createTable } from "../lib/delta/create_table.js";
import { readFooter } from "../lib/engine/polars/footer.js";

const EVENT = {
  transaction_datetime: timestamp().notNull(),
  transaction_date: date().notNull(),
  purchase_id: long().notNull(),
};

/** The benchmark's events as tables, whose rows are those of its Parquet files. */
export const events = {
  purchase: defineTable("silver.purchase_event", {
    description: "Events of purchases",
    grain: "one event of a purchase",
    columns: {
      ...EVENT,
      buyer_id: long(),
      prod_item_id: long(),
      order_date: date().notNull(),
      release_date: date(),
      producer_id: long(),
    },
  }),
  product_item: defineTable("silver.product_item_event", {
    description: "Events of what was bought in each purchase",
    grain: "one event of a purchase's item",
    columns: {
      ...EVENT,
      product_id: long().notNull(),
      item_quantity: long(),
      purchase_value: decimal(18, 2).notNull(),
    },
  }),
  purchase_extra_info: defineTable("silver.purchase_extra_info_event", {
    description: "Events of the subsidiary of each purchase",
    grain: "one event of a purchase's extra information",
    columns: { ...EVENT, subsidiary: text() },
  }),
};

/** A lake with the event tables and those built from them. */
export async function openEvents(folder: string, lakeFolder: string, built: readonly AnyTable[]): Promise<Lake> {
  const tables = Object.values(events);
  const storage = new LocalStorage(lakeFolder);
  const lake = new Lake({ storage, catalog: new Catalog([...tables, ...built]), timeZone: "UTC" });
  for (const [name, table] of Object.entries(events)) await adopt(lake, table, join(folder, `${name}.parquet`));
  return lake;
}

/** A table whose only data file is a link to this one. */
async function adopt(lake: Lake, table: AnyTable, file: string): Promise<void> {
  const storage = lake.tableStorage(table.name);
  fs.mkdirSync(storage.uri, { recursive: true });
  fs.linkSync(file, join(storage.uri, basename(file)));
  const { rows, bytes } = await readFooter(file, table.schema.fields);
  const transaction = await createTable(storage, { schema: table.schema }, { operation: "CONVERT" });
  transaction.addFile({
    path: basename(file),
    partitionValues: {},
    size: bytes,
    stats: JSON.stringify({ numRecords: rows }),
  });
  await transaction.commit();
}
