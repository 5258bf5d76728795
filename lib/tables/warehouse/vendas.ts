import { defineStar } from "../../contract/star.js";
import { fato_gvm } from "./fato_gvm.js";
import { fato_vendas } from "./fato_vendas.js";
import { vw_gvm_conhecido } from "./views.js";

export const vendas = defineStar("warehouse.vendas", {
  description: "Sales and marketplace value for analysts: facts and dimensions in a database",
  facts: [fato_vendas, fato_gvm],
  views: [vw_gvm_conhecido],
});
