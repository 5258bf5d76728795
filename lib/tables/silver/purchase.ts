import { date, long } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { product_item as bronzeProductItem } from "../bronze/product_item.js";
import { purchase as bronzePurchase } from "../bronze/purchase.js";
import { purchase_extra_info as bronzeExtraInfo } from "../bronze/purchase_extra_info.js";
import { EVENT_COLUMNS, HISTORY_COLUMNS, HISTORY_PROPERTIES } from "./event_columns.js";

export const purchase = defineTable("silver.purchase", {
  description: "History of marketplace purchases: every distinct event, with the day on which it became known",
  grain: "one event of a purchase",
  reads: [bronzePurchase, bronzeProductItem, bronzeExtraInfo],
  calendar: "marketplace",
  write: "append",
  key: ["purchase_id", "version"],
  properties: HISTORY_PROPERTIES,
  columns: {
    ...EVENT_COLUMNS,
    buyer_id: long().describe("Who bought"),
    prod_item_id: long().describe("The item of the purchase"),
    order_date: date().notNull().describe("Day of the order"),
    release_date: date().describe("Day on which the payment was released; null while it is not, or no longer is"),
    producer_id: long().describe("Who produced what was bought"),
    ...HISTORY_COLUMNS,
  },
});
