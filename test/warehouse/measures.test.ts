import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ColumnSpec, decimal, integer, long } from "../../lib/contract/column_spec.js";
import type { PolarsEngine } from "../../lib/engine/polars/engine.js";
import type { Value } from "../../lib/relation/runner.js";
import type { Warehouse } from "../../lib/warehouse/driver.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { RedshiftWarehouse } from "../../lib/warehouse/redshift/warehouse.js";
import { StarLoad } from "../../lib/warehouse/star_load.js";
import { describeWith } from "../support/partners.js";
import { postgresWarehouses } from "./postgres_warehouses.js";
import { RedshiftOnDuckdb } from "./redshift_on_duckdb.js";
import { add, lakeOf, smallStar } from "./small_star.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslake-measures-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const MEASURES: readonly (readonly [string, ColumnSpec, readonly Value[], string])[] = [
  ["decimals", decimal(38, 2), ["1.10", "-2.20", null], "-1.10"],
  ["integers that add up to more than 31 bits", integer(), [2_000_000_000, 2_000_000_000, null], "4000000000"],
  ["integers that add up to more than 63 bits", long(), [2n ** 63n - 1n, 2n ** 63n - 1n], "18446744073709551614"],
];

function suite(open: (engine: PolarsEngine) => Promise<Warehouse>): void {
  test.each(MEASURES)("%s are loaded, and add up", async (_, type, values, sum) => {
    const small = smallStar("medidas", type);
    const lake = lakeOf(folder, small);
    const warehouse = await open(lake.engine);
    for (const day of ["2024-01-01", "2024-01-02"]) {
      await add(lake, small, day, ...values);
      await (await StarLoad.begin(lake, small.star, warehouse)).commit();
      const total = `SELECT SUM(CAST(valor AS DECIMAL(38,2))) AS soma FROM fato_medidas WHERE id LIKE '${day}%'`;
      expect(Number((await warehouse.query(total)).rows[0]?.["soma"])).toBe(Number(sum));
    }
  });
}

describe("measures in a DuckDB file", () => {
  suite((engine) => Promise.resolve(new DuckdbWarehouse(join(folder, "warehouse.duckdb"), engine)));
});

describe("measures in what stands for Redshift", () => {
  suite((engine) => Promise.resolve(new RedshiftWarehouse(new RedshiftOnDuckdb(join(folder, "balde")).place, engine)));
});

describeWith("postgres", "measures in PostgreSQL", () => {
  const servers = postgresWarehouses();
  suite(async (engine) => servers.open(await servers.server.database(), engine));
});
