import fs from "node:fs";
import { join } from "node:path";
import type { PolarsEngine } from "../engine/polars/engine.js";
import { UsageError } from "../errors.js";
import type { Warehouse } from "./driver.js";
import { DuckdbWarehouse } from "./duckdb/warehouse.js";
import { PostgresWarehouse } from "./postgres/warehouse.js";
import { openRedshift } from "./redshift/open_redshift.js";

/** Where a warehouse is, and who gives it its rows. */
export interface WarehouseOptions {
  /** `duckdb:` and an absolute path, `postgres://…` or `redshift://…`; undefined for `warehouse.duckdb` in the folder. */
  readonly address: string | undefined;
  /** Absolute: of the lake, or what stands for it. */
  readonly folder: string;
  readonly engine: PolarsEngine;
}

/** The embedded warehouse in the lake's folder, with everything that a load puts beside it. */
export const WAREHOUSE_FILES = ["", ".wal", ".loads.json", ".lock", ".next", ".next.wal", ".next.tmp"].map(
  (ending) => `warehouse.duckdb${ending}`,
);

/** The address of the embedded warehouse in a lake's folder. */
export function embeddedWarehouse(folder: string): string {
  return `duckdb:${join(folder, WAREHOUSE_FILES[0] ?? "")}`;
}

/**
 * A warehouse in a folder of one's own, to be loaded without harm: a copy of an embedded one; in the place of a database on
 * a server, one that begins empty.
 * @param clone absolute
 */
export function cloneWarehouse({ address, folder, engine }: WarehouseOptions, clone: string): Warehouse {
  const [, path] = /^duckdb:(.+)$/is.exec(address ?? embeddedWarehouse(folder)) ?? [];
  const copy = join(clone, WAREHOUSE_FILES[0] ?? "");
  if (path !== undefined && fs.existsSync(path) && !fs.existsSync(copy))
    fs.copyFileSync(path, copy, fs.constants.COPYFILE_FICLONE);
  return new DuckdbWarehouse(copy, engine);
}

/**
 * The warehouse at an address; nothing is connected yet.
 * @throws UsageError for an address of another kind
 */
export function openWarehouse({ address, folder, engine }: WarehouseOptions): Warehouse {
  if (address === undefined) return new DuckdbWarehouse(join(folder, WAREHOUSE_FILES[0] ?? ""), engine);
  const [, scheme = "", place = ""] = /^([a-z]+):(.*)$/is.exec(address) ?? [];
  switch (scheme.toLowerCase()) {
    case "duckdb":
      if (place !== "") return new DuckdbWarehouse(place, engine);
      break;
    case "postgres":
    case "postgresql":
      return new PostgresWarehouse(address, engine);
    case "redshift":
      return openRedshift(address, engine);
  }
  throw new UsageError("not a warehouse's address", {
    expected: "duckdb:PATH, postgres://user@host/database or redshift://user@host/database",
    actual: `${scheme || "no scheme"}:…`,
  });
}
