import { warehouse as stars } from "../../lib/tables/index.js";
import { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { GoldLake } from "./gold_lake.js";

/** Loads the star of the lake in a folder into PostgreSQL: `load_process FOLDER ADDRESS [full]`. */
async function main([folder = "", address = "", full]: readonly string[]): Promise<void> {
  const { lake } = new GoldLake(folder);
  const warehouse = new PostgresWarehouse(address, lake.engine);
  await (await StarLoad.begin(lake, stars.vendas, warehouse, { fullRefresh: full === "full" })).commit();
  await warehouse.close();
}

void main(process.argv.slice(2));
