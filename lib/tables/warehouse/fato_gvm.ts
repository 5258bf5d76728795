import { defineFact, degenerate, keyOf, measure } from "../../contract/star.js";
import { gvm } from "../gold/gvm.js";
import { dim_data } from "./dim_data.js";

export const fato_gvm = defineFact("fato_gvm", {
  description: "Paid gross value of the marketplace, as known at any past day",
  grain: "one state of a day, product and subsidiary, from the day on which it became known",
  from: gvm,
  key: ["data", "codigo_do_produto", "subsidiaria", "versao"],
  columns: {
    data: degenerate("date"),
    codigo_do_produto: degenerate("product_id"),
    subsidiaria: degenerate("subsidiary"),
    versao: degenerate("version"),
    conhecido_em: degenerate("processed_date"),
    valor_total: measure("total_value"),
    compras: measure("purchases"),
    data_id: keyOf(dim_data, "date"),
    conhecido_em_id: keyOf(dim_data, "processed_date"),
  },
});
