import { defineStar } from "../../contract/star.js";
import { fato_gvm } from "./fato_gvm.js";
import { fato_vendas } from "./fato_vendas.js";
import {
  vw_clientes_por_dominio_e_turno,
  vw_efeito_do_desconto,
  vw_faturamento_mensal_por_canal,
  vw_gvm_atual,
  vw_gvm_conhecido,
  vw_vendas,
} from "./views.js";

export const vendas = defineStar("warehouse.vendas", {
  description: "Sales and marketplace value for analysts: facts and dimensions in a database",
  facts: [fato_vendas, fato_gvm],
  views: [
    vw_vendas,
    vw_faturamento_mensal_por_canal,
    vw_efeito_do_desconto,
    vw_clientes_por_dominio_e_turno,
    vw_gvm_conhecido,
    vw_gvm_atual,
  ],
});
