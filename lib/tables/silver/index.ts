export { product_item } from "./product_item.js";
export { purchase } from "./purchase.js";
export { purchase_extra_info } from "./purchase_extra_info.js";
export { vendas } from "./vendas.js";
