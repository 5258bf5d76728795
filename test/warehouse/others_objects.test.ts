import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { describeError, WarehouseError } from "../../lib/errors.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { LOADS } from "../../lib/warehouse/record.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { GoldLake } from "./gold_lake.js";

let lake: GoldLake;
beforeEach(async () => {
  lake = new GoldLake();
  await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
});
afterEach(() => lake.remove());

async function load(warehouse: Warehouse): Promise<void> {
  await (await StarLoad.begin(lake.lake, stars.vendas, warehouse)).commit();
}

async function run(warehouse: Warehouse, ...statements: readonly string[]): Promise<void> {
  await warehouse.transaction(async (transaction) => {
    for (const sql of statements) await transaction.execute(sql);
  });
}

async function refusal(warehouse: Warehouse): Promise<string> {
  const error: unknown = await load(warehouse).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(WarehouseError);
  return describeError(error);
}

/** What every engine must do; each call of `open` gives an empty warehouse. */
function suite(open: () => Promise<Warehouse>): void {
  const TABLE = [
    "CREATE TABLE dim_cliente (id INTEGER, segredo VARCHAR(9))",
    "INSERT INTO dim_cliente VALUES (7, 'x')",
  ];
  const VIEW = ["CREATE VIEW dim_produto AS SELECT 7 AS id"];

  test.each([
    ["table", "dim_cliente", TABLE],
    ["view", "dim_produto", VIEW],
    ["view under a view's name", "vw_vendas", ["CREATE VIEW vw_vendas AS SELECT 7 AS id"]],
  ])("a %s that somebody has made is not replaced: the load names it, and changes nothing", async (_, name, made) => {
    const warehouse = await open();
    await run(warehouse, ...made);
    const told = await refusal(warehouse);
    expect(told).toContain(`${name}: there, and not recorded`);
    expect(told).toContain("rename or drop");
    expect((await warehouse.query(`SELECT id FROM ${name}`)).rows).toEqual([{ id: 7 }]);
    await warehouse.transaction(async (transaction) => {
      expect([...(await transaction.columns()).keys()]).toEqual([name]);
      await transaction.execute(`DROP ${name === "dim_cliente" ? "TABLE" : "VIEW"} ${name}`);
    });
    await load(warehouse);
    await load(warehouse);
  });

  test("a name that the star takes later may be taken as well", async () => {
    const warehouse = await open();
    await load(warehouse);
    // The record of a star without one of its dimensions.
    const [recorded] = await warehouse.loads();
    const { dim_cliente: _, ...others } = recorded?.definitions ?? {};
    await run(
      warehouse,
      `UPDATE ${LOADS.name} SET definicoes = '${JSON.stringify(others)}'`,
      ...stars.vendas.views.map(({ name }) => `DROP VIEW IF EXISTS ${name} CASCADE`),
      "DROP TABLE dim_cliente",
      ...TABLE,
    );
    expect(await refusal(warehouse)).toContain("dim_cliente: there, and not recorded");
    expect((await warehouse.query("SELECT segredo FROM dim_cliente")).rows).toEqual([{ segredo: "x" }]);
  });
}

describe("in a DuckDB file", () => {
  suite(() => Promise.resolve(lake.duckdb()));
});

describeWith("postgres", "in a schema of PostgreSQL", () => {
  let server: PostgresServer;
  const opened: Warehouse[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    for (const warehouse of opened) await warehouse.close();
    await server.stop();
  });
  suite(async () => {
    const warehouse = new PostgresWarehouse(await server.database(), lake.lake.engine);
    opened.push(warehouse);
    return warehouse;
  });
});
