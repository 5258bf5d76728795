export * as bronze from "./bronze/index.js";
export * as gold from "./gold/index.js";
export * as silver from "./silver/index.js";
export * as warehouse from "./warehouse/index.js";
