import { cpSync } from "node:fs";
import type { Star, StarView } from "../../lib/contract/star.js";
import type { Value } from "../../lib/relation/runner.js";
import { formatType } from "../../lib/types.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { identifier } from "../../lib/warehouse/sql.js";
import { LakeInProcess } from "../support/lake_in_process.js";
import { GoldLake } from "./gold_lake.js";

const LAST_DAY = "2023-06-30";
const EVENTS = ["purchase", "product_item", "purchase_extra_info"];

/** The lake that the samples make, up to gold. */
export async function sampleLake(): Promise<GoldLake> {
  const workspace = new LakeInProcess();
  cpSync("samples/landing", workspace.landing, { recursive: true, preserveTimestamps: true });
  await workspace.run(["vendas", ...EVENTS].map((name) => `bronze.${name}`));
  await workspace.run(["silver.vendas", "gold.vendas"]);
  await workspace.run(
    EVENTS.map((name) => `silver.${name}`),
    { date: LAST_DAY },
  );
  await workspace.run(["gold.gvm"]);
  return new GoldLake(workspace.folder);
}

/** A table or view as everybody sees it. */
export interface Content {
  readonly columns: readonly string[];
  /** In an order that depends on nothing but the rows. */
  readonly rows: readonly string[];
}

/** Everything that analysts can read of a star, by table and view. */
export async function contentOf(warehouse: Warehouse, star: Star): Promise<Readonly<Record<string, Content>>> {
  const parts: readonly Pick<StarView, "name">[] = [...star.dimensions, ...star.facts, ...star.views];
  const found: [string, Content][] = [];
  for (const { name } of parts) {
    const { fields, rows } = await warehouse.query(`SELECT * FROM ${identifier(name)}`);
    const columns = fields.map((field) => `${field.name} ${formatType(field.type)}`);
    found.push([name, { columns, rows: rows.map((row) => Object.values(row).map(shown).join(" | ")).sort() }]);
  }
  return Object.fromEntries(found);
}

function shown(value: Value): string {
  return value === null ? "∅" : String(value);
}
