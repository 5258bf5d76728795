export { gvm } from "./gvm.js";
export { vendas } from "./vendas.js";
