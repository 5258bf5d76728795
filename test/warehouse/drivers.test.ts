import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe } from "vitest";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { PostgresWarehouse } from "../../lib/warehouse/postgres/warehouse.js";
import { describeWith } from "../support/partners.js";
import { type PostgresServer, startPostgres } from "../support/postgres.js";
import { driverSuite, ENGINE } from "./driver_suite.js";

describe("a warehouse in a DuckDB file", () => {
  const folder = mkdtempSync(join(tmpdir(), "tslake-duckdb-"));
  let number = 0;
  driverSuite(() => Promise.resolve(new DuckdbWarehouse(join(folder, `${++number}.duckdb`), ENGINE)));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
});

describeWith("postgres", "a warehouse in PostgreSQL", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  driverSuite(async () => new PostgresWarehouse(await server.database(), ENGINE));
  afterAll(() => server.stop());
});
