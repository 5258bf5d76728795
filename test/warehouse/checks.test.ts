import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DataError, describeError } from "../../lib/errors.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import { checkOrphans, checkVersions, keyRanges } from "../../lib/warehouse/checks.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { GoldLake } from "./gold_lake.js";

let lake: GoldLake;
let warehouse: Warehouse;
beforeEach(async () => {
  lake = new GoldLake();
  warehouse = lake.duckdb();
  await lake.sell(
    { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br", value: "10.01" },
    { id: "f:3", at: "2023-01-05 10:00:00", email: "ana@x.br", phone: "2" },
    { id: "f:4", at: "2023-01-05 10:00:00", email: "bia@x.br" },
  );
  await load();
});
afterEach(() => lake.remove());

async function load(fullRefresh = false): Promise<void> {
  await (await StarLoad.begin(lake.lake, stars.vendas, warehouse, { fullRefresh })).commit();
}

async function count(table: string): Promise<unknown> {
  return (await warehouse.query(`SELECT COUNT(*) AS n FROM ${table}`)).rows[0]?.["n"];
}

/** What the next load of one more sale says, when somebody has changed the star meanwhile. */
async function complaint(...changes: readonly string[]): Promise<string> {
  await warehouse.transaction(async (transaction) => {
    for (const sql of changes) await transaction.execute(sql);
  });
  const before = await count("fato_vendas");
  await lake.sell({ id: "g:2", at: "2023-01-03 10:00:00", email: "ana@x.br" });
  const error: unknown = await load().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DataError);
  expect(await count("fato_vendas")).toBe(before);
  // Everything anew mends it.
  await load(true);
  expect(await count("fato_vendas")).toBe(4n);
  return describeError(error);
}

describe("a load finds", () => {
  test("a fact that is missing", async () => {
    const told = await complaint("DELETE FROM fato_vendas WHERE venda_id = 'f:3'");
    expect(told).toContain("fato_vendas has another number of rows than gold.vendas; nothing was loaded");
    expect(told).toContain("missing: venda_id = f:3");
    expect(told).toContain("--full-refresh");
  });

  test("a fact that is no sale", async () => {
    const told = await complaint(
      "INSERT INTO fato_vendas SELECT * REPLACE ('x:1' AS venda_id) FROM fato_vendas LIMIT 1",
    );
    expect(told).toContain("not in the lake: venda_id = x:1");
  });

  test("a cent that is missing", async () => {
    const told = await complaint("UPDATE fato_vendas SET valor_com_desconto = 10.00 WHERE venda_id = 'f:2'");
    expect(told).toContain("adds up valor_com_desconto otherwise than gold.vendas");
    expect(told).toMatch(/expected: 40\.01[\s\S]*actual: +40\.00/);
  });

  test("a key whose member is gone", async () => {
    const told = await complaint("DELETE FROM dim_data WHERE data = DATE '2023-01-03'");
    expect(told).toContain("fato_vendas: data_id refers to no row of dim_data");
    expect(told).toContain("venda_id = g:2, data_id = 20230103");
  });

  test.each([
    ["the first member", "DELETE FROM dim_cliente WHERE cliente_id = 1", "f:2, cliente_id = 1"],
    ["a member between others", "DELETE FROM dim_cliente WHERE cliente_id = 2", "cliente_id = 2"],
    ["the last member", "DELETE FROM dim_cliente WHERE cliente_id = 3", "cliente_id = 3"],
    [
      "a member whose key another one has now",
      "UPDATE dim_cliente SET cliente_id = 1 WHERE cliente_id = 2",
      "cliente_id = 2",
    ],
    ["não informado", "DELETE FROM dim_campanha WHERE campanha_id = -1", "campanha_id = -1"],
    ["every member", "DELETE FROM dim_canal", "canal_id = 1"],
    ["a day", "DELETE FROM dim_data WHERE data = DATE '2023-01-05'", "data_id = 20230105"],
  ])("facts whose member is gone from a star that is whole otherwise: %s", async (_, change, told) => {
    const fact = stars.fato_vendas;
    const checked = warehouse.transaction(async (transaction) => {
      const check = async (): Promise<void> =>
        checkOrphans(transaction, fact, fact.name, { ranges: await keyRanges(transaction, fact) });
      await check();
      await transaction.execute(change);
      await check();
    });
    await expect(checked).rejects.toThrow("refers to no row of");
    await expect(checked).rejects.toMatchObject({ actual: expect.stringContaining(told) });
  });

  test.each([
    ["two current versions", "SET atual = true", "members with several current versions"],
    ["a version that is current and over", "SET atual = NOT atual WHERE cliente_id = 1", "several current|neither"],
    ["versions that overlap", "SET valido_ate = TIMESTAMP '2023-01-09' WHERE cliente_id = 1", "overlap or leave a gap"],
    [
      "a gap between versions",
      "SET valido_ate = TIMESTAMP '2023-01-02' WHERE cliente_id = 1",
      "overlap or leave a gap",
    ],
    ["a member without an end", "SET valido_ate = NULL, atual = true WHERE cliente_id = 1", "several current"],
  ])("%s", async (_, change, message) => {
    const checked = warehouse.transaction(async (transaction) => {
      await transaction.execute(`UPDATE dim_cliente ${change}`);
      await checkVersions(transaction, stars.dim_cliente, "dim_cliente");
    });
    await expect(checked).rejects.toThrow(new RegExp(message));
    await expect(checked).rejects.toMatchObject({ actual: expect.stringContaining("email = ana@x.br") });
  });
});
