import { text } from "../../contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../contract/define_table.js";

export const purchase = defineTable("bronze.purchase", {
  description: "Change feed of marketplace purchases, as it arrived",
  grain: "one event of a file",
  landing: { source: "purchase", files: ["*.csv", "*.ndjson", "*.jsonl", "*.parquet"] },
  write: "append",
  columns: {
    transaction_datetime: text().describe("When the change happened in the marketplace, wall-clock time"),
    transaction_date: text().describe("Day of the change"),
    purchase_id: text().describe("The purchase"),
    buyer_id: text().describe("Who bought"),
    prod_item_id: text().describe("The item of the purchase"),
    order_date: text().describe("Day of the order"),
    release_date: text().describe("Day on which the payment was released; empty while it is not"),
    producer_id: text().describe("Who produced what was bought"),
    ...LANDING_COLUMNS,
  },
});
