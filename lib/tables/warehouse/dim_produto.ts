import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_produto = defineDimension("dim_produto", {
  description: "Product",
  from: vendas,
  key: "produto_id",
  naturalKey: ["produto_adquirido"],
});
