import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_canal = defineDimension("dim_canal", {
  description: "Sales channel",
  from: vendas,
  key: "canal_id",
  naturalKey: ["canal"],
});
