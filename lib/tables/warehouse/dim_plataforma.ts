import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_plataforma = defineDimension("dim_plataforma", {
  description: "Platform on which the customer was met",
  from: vendas,
  key: "plataforma_id",
  naturalKey: ["plataforma_de_interacao"],
});
