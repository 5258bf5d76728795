import { text } from "../../contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../contract/define_table.js";

export const product_item = defineTable("bronze.product_item", {
  description: "Change feed of what was bought in each purchase, as it arrived",
  grain: "one event of a file",
  landing: { source: "product_item", files: ["*.csv", "*.ndjson", "*.jsonl", "*.parquet"] },
  write: "append",
  columns: {
    transaction_datetime: text().describe("When the change happened in the marketplace, wall-clock time"),
    transaction_date: text().describe("Day of the change"),
    purchase_id: text().describe("The purchase"),
    product_id: text().describe("The product bought"),
    item_quantity: text().describe("How many pieces"),
    purchase_value: text().describe("Value of the whole purchase, whatever the quantity"),
    ...LANDING_COLUMNS,
  },
});
