import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import type { ColumnSpec } from "../../lib/contract/column_spec.js";
import { date, text } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { defineFact, defineStar, degenerate, keyOf, measure, type Star } from "../../lib/contract/star.js";
import { valuesOf } from "../../lib/delta_table/values.js";
import { Lake } from "../../lib/lake/lake.js";
import { scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { dim_data } from "../../lib/tables/warehouse/dim_data.js";

/** A star of one fact, `fato_<name>`, and the shipped calendar, over the table `gold.<name>`. */
export interface SmallStar {
  readonly gold: AnyTable;
  readonly star: Star;
}

/** @param valor the type of the fact's measure */
export function smallStar(name: string, valor: ColumnSpec): SmallStar {
  const columns = { id: text().notNull(), dia: date().notNull(), valor };
  const gold = defineTable(`gold.${name}`, { description: name, grain: "one row", columns });
  const fact = defineFact(`fato_${name}`, {
    description: name,
    grain: "one row",
    from: gold,
    key: ["id"],
    columns: { id: degenerate("id"), data_id: keyOf(dim_data, "dia"), valor: measure("valor") },
  });
  return { gold, star: defineStar(`warehouse.${name}`, { description: name, facts: [fact] }) };
}

/** A lake that knows one small star. */
export function lakeOf(folder: string, { gold, star }: SmallStar): Lake {
  const storage = new LocalStorage(join(folder, "lake"));
  return new Lake({ storage, catalog: new Catalog([gold], [star]), timeZone: "UTC" });
}

/** Adds a row for each value to the star's table. */
export async function add(lake: Lake, { gold }: SmallStar, dia: string, ...values: readonly Value[]): Promise<void> {
  const { fields } = gold.schema;
  const rows = values.map((valor, i) => ({ id: `${dia} ${i}`, dia, valor }));
  await lake.write(gold, scan(valuesOf(fields, rows), fields, lake));
}
