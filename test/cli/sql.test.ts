import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { main } from "../../lib/cli/main.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { ENGINE } from "../warehouse/driver_suite.js";

const folder = mkdtempSync(join(tmpdir(), "tslake-sql-"));
const address = `duckdb:${join(folder, "star.duckdb")}`;
let stdout = "";
let stderr = "";

beforeAll(async () => {
  await new DuckdbWarehouse(join(folder, "star.duckdb"), ENGINE).transaction(async (transaction) => {
    await transaction.execute(
      "CREATE TABLE fato AS SELECT 1 AS id, CAST(12.50 AS DECIMAL(4,2)) AS valor, 'Ana, Lima' AS nome, NULL::DATE AS dia",
    );
  });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function sql(...argv: readonly string[]): Promise<number> {
  stdout = "";
  stderr = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    stdout += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    stderr += String(text);
    return true;
  });
  return main(["sql", ...argv]);
}

describe("tslake sql", () => {
  test("prints a table with types and the number of rows", async () => {
    expect(await sql("SELECT id, valor FROM fato", "--warehouse", address)).toBe(0);
    expect(stdout).toMatch(/id +valor\ninteger +decimal\(4,2\)\n─+\n +1 +12\.50\n\(1 row\)/);
  });

  test("prints CSV and JSON exactly", async () => {
    expect(await sql("SELECT * FROM fato", "--warehouse", address, "--format", "csv")).toBe(0);
    expect(stdout).toBe('id,valor,nome,dia\n1,12.50,"Ana, Lima",\n');
    expect(await sql("SELECT * FROM fato", "--warehouse", address, "--format", "json")).toBe(0);
    expect(JSON.parse(stdout)).toEqual([{ id: 1, valor: "12.50", nome: "Ana, Lima", dia: null }]);
  });

  test.each(["DELETE FROM fato", "COPY fato TO 'x.csv'", "SELECT * FROM nada", "SELEC", "", ";", "SELECT 1; SELECT 2"])(
    "refuses %s with status 2, and changes nothing",
    async (query) => {
      expect(await sql(query, "--warehouse", address)).toBe(2);
      expect(stderr).toContain("star.duckdb");
      expect(await sql("SELECT COUNT(*) AS n FROM fato", "--warehouse", address, "--format", "csv")).toBe(0);
      expect(stdout).toBe("n\n1\n");
    },
  );

  test("says what to do where there is no warehouse, and for an address that is none", async () => {
    expect(await sql("SELECT 1", "--lake", join(folder, "nowhere"))).toBe(2);
    expect(stderr).toMatch(/there is no warehouse yet[\s\S]*npm run pipeline/);
    expect(await sql("SELECT 1", "--warehouse", "mysql://me:secret@there/db")).toBe(2);
    expect(stderr).toMatch(/not a warehouse's address/);
    expect(stderr).not.toContain("secret");
  });
});
