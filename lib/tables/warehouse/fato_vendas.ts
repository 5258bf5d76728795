import { defineFact, degenerate, keyOf, measure } from "../../contract/star.js";
import { vendas } from "../gold/vendas.js";
import { dim_campanha } from "./dim_campanha.js";
import { dim_canal } from "./dim_canal.js";
import { dim_cliente } from "./dim_cliente.js";
import { dim_data } from "./dim_data.js";
import { dim_desconto } from "./dim_desconto.js";
import { dim_plataforma } from "./dim_plataforma.js";
import { dim_produto } from "./dim_produto.js";
import { dim_vendedor } from "./dim_vendedor.js";

export const fato_vendas = defineFact("fato_vendas", {
  description: "Multichannel sales",
  grain: "one sale as registered by a channel",
  from: vendas,
  key: ["venda_id"],
  columns: {
    venda_id: degenerate("venda_id"),
    timestamp_do_registro: degenerate("timestamp_do_registro"),
    ano: degenerate("ano"),
    turno_compra: degenerate("turno_compra"),
    valor_da_compra: measure("valor_da_compra"),
    valor_com_desconto: measure("valor_com_desconto"),
    arquivo_de_origem: degenerate("arquivo_de_origem"),
    cliente_id: keyOf(dim_cliente),
    produto_id: keyOf(dim_produto),
    canal_id: keyOf(dim_canal),
    plataforma_id: keyOf(dim_plataforma),
    campanha_id: keyOf(dim_campanha),
    vendedor_id: keyOf(dim_vendedor),
    desconto_id: keyOf(dim_desconto),
    data_id: keyOf(dim_data, "timestamp_do_registro"),
  },
});
