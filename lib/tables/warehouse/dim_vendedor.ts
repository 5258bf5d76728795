import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_vendedor = defineDimension("dim_vendedor", {
  description: "Seller",
  from: vendas,
  key: "vendedor_id",
  naturalKey: ["vendedor"],
});
