import type { StarView } from "../../contract/star.js";

export const vw_gvm_conhecido: StarView = {
  name: "vw_gvm_conhecido",
  description:
    "Paid gross value with the days during which each state was what was known. As known at day K: WHERE conhecido_de <= K AND (conhecido_ate > K OR conhecido_ate IS NULL)",
  columns: {
    data: "Day of the order",
    codigo_do_produto: "The product bought",
    subsidiaria: "The subsidiary that sold",
    versao: "1, 2, 3… of this day, product and subsidiary",
    conhecido_de: "Day from which on this state was known",
    conhecido_ate: "Day from which on another state was known; null while this one is",
    valor_total: "Paid gross value",
    compras: "Number of paid purchases",
  },
  select: `SELECT data, codigo_do_produto, subsidiaria, versao, conhecido_em AS conhecido_de,
  LEAD(conhecido_em) OVER (PARTITION BY data, codigo_do_produto, subsidiaria ORDER BY versao) AS conhecido_ate,
  valor_total, compras
FROM fato_gvm`,
};
