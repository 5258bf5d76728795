import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Star, StarView } from "../../lib/contract/star.js";
import { describeError, TslakeError, WarehouseError } from "../../lib/errors.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { LOADS } from "../../lib/warehouse/record.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { GoldLake } from "./gold_lake.js";
import { postgresWarehouses } from "./postgres_warehouses.js";

let lake: GoldLake;
beforeEach(async () => {
  lake = new GoldLake();
  await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
});
afterEach(() => lake.remove());

/** Loads; answers why everything was loaded. */
async function load(warehouse: Warehouse, star: Star = stars.vendas): Promise<string | undefined> {
  const begun = await StarLoad.begin(lake.lake, star, warehouse);
  await begun.commit();
  return begun.plan.full;
}

async function count(warehouse: Warehouse, name: string): Promise<unknown> {
  return (await warehouse.query(`SELECT COUNT(*) AS n FROM ${name}`)).rows[0]?.["n"];
}

const ONE_MORE = { id: "f:3", at: "2023-01-02 10:00:00", email: "ana@x.br" };

async function run(warehouse: Warehouse, ...statements: readonly string[]): Promise<void> {
  await warehouse.transaction(async (transaction) => {
    for (const sql of statements) await transaction.execute(sql);
  });
}

/** The tables and views that are there, in order. */
async function names(warehouse: Warehouse): Promise<readonly string[]> {
  return warehouse.transaction(async (transaction) => [...(await transaction.columns()).keys()].sort());
}

/** The star without some of its facts and views. */
function without(...gone: readonly string[]): Star {
  const stays = ({ name }: { readonly name: string }): boolean => !gone.includes(name);
  return { ...stars.vendas, facts: stars.vendas.facts.filter(stays), views: stars.vendas.views.filter(stays) };
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

  test("a view of the star's that somebody has dropped is made again by a load of new rows", async () => {
    const warehouse = await open();
    await load(warehouse);
    await run(warehouse, "DROP VIEW vw_efeito_do_desconto");
    await lake.sell(ONE_MORE);
    expect(await load(warehouse)).toBeUndefined();
    expect(await count(warehouse, "vw_efeito_do_desconto")).toBe(1n);
  });

  test("a table of the star's that somebody has dropped has the next load load everything", async () => {
    const warehouse = await open();
    await load(warehouse);
    await run(warehouse, "DROP TABLE dim_canal CASCADE");
    await lake.sell(ONE_MORE);
    expect(await load(warehouse)).toBe("dim_canal is not in the warehouse");
    expect(await count(warehouse, "vw_vendas")).toBe(2n);
    expect(await load(warehouse)).toBeUndefined();
  });

  test("a view that is defined otherwise is made anew, with those that read it, and needs no full load", async () => {
    const warehouse = await open();
    await load(warehouse);
    const star = {
      ...stars.vendas,
      views: stars.vendas.views.map(
        (view): StarView =>
          view.name === "vw_vendas"
            ? { ...view, select: (sql) => `${view.select(sql)}\nWHERE f.venda_id <> 'f:2'` }
            : view,
      ),
    };
    expect(await load(warehouse, star)).toBeUndefined();
    expect(await count(warehouse, "vw_vendas")).toBe(0n);
    expect(await count(warehouse, "vw_efeito_do_desconto")).toBe(0n);
  });

  test("a view that is no part of the star any more goes with a load of new rows, and may come again", async () => {
    const warehouse = await open();
    await load(warehouse);
    expect(await load(warehouse, without("vw_efeito_do_desconto"))).toBeUndefined();
    expect(await names(warehouse)).not.toContain("vw_efeito_do_desconto");
    expect(await load(warehouse)).toBeUndefined();
    expect(await count(warehouse, "vw_efeito_do_desconto")).toBe(1n);
  });

  test("a table that is no part of the star any more goes, with the views that read it", async () => {
    const warehouse = await open();
    await load(warehouse);
    const gone = ["fato_gvm", "vw_gvm_conhecido", "vw_gvm_atual"];
    expect(await load(warehouse, without(...gone))).toBe("fato_gvm is not in the star any more");
    const left = Object.keys((await warehouse.loads())[0]?.definitions ?? {});
    expect(await names(warehouse)).toEqual([...left, LOADS.name].sort());
    expect(left).not.toContain("fato_gvm");
    expect(await load(warehouse)).toBe("fato_gvm is not in the warehouse");
    expect(await names(warehouse)).toEqual(expect.arrayContaining(gone));
  });

  test("a view under one that stays is not removed: the load fails, and changes nothing", async () => {
    const warehouse = await open();
    await load(warehouse);
    await expect(load(warehouse, without("vw_vendas"))).rejects.toThrow(TslakeError);
    expect(await count(warehouse, "vw_efeito_do_desconto")).toBe(1n);
  });
}

describe("in a DuckDB file", () => {
  suite(() => Promise.resolve(lake.duckdb()));
});

describeWith("postgres", "in a schema of PostgreSQL", () => {
  const servers = postgresWarehouses();
  const open = async (address: string): Promise<Warehouse> => servers.open(address, lake.lake.engine);
  suite(async () => open(await servers.server.database()));

  test("views that stay as they are keep their grants, their readers and what was built upon them in a full load", async () => {
    const address = await servers.server.database();
    const warehouse = await open(address);
    await load(warehouse);
    await run(
      warehouse,
      "GRANT SELECT ON vw_vendas TO certificado",
      "CREATE VIEW minha AS SELECT venda_id FROM vw_vendas",
    );
    const reader = new pg.Client({ connectionString: address, ssl: false });
    await reader.connect();
    await reader.query("BEGIN");
    await reader.query("SELECT count(*) FROM vw_vendas");
    await lake.sell(ONE_MORE);
    await lake.withdraw("f:2");
    expect(await load(warehouse)).toMatch(/has lost or changed rows/);
    await reader.end();
    const granted = await warehouse.query("SELECT has_table_privilege('certificado', 'vw_vendas', 'SELECT') AS may");
    expect(granted.rows).toEqual([{ may: true }]);
    expect((await warehouse.query("SELECT venda_id FROM minha")).rows).toEqual([{ venda_id: "f:3" }]);
  });

  test("a view that is no part of the star any more keeps no table from being made anew", async () => {
    const warehouse = await open(await servers.server.database());
    await load(warehouse);
    const less = without("vw_efeito_do_desconto");
    const facts = less.facts.map((fact) => ({
      ...fact,
      columns: fact.columns.map((column) => (column.name === "ano" ? { ...column, nullable: true } : column)),
    }));
    expect(await load(warehouse, { ...less, facts })).toBe("fato_vendas is defined otherwise now");
    expect(await names(warehouse)).not.toContain("vw_efeito_do_desconto");
  });
});
