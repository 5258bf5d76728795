import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { staleness } from "../../lib/pipeline/staleness.js";
import { withStars } from "../../lib/pipeline/stored_stars.js";
import { warehouse as stars } from "../../lib/tables/index.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { GoldLake } from "../warehouse/gold_lake.js";

test("a star is stale when a table that it was loaded from went back to an older version", async () => {
  const gold = new GoldLake();
  try {
    const warehouse = gold.duckdb();
    const { table } = stars.vendas;
    const step = { name: table.name, table, notebook: "", parameters: [], codeHash: "a" };
    const reasons = async (): Promise<readonly unknown[]> => {
      const found = await staleness(step, {
        catalog: gold.lake.catalog,
        stored: withStars(gold.lake, () => warehouse),
        landing: { waiting: new Map(), unreadable: new Map(), strangers: [] },
        dated: new Set(),
        day: "2023-01-31",
        fullRefresh: false,
      });
      return found.filter(({ kind }) => kind !== "code");
    };
    await gold.sell({ id: "f:2", at: "2023-01-01 10:00:00", email: "ana@x.br" });
    await gold.sell({ id: "f:3", at: "2023-01-02 10:00:00", email: "ana@x.br" });
    await (await StarLoad.begin(gold.lake, stars.vendas, warehouse)).commit();
    expect(await reasons()).toEqual([]);
    rmSync(join(gold.folder, "lake", "gold", "vendas", "_delta_log", "00000000000000000001.json"));
    expect(await reasons()).toEqual([{ kind: "reverted", table: "gold.vendas" }]);
    await (await StarLoad.begin(gold.lake, stars.vendas, warehouse)).commit();
    expect(await reasons()).toEqual([]);
    const [folder, copy] = [join(gold.folder, "lake", "gold", "vendas"), join(gold.folder, "copy")];
    cpSync(folder, copy, { recursive: true });
    await gold.sell({ id: "f:4", at: "2023-01-03 10:00:00", email: "ana@x.br" });
    await (await StarLoad.begin(gold.lake, stars.vendas, warehouse)).commit();
    rmSync(folder, { recursive: true });
    cpSync(copy, folder, { recursive: true });
    for (const id of ["f:5", "f:6"]) {
      await gold.sell({ id, at: "2023-01-04 10:00:00", email: "ana@x.br" });
      expect(await reasons()).toEqual([{ kind: "reverted", table: "gold.vendas" }]);
    }
  } finally {
    gold.remove();
  }
});
