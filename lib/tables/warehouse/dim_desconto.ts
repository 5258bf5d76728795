import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_desconto = defineDimension("dim_desconto", {
  description: "Discount: a code and what it took off; one code may have given several discounts",
  from: vendas,
  key: "desconto_id",
  naturalKey: ["codigo_de_desconto_usado", "desconto_oferecido"],
});
