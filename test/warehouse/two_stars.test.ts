import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decimal } from "../../lib/contract/column_spec.js";
import type { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { describeError, WarehouseError } from "../../lib/errors.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { LOADS } from "../../lib/warehouse/record.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { ENGINE } from "./driver_suite.js";
import { postgresWarehouses } from "./postgres_warehouses.js";
import { add, lakeOf, type SmallStar, smallStar } from "./small_star.js";

const [ONE, OTHER] = [smallStar("um", decimal(18, 2)), smallStar("outro", decimal(18, 2))];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslake-two-stars-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** One database, as each lake opens it. */
type Open = (engine: PolarsEngine) => Warehouse;

/** Adds a row of a day to a lake that knows this star only, and loads it. */
async function load(open: Open, small: SmallStar, dia: string): Promise<void> {
  const lake = lakeOf(folder, small);
  await add(lake, small, dia, "1.00");
  await (await StarLoad.begin(lake, small.star, open(lake.engine))).commit();
}

async function refusal(loading: Promise<void>): Promise<string> {
  const error: unknown = await loading.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WarehouseError);
  return describeError(error);
}

/** Two catalogs, each with a star of its own, load into one database; both stars have the table `dim_data`. */
function suite(database: () => Promise<Open>): void {
  test("a star's first load takes no table of another star's", async () => {
    const open = await database();
    const warehouse = open(ENGINE);
    await load(open, ONE, "2020-05-01");
    expect(await refusal(load(open, OTHER, "2024-05-01"))).toContain(
      "dim_data: there, and not recorded of warehouse.outro alone",
    );
    await load(open, ONE, "2020-06-01");
    const days = "SELECT COUNT(d.data_id) AS n FROM fato_um f LEFT JOIN dim_data d ON d.data_id = f.data_id";
    expect((await warehouse.query(days)).rows).toEqual([{ n: 2n }]);
    expect((await warehouse.loads()).map(({ star }) => star)).toEqual(["warehouse.um"]);
  });

  test("a table that both have recorded is neither's to replace", async () => {
    const open = await database();
    await load(open, ONE, "2020-05-01");
    await open(ENGINE).transaction(async (transaction) => {
      await transaction.execute(
        `INSERT INTO ${LOADS.name} SELECT 'warehouse.outro', 1, '{}', '{"dim_data":"x"}', passo, execucao, carregada_em FROM ${LOADS.name}`,
      );
    });
    for (const small of [ONE, OTHER]) expect(await refusal(load(open, small, "2024-05-01"))).toContain("dim_data");
  });
}

describe("in a DuckDB file", () => {
  const open: Open = (engine) => new DuckdbWarehouse(join(folder, "warehouse.duckdb"), engine);
  suite(() => Promise.resolve(open));

  test("all tables of another star, when nothing else is there, are no reason to begin with an empty file", async () => {
    const warehouse = open(ENGINE);
    await load(open, ONE, "2020-05-01");
    await warehouse.transaction((transaction) => transaction.execute("DROP TABLE fato_um"));
    expect(await refusal(load(open, OTHER, "2024-05-01"))).toContain("dim_data");
    expect((await warehouse.query("SELECT COUNT(*) AS n FROM dim_data WHERE ano = 2020")).rows).toEqual([{ n: 366n }]);
  });
});

describeWith("postgres", "in a schema of PostgreSQL", () => {
  const servers = postgresWarehouses();
  suite(async () => {
    const address = await servers.server.database();
    return (engine) => servers.open(address, engine);
  });
});
