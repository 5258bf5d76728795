import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConflictError } from "../../lib/errors.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { type LoadResult, StarLoad } from "../../lib/warehouse/star_load.js";
import { GoldLake } from "./gold_lake.js";

let lake: GoldLake;
beforeEach(() => {
  lake = new GoldLake();
});
afterEach(() => lake.remove());

async function load(warehouse: Warehouse, fullRefresh = false): Promise<LoadResult> {
  return (await StarLoad.begin(lake.lake, stars.vendas, warehouse, { fullRefresh })).commit();
}

async function rows(warehouse: Warehouse, sql: string): Promise<readonly string[]> {
  const found = await warehouse.query(sql);
  return found.rows.map((row) => Object.values(row).map(String).join(" | "));
}

describe("a customer", () => {
  test("whose telephone changes gets a second version, and old sales keep theirs", async () => {
    const warehouse = lake.duckdb();
    await lake.sell(
      { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" },
      { id: "f:3", at: "2023-01-05 10:00:00", email: "ana@x.br", phone: "2" },
    );
    await load(warehouse);
    expect(
      await rows(
        warehouse,
        "SELECT cliente_id, telefone, valido_de, valido_ate, atual FROM dim_cliente ORDER BY cliente_id",
      ),
    ).toEqual([
      "-1 | não informado | null | null | true",
      "1 | 1 | 2023-01-01 10:00:00 | 2023-01-05 10:00:00 | false",
      "2 | 2 | 2023-01-05 10:00:00 | null | true",
    ]);
    expect(await rows(warehouse, "SELECT venda_id, cliente_id FROM fato_vendas ORDER BY 1")).toEqual([
      "f:2 | 1",
      "f:3 | 2",
    ]);
    await lake.sell({ id: "g:2", at: "2023-01-03 10:00:00", email: "ana@x.br", phone: "3" });
    const second = await load(warehouse);
    expect([second.inserted, second.updated]).toEqual([1, 0]);
    expect(await rows(warehouse, "SELECT cliente_id, telefone, valido_de FROM dim_cliente ORDER BY valido_de")).toEqual(
      [
        "1 | 1 | 2023-01-01 10:00:00",
        "3 | 3 | 2023-01-03 10:00:00",
        "2 | 2 | 2023-01-05 10:00:00",
        "-1 | não informado | null",
      ],
    );
  });
});

describe("a version whose first sale is withdrawn", () => {
  const DAYS = [
    { id: "f:1", at: "2023-01-01 10:00:00", email: "ana@x.br", phone: "1" },
    { id: "f:2", at: "2023-01-02 10:00:00", email: "ana@x.br", phone: "1" },
    { id: "f:3", at: "2023-01-03 10:00:00", email: "ana@x.br", phone: "2" },
    { id: "f:4", at: "2023-01-04 10:00:00", email: "ana@x.br", phone: "2" },
    { id: "f:5", at: "2023-01-05 10:00:00", email: "ana@x.br", phone: "1" },
    { id: "f:6", at: "2023-01-06 10:00:00", email: "ana@x.br", phone: "1" },
  ];
  const versions = (warehouse: Warehouse): Promise<readonly string[]> =>
    rows(
      warehouse,
      "SELECT cliente_id, telefone, CAST(valido_de AS DATE) FROM dim_cliente WHERE cliente_id > 0 ORDER BY valido_de",
    );

  test.each([
    ["f:1", ["1 | 1 | 2023-01-02", "2 | 2 | 2023-01-03", "3 | 1 | 2023-01-05"]],
    ["f:3", ["1 | 1 | 2023-01-01", "2 | 2 | 2023-01-04", "3 | 1 | 2023-01-05"]],
    ["f:5", ["1 | 1 | 2023-01-01", "2 | 2 | 2023-01-03", "3 | 1 | 2023-01-06"]],
  ])("keeps its key, also when the sale comes again or the warehouse is rebuilt: %s", async (id, wanted) => {
    const warehouse = lake.duckdb();
    await lake.sell(...DAYS);
    await load(warehouse);
    const before = await versions(warehouse);
    await lake.withdraw(id);
    await load(warehouse);
    expect(await versions(warehouse)).toEqual(wanted);
    await load(lake.duckdb("other"));
    expect(await versions(lake.duckdb("other"))).toEqual(wanted);
    await lake.sell(...DAYS.filter((sale) => sale.id === id));
    await load(warehouse);
    expect(await versions(warehouse)).toEqual(before);
  });

  test("takes no key that another version before it had", async () => {
    const warehouse = lake.duckdb();
    await lake.sell(...DAYS);
    await load(warehouse);
    await lake.withdraw("f:1", "f:2");
    await load(warehouse);
    expect(await versions(warehouse)).toEqual(["2 | 2 | 2023-01-03", "3 | 1 | 2023-01-05"]);
  });
});

describe("a key map", () => {
  const loadPlanned = async (warehouse: Warehouse): Promise<string | undefined> => {
    const begun = await StarLoad.begin(lake.lake, stars.vendas, warehouse);
    await begun.commit();
    return begun.plan.full;
  };
  const sold = (warehouse: Warehouse): Promise<readonly string[]> =>
    rows(
      warehouse,
      "SELECT venda_id, produto_adquirido FROM fato_vendas JOIN dim_produto USING (produto_id) ORDER BY 1",
    );
  const { keyMap } = stars.dim_produto;
  const folder = (): string => join(lake.folder, "lake", ...keyMap.name.split("."));

  test.each([
    ["lost", `${keyMap.name} is not there any more`, (): void => rmSync(folder(), { recursive: true })],
    [
      "put back to an earlier state",
      `${keyMap.name} went back to an older version than was loaded`,
      (): void => rmSync(join(folder(), "_delta_log", "00000000000000000001.json")),
    ],
  ])("that is %s makes the next load a full one: sales keep their products", async (_, why, lose) => {
    const warehouse = lake.duckdb();
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br", product: "Casa" });
    await load(warehouse);
    await lake.sell({ id: "f:3", at: "2023-01-01 10:00:00", email: "ana@x.br", product: "Barco" });
    expect(await loadPlanned(warehouse)).toBeUndefined();
    await lose();
    await lake.sell({ id: "f:4", at: "2023-01-02 10:00:00", email: "ana@x.br", product: "Avião" });
    expect(await loadPlanned(warehouse)).toBe(why);
    expect(await sold(warehouse)).toEqual(["f:2 | Casa", "f:3 | Barco", "f:4 | Avião"]);
    await lake.sell({ id: "f:5", at: "2023-01-02 10:00:00", email: "ana@x.br", product: "Casa" });
    expect(await loadPlanned(warehouse)).toBeUndefined();
    expect(await sold(warehouse)).toContain("f:5 | Casa");
  });
});

describe("gold that was put back from a copy and has grown again", () => {
  test.each([1, 2])("is loaded anew as a whole, %s version(s) after the copy", async (commits) => {
    const warehouse = lake.duckdb();
    const [folder, copy] = [join(lake.folder, "lake", "gold", "vendas"), join(lake.folder, "copy")];
    await lake.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
    await load(warehouse);
    cpSync(folder, copy, { recursive: true });
    await lake.sell({ id: "f:3", at: "2023-01-02 10:00:00", email: "ana@x.br" });
    await load(warehouse);
    rmSync(folder, { recursive: true });
    cpSync(copy, folder, { recursive: true });
    const ids = ["f:4", "f:5"].slice(0, commits);
    for (const id of ids) await lake.sell({ id, at: "2023-01-03 10:00:00", email: "ana@x.br" });
    const begun = await StarLoad.begin(lake.lake, stars.vendas, warehouse);
    expect(begun.plan.full).toBe("gold.vendas went back to an older version than was loaded");
    await begun.commit();
    expect(await rows(warehouse, "SELECT venda_id FROM fato_vendas ORDER BY 1")).toEqual(["f:2", ...ids]);
  });
});

describe("two loads at once", () => {
  test.each([
    ["the first keys", false],
    ["more keys", true],
  ])("never give %s twice: one of them stops, and ends alike when it is repeated", async (_, hasKeys) => {
    if (hasKeys) {
      await lake.sell({ id: "e:2", at: "2022-01-01 10:00:00", email: "eva@x.br", product: "Mesa", channel: "Site" });
      await load(lake.duckdb());
    }
    await lake.sell(
      { id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" },
      { id: "f:3", at: "2023-01-05 10:00:00", email: "bia@x.br", product: "Livro" },
    );
    const others = [new GoldLake(lake.folder), new GoldLake(lake.folder)];
    const loads = others.map(async (other, i) => {
      const warehouse = other.duckdb(`w${i}`);
      for (;;) {
        try {
          return await (await StarLoad.begin(other.lake, stars.vendas, warehouse)).commit();
        } catch (error) {
          expect(error).toBeInstanceOf(ConflictError);
          expect(error).toMatchObject({ transient: true });
        }
      }
    });
    await Promise.all(loads);
    for (const dimension of [stars.dim_cliente, stars.dim_produto, stars.dim_canal]) {
      const keys = (await lake.lake.read(dimension.keyMap).collect()).map((row) => row["chave"]);
      expect(keys.length, dimension.name).toBe(new Set(keys).size);
    }
    const facts = "SELECT venda_id, cliente_id, produto_id, canal_id FROM fato_vendas ORDER BY 1";
    expect(await rows(lake.duckdb("w1"), facts)).toEqual(await rows(lake.duckdb("w0"), facts));
  });
});
