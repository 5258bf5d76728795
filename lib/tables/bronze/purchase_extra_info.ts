import { text } from "../../contract/column_spec.js";
import { defineTable, LANDING_COLUMNS } from "../../contract/define_table.js";

export const purchase_extra_info = defineTable("bronze.purchase_extra_info", {
  description: "Change feed of what is known about purchases elsewhere, as it arrived",
  grain: "one event of a file",
  landing: { source: "purchase_extra_info", files: ["*.csv", "*.ndjson", "*.jsonl", "*.parquet"] },
  write: "append",
  columns: {
    transaction_datetime: text().describe("When the change happened in the marketplace, wall-clock time"),
    transaction_date: text().describe("Day of the change"),
    purchase_id: text().describe("The purchase"),
    subsidiary: text().describe("The subsidiary that sold: nacional or internacional"),
    ...LANDING_COLUMNS,
  },
});
