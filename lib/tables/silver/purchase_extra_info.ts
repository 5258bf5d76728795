import { text } from "../../contract/column_spec.js";
import { defineTable } from "../../contract/define_table.js";
import { product_item as bronzeProductItem } from "../bronze/product_item.js";
import { purchase as bronzePurchase } from "../bronze/purchase.js";
import { purchase_extra_info as bronzeExtraInfo } from "../bronze/purchase_extra_info.js";
import { EVENT_COLUMNS, HISTORY_COLUMNS, HISTORY_PROPERTIES } from "./event_columns.js";

export const purchase_extra_info = defineTable("silver.purchase_extra_info", {
  description:
    "History of the subsidiary of each purchase: every distinct event, with the day on which it became known",
  grain: "one event of a purchase's extra information",
  reads: [bronzeExtraInfo, bronzePurchase, bronzeProductItem],
  calendar: "marketplace",
  write: "append",
  key: ["purchase_id", "version"],
  properties: HISTORY_PROPERTIES,
  columns: {
    ...EVENT_COLUMNS,
    subsidiary: text().describe("The subsidiary that sold: nacional or internacional"),
    ...HISTORY_COLUMNS,
  },
});
