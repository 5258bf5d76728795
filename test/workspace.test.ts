import { mkdtempSync, rmSync } from "node:fs";
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
