import { resolve } from "node:path";
import type { PolarsEngine } from "../engine/polars/engine.js";
import { UsageError } from "../errors.js";
import type { Warehouse } from "./driver.js";
import { DuckdbWarehouse } from "./duckdb/warehouse.js";
import { PostgresWarehouse } from "./postgres/warehouse.js";

/** Where a warehouse is, and who gives it its rows. */
export interface WarehouseOptions {
  /** `duckdb:PATH` or `postgres://…`; undefined for `warehouse.duckdb` in the folder. */
  readonly address: string | undefined;
  /** Absolute: of the lake, or what stands for it. */
  readonly folder: string;
  /** Absolute: relative paths in the address begin here. */
  readonly root: string;
  readonly engine: PolarsEngine;
}

/** Name of the embedded warehouse in the lake's folder. */
export const WAREHOUSE_FILE = "warehouse.duckdb";

/**
 * The warehouse at an address; nothing is connected yet.
 * @throws UsageError for an address of another kind
 */
export function openWarehouse({ address, folder, root, engine }: WarehouseOptions): Warehouse {
  if (address === undefined) return new DuckdbWarehouse(resolve(folder, WAREHOUSE_FILE), engine);
  const [, scheme = "", place = ""] = /^([a-z]+):(.*)$/is.exec(address) ?? [];
  switch (scheme.toLowerCase()) {
    case "duckdb":
      if (place !== "") return new DuckdbWarehouse(resolve(root, place), engine);
      break;
    case "postgres":
    case "postgresql":
      return new PostgresWarehouse(address, engine);
  }
  throw new UsageError("not a warehouse's address", {
    expected: "duckdb:PATH, postgres://user@host/database or redshift://user@host/database",
    actual: `${scheme || "no scheme"}:…`,
  });
}
