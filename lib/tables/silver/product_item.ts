import { decimal, long } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { product_item as bronzeProductItem } from "../bronze/product_item.js";
import { purchase as bronzePurchase } from "../bronze/purchase.js";
import { purchase_extra_info as bronzeExtraInfo } from "../bronze/purchase_extra_info.js";
import { EVENT_COLUMNS, HISTORY_COLUMNS, HISTORY_PROPERTIES } from "./event_columns.js";

export const product_item = defineTable("silver.product_item", {
  description:
    "History of what was bought in each purchase: every distinct event, with the day on which it became known",
  grain: "one event of a purchase's item",
  reads: [bronzeProductItem, bronzePurchase, bronzeExtraInfo],
  calendar: "marketplace",
  write: "append",
  key: ["purchase_id", "version"],
  properties: HISTORY_PROPERTIES,
  columns: {
    ...EVENT_COLUMNS,
    product_id: long().notNull().describe("The product bought"),
    item_quantity: long().describe("How many pieces"),
    purchase_value: decimal(18, 2).notNull().describe("Value of the whole purchase, whatever the quantity"),
    ...HISTORY_COLUMNS,
  },
});
