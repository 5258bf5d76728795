import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_campanha = defineDimension("dim_campanha", {
  description: "Marketing campaign",
  from: vendas,
  key: "campanha_id",
  naturalKey: ["campanha_de_marketing"],
});
