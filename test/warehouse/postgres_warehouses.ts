import { afterAll, beforeAll } from "vitest";
import type { PolarsEngine } from "../../lib/engine/polars/engine.js";
import { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";

/** A server of a suite's own, and warehouses on it that are closed before it is stopped. */
export interface PostgresWarehouses {
  /** While tests run. */
  readonly server: PostgresServer;
  open(address: string, engine: PolarsEngine): PostgresWarehouse;
}

/** Called in a suite: starts the server before its tests. */
export function postgresWarehouses(): PostgresWarehouses {
  let server: PostgresServer;
  const opened: PostgresWarehouse[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(async () => {
    for (const warehouse of opened) await warehouse.close();
    await server.stop();
  });
  return {
    get server() {
      return server;
    },
    open: (address, engine) => {
      const warehouse = new PostgresWarehouse(address, engine);
      opened.push(warehouse);
      return warehouse;
    },
  };
}
