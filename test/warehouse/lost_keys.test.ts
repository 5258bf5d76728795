import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { valuesOf } from "../../lib/delta_table/values.js";
import type { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { WarehouseError } from "../../lib/errors.js";
import { type Relation, scan } from "../../lib/relation/relation.js";
import type { Value } from "../../lib/relation/runner.js";
import { LocalStorage } from "../../lib/storage/local.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import type { LoadOptions } from "../../lib/warehouse/plan_load.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { GoldLake } from "./gold_lake.js";
import { postgresWarehouses } from "./postgres_warehouses.js";

const { dim_cliente, dim_produto } = stars;
const EMAIL = "ana@x.br";

let lake: GoldLake;
beforeEach(() => {
  lake = new GoldLake();
});
afterEach(() => lake.remove());

type Open = (engine: PolarsEngine) => Warehouse;

async function load(warehouse: Warehouse, options: LoadOptions = {}): Promise<void> {
  await (await StarLoad.begin(lake.lake, stars.vendas, warehouse, options)).commit();
}

async function rows(warehouse: Warehouse, sql: string): Promise<readonly string[]> {
  return (await warehouse.query(sql)).rows.map((row) => Object.values(row).map(String).join(" "));
}

function products(warehouse: Warehouse): Promise<readonly string[]> {
  return rows(warehouse, "SELECT produto_id, produto_adquirido FROM dim_produto WHERE produto_id > 0 ORDER BY 1");
}

function versions(warehouse: Warehouse): Promise<readonly string[]> {
  return rows(warehouse, "SELECT cliente_id, telefone FROM dim_cliente WHERE cliente_id > 0 ORDER BY 1");
}

function facts(warehouse: Warehouse): Promise<readonly string[]> {
  return rows(warehouse, "SELECT venda_id, cliente_id, produto_id FROM fato_vendas ORDER BY 1");
}

async function recorded(name: string): Promise<readonly string[]> {
  const found = await lake.lake.read(lake.lake.catalog.table(name)).collect();
  return found.map((row) => [row["chave"], row["produto_adquirido"] ?? row["telefone"]].map(String).join(" ")).sort();
}

function folderOf({ keyMap }: typeof dim_produto): string {
  return join(lake.folder, "lake", ...keyMap.name.split("."));
}

function forget(dimension: typeof dim_produto): void {
  rmSync(folderOf(dimension), { recursive: true });
}

async function restore(dimension: typeof dim_produto, version: number): Promise<void> {
  const table = await DeltaTable.open(new LocalStorage(folderOf(dimension)));
  await table.setProperties({ "delta.appendOnly": "false" });
  await table.restore({ version });
}

/** Makes a dimension's key map anew, with one key that was given otherwise. */
async function giveOtherwise({ keyMap }: typeof dim_produto, row: Readonly<Record<string, Value>>): Promise<void> {
  const { fields } = keyMap.schema;
  const rows: Relation = scan(valuesOf(fields, [row]), fields, lake.lake);
  await lake.lake.write(keyMap, rows);
}

/** Has the warehouse answer with one member at a time where many are asked for. */
function inPagesOfOne(warehouse: Warehouse): void {
  const query = warehouse.query.bind(warehouse);
  vi.spyOn(warehouse, "query").mockImplementation((sql) => query(sql.replace(/LIMIT \d+$/, "LIMIT 1")));
}

/** Two loads, so that each key map has two versions: keys 1, then 2. */
async function sellTwice(warehouse: Warehouse): Promise<void> {
  await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: EMAIL, product: "Mesa" });
  await load(warehouse);
  await lake.sell({ id: "f:3", at: "2023-01-05 10:00:00", email: EMAIL, product: "Cama", phone: "2" });
  await load(warehouse);
}

const LOSSES: readonly (readonly [string, (dimension: typeof dim_produto) => Promise<void> | void])[] = [
  ["was deleted", forget],
  ["went back", (one) => rmSync(join(folderOf(one), "_delta_log", "00000000000000000001.json"))],
  ["was restored to an earlier version", (one) => restore(one, 0)],
];

/** What a warehouse does when its lake has lost keys that it has. */
function suite(database: () => Promise<Open>): void {
  for (const [what, lose] of LOSSES) {
    test.each([false, true])(`keys of a map that ${what} are taken back; full refresh: %s`, async (fullRefresh) => {
      const warehouse = (await database())(lake.lake.engine);
      await sellTwice(warehouse);
      for (const dimension of [dim_cliente, dim_produto]) await lose(dimension);
      await lake.sell(
        { id: "f:4", at: "2023-01-03 10:00:00", email: EMAIL, product: "Banco", phone: null },
        { id: "f:5", at: "2023-01-09 10:00:00", email: EMAIL, product: "Cama", phone: "2" },
      );
      await load(warehouse, { fullRefresh });
      expect(await products(warehouse)).toEqual(["1 Mesa", "2 Cama", "3 Banco"]);
      expect(await versions(warehouse)).toEqual(["1 1", "2 2", "3 null"]);
      expect(await facts(warehouse)).toEqual(["f:2 1 1", "f:3 2 2", "f:4 3 3", "f:5 2 2"]);
      expect(await recorded(dim_produto.keyMap.name)).toEqual(["1 Mesa", "2 Cama", "3 Banco"]);
      expect(await recorded(dim_cliente.keyMap.name)).toEqual(["1 1", "2 2", "3 null"]);
      await lake.sell({ id: "f:6", at: "2023-02-01 10:00:00", email: EMAIL, product: "Mesa", phone: "2" });
      const next = await StarLoad.begin(lake.lake, stars.vendas, warehouse);
      expect(next.plan.full).toBeUndefined();
      await next.commit();
      expect(await facts(warehouse)).toContain("f:6 2 1");
    });
  }

  test("keys of members that neither the restored map nor the warehouse has are not given again", async () => {
    const warehouse = (await database())(lake.lake.engine);
    await sellTwice(warehouse);
    await lake.withdraw("f:3");
    await load(warehouse);
    await restore(dim_produto, 0);
    await lake.sell({ id: "f:4", at: "2023-01-06 10:00:00", email: EMAIL, product: "Banco" });
    await load(warehouse);
    expect(await products(warehouse)).toEqual(["1 Mesa", "3 Banco"]);
  });

  test("a map that was put back, then has given keys anew, stops the load where they are others", async () => {
    const warehouse = (await database())(lake.lake.engine);
    const copy = join(lake.folder, "copy");
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: EMAIL, product: "Mesa" });
    await load(warehouse);
    cpSync(folderOf(dim_produto), copy, { recursive: true });
    await lake.sell({ id: "f:3", at: "2023-01-05 10:00:00", email: EMAIL, product: "Cama" });
    await load(warehouse);
    const before = await facts(warehouse);
    forget(dim_produto);
    cpSync(copy, folderOf(dim_produto), { recursive: true });
    await lake.sell({ id: "f:4", at: "2023-01-06 10:00:00", email: EMAIL, product: "Banco" });
    await load(lake.duckdb("other"));
    await expect(load(warehouse)).rejects.toMatchObject({ where: { table: "gold.chaves_produto" } });
    expect(await facts(warehouse)).toEqual(before);
  });

  test("a map that has given the warehouse's keys to other members stops the load; nothing is changed", async () => {
    const warehouse = (await database())(lake.lake.engine);
    await sellTwice(warehouse);
    const before = await facts(warehouse);
    forget(dim_produto);
    await load(lake.duckdb("other"));
    const map = await recorded(dim_produto.keyMap.name);
    await lake.sell({ id: "f:4", at: "2023-01-06 10:00:00", email: EMAIL, product: "Banco" });
    const refused = load(warehouse, { fullRefresh: true });
    await expect(refused).rejects.toThrow(WarehouseError);
    await expect(refused).rejects.toMatchObject({
      where: { table: "gold.chaves_produto" },
      actual: expect.stringContaining("Cama"),
      remedy: expect.stringContaining("bring back the key map"),
    });
    expect(await facts(warehouse)).toEqual(before);
    expect(await recorded(dim_produto.keyMap.name)).toEqual(map);
  });

  test("many members are taken back page by page, in one commit", async () => {
    const warehouse = (await database())(lake.lake.engine);
    await sellTwice(warehouse);
    forget(dim_produto);
    inPagesOfOne(warehouse);
    await load(warehouse);
    expect(await recorded(dim_produto.keyMap.name)).toEqual(["1 Mesa", "2 Cama"]);
    expect((await lake.lake.snapshot(dim_produto.keyMap.name))?.version).toBe(0);
  });

  test("a member of the last page that has another key leaves the map as it was", async () => {
    const warehouse = (await database())(lake.lake.engine);
    await sellTwice(warehouse);
    forget(dim_produto);
    await giveOtherwise(dim_produto, { chave: 2n, produto_adquirido: "Banco" });
    inPagesOfOne(warehouse);
    await expect(load(warehouse)).rejects.toMatchObject({ actual: expect.stringContaining("Cama") });
    expect(await recorded(dim_produto.keyMap.name)).toEqual(["2 Banco"]);
  });
}

test("a load of new rows looks once whether keys were lost, and counts a map's new keys once", async () => {
  const warehouse = lake.duckdb();
  await sellTwice(warehouse);
  await lake.sell({ id: "f:4", at: "2023-01-06 10:00:00", email: EMAIL, product: "Banco" });
  const looks = vi.spyOn(lake.lake, "snapshot");
  const counts = vi.spyOn(lake.lake, "count");
  await StarLoad.begin(lake.lake, stars.vendas, warehouse);
  const ofMap = looks.mock.calls.filter(
    ([name, options]) => name === dim_produto.keyMap.name && options?.version === undefined,
  );
  // For lost keys, and for those that were given.
  expect(ofMap).toHaveLength(2);
  expect(counts).toHaveBeenCalledTimes(stars.vendas.keyMaps.length);
});

describe("a DuckDB file whose lake has lost keys", () => {
  suite(() => Promise.resolve(() => lake.duckdb()));
});

describeWith("postgres", "a schema of PostgreSQL whose lake has lost keys", () => {
  const servers = postgresWarehouses();
  suite(async () => {
    const address = await servers.server.database();
    return (engine) => servers.open(address, engine);
  });
});
