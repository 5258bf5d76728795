import fs, {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { StorageError } from "../lib/errors.js";
import { explore } from "../lib/run.js";
import { openWorkspace } from "../lib/workspace.js";
import { WorkspaceCopy } from "./support/copied_workspace.js";

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

test("files that were copied into a clone in part are copied again", () => {
  const landing = join(root, "landing");
  writeFileSync(join(landing, "vendas", "registros_2.csv"), "the second\n");
  explore({ folder: join(root, "third"), until: Date.now() });
  const { landing: mirrored } = openWorkspace({ cwd: process.cwd(), flags: { landing } });
  const copy = fs.cpSync;
  vi.spyOn(fs, "cpSync").mockImplementation((from, to, options) => {
    if (String(from).endsWith("registros_2.csv")) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    copy(from, to, options);
  });
  expect(mirrored).toThrow(StorageError);
  vi.restoreAllMocks();
  expect(readdirSync(join(mirrored(), "vendas"))).toEqual(["registros_1.csv", "registros_2.csv"]);
});

test("every star that lib/tables/warehouse exports is a step of the pipeline", async () => {
  const copy = new WorkspaceCopy();
  try {
    writeFileSync(copy.path("lib", "tables", "warehouse", "canais.ts"), CANAIS);
    appendFileSync(copy.path("lib", "tables", "warehouse", "index.ts"), 'export { canais } from "./canais.js";\n');
    const plan = ["node", "bin/pipeline.js", "--plan", "--select", "warehouse.*"];
    const lacking = await copy.run(plan);
    expect(lacking.stderr).toContain(join("notebooks", "gold", "warehouse_canais.ipynb"));
    expect(lacking.status).not.toBe(0);
    const notebook = { cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 };
    writeFileSync(copy.path("notebooks", "gold", "warehouse_canais.ipynb"), JSON.stringify(notebook));
    const { stdout } = await copy.run(plan);
    expect(stdout).toMatch(/warehouse\.canais[\s\S]*warehouse\.vendas/);
  } finally {
    copy.remove();
  }
});

const CANAIS = `import { defineDimension } from "../../contract/dimension.js";
import { defineFact, defineStar, degenerate, keyOf } from "../../contract/star.js";
import { vendas } from "../gold/vendas.js";

const dim_loja = defineDimension("dim_loja", { description: "Shop", from: vendas, key: "loja_id", naturalKey: ["canal"] });
const fato_lojas = defineFact("fato_lojas", {
  description: "Sales by shop",
  grain: "one sale",
  from: vendas,
  key: ["venda_id"],
  columns: { venda_id: degenerate("venda_id"), loja_id: keyOf(dim_loja) },
});
export const canais = defineStar("warehouse.canais", { description: "Shops", facts: [fato_lojas] });
`;
