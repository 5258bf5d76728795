import { defineDimension } from "../../contract/dimension.js";
import { vendas } from "../gold/vendas.js";

export const dim_cliente = defineDimension("dim_cliente", {
  description: "Customer, by e-mail; a row for each time that name or telephone changed",
  from: vendas,
  key: "cliente_id",
  naturalKey: ["email"],
  attributes: ["nome_completo", "dominio_email", "telefone"],
  type: 2,
  latest: { at: "timestamp_do_registro", tie: "venda_id" },
});
