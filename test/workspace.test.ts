import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { explore } from "../lib/run.js";
import { openWorkspace } from "../lib/workspace.js";

const root = mkdtempSync(join(tmpdir(), "tslake-workspace-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test("a clone writes elsewhere, and asks the warehouse of the lake", () => {
  const folder = join(root, "clone");
  const lake = join(root, "lake");
  explore({ folder, until: Date.now() });
  const { settings } = openWorkspace({ cwd: process.cwd(), flags: { lake } });
  expect(settings).toMatchObject({
    lakeFolder: join(folder, "lake"),
    landing: join(folder, "landing"),
    warehouse: `duckdb:${join(lake, "warehouse.duckdb")}`,
  });
  const other = openWorkspace({ cwd: process.cwd(), flags: { lake, warehouse: "postgres://analyst@host/base" } });
  expect(other.settings.warehouse).toBe("postgres://analyst@host/base");
});

test("what a clone writes into a waiting file stays in the clone", () => {
  const landing = join(root, "landing");
  const file = join(landing, "vendas", "registros_1.csv");
  mkdirSync(join(landing, "vendas"), { recursive: true });
  writeFileSync(file, "as it came\n");
  utimesSync(file, 1_700_000_000, 1_700_000_000);
  explore({ folder: join(root, "another"), until: Date.now() });
  const mirrored = join(
    openWorkspace({ cwd: process.cwd(), flags: { landing } }).landing(),
    "vendas",
    "registros_1.csv",
  );
  expect(statSync(mirrored).mtimeMs).toBe(1_700_000_000_000);
  appendFileSync(mirrored, "and more\n");
  expect(readFileSync(file, "utf8")).toBe("as it came\n");
});
