import { date, decimal, long, text } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { HISTORY_PROPERTIES } from "../silver/event_columns.js";
import { product_item } from "../silver/product_item.js";
import { purchase } from "../silver/purchase.js";
import { purchase_extra_info } from "../silver/purchase_extra_info.js";

export const gvm = defineTable("gold.gvm", {
  description: "Paid gross value per day, product and subsidiary, as known at any past day",
  grain: "one state of a day, product and subsidiary, from the day on which it became known",
  reads: [purchase, product_item, purchase_extra_info],
  write: "append",
  key: ["date", "product_id", "subsidiary", "version"],
  properties: HISTORY_PROPERTIES,
  columns: {
    date: date().notNull().describe("Day of the order"),
    product_id: long().notNull().describe("The product bought"),
    subsidiary: text().notNull().describe("The subsidiary that sold; não informada while nobody knows it"),
    total_value: decimal(18, 2).notNull().describe("Paid gross value"),
    purchases: long().notNull().describe("Number of paid purchases"),
    version: long().notNull().describe("1, 2, 3… of this day, product and subsidiary"),
    processed_date: date().notNull().describe("Logical day on which this state became known"),
  },
});
