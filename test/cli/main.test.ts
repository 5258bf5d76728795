import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { examineWorkspace } from "../../lib/cli/doctor.js";
import { main } from "../../lib/cli/main.js";
import { long, text, texts } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { scan } from "../../lib/relation/relation.js";
import { product_item } from "../../lib/tables/bronze/product_item.js";
import { gvm } from "../../lib/tables/gold/gvm.js";
import { openWorkspace } from "../../lib/workspace.js";

const folder = mkdtempSync(join(tmpdir(), "tslake-cli-"));
const lakeFolder = join(folder, "lake");
const { lake } = openWorkspace({ cwd: process.cwd(), flags: { lake: lakeFolder } });

/** Runs a command; the answer is its status and what it printed. */
async function tslake(...argv: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const printed = { stdout: "", stderr: "" };
  const spies = (["stdout", "stderr"] as const).map((name) =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      printed[name] += String(text);
      return true;
    }),
  );
  try {
    return { status: await main(argv), ...printed };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

const onLake = (...argv: string[]) => tslake(...argv, "--lake", lakeFolder);

const write = (table: AnyTable, rows: readonly (readonly (string | null)[])[]) =>
  lake.write(table, scan({ kind: "values", rows }, table.schema.fields, lake));

beforeAll(async () => {
  await write(gvm, [
    ["2023-03-01", "7", "nacional", "10.50", "1", "1", "2023-03-01"],
    ["2023-03-01", "7", "internacional", "99.00", "2", "1", "2023-03-01"],
  ]);
  await write(gvm, [["2023-03-01", "7", "nacional", "9007199254740993.25", "9007199254740993", "2", "2023-03-05"]]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("tslake show", () => {
  test("prints rows for people, with how many there are", async () => {
    const { status, stdout } = await onLake("show", "gold.gvm", "--limit", "2");
    expect(status).toBe(0);
    expect(stdout).toContain("total_value");
    expect(stdout).toContain("(2 of 3 rows)");
  });

  test("as CSV is exact", async () => {
    const { stdout } = await onLake("show", "gold.gvm", "--as-known", "2023-03-31", "--format", "csv");
    expect(stdout).toBe(
      [
        "date,product_id,subsidiary,total_value,purchases,version,processed_date",
        "2023-03-01,7,internacional,99.00,2,1,2023-03-01",
        "2023-03-01,7,nacional,9007199254740993.25,9007199254740993,2,2023-03-05",
        "",
      ].join("\n"),
    );
  });

  test("as JSON is exact", async () => {
    const { stdout } = await onLake("show", "gold.gvm", "--as-known", "2023-03-31", "--format", "json", "--limit", "2");
    expect(stdout).toContain('"total_value":"9007199254740993.25","purchases":9007199254740993,"version":2');
    expect(JSON.parse(stdout)).toHaveLength(2);
  });

  test("answers as known on an earlier day", async () => {
    const { stdout } = await onLake("show", "gold.gvm", "--as-known", "2023-03-04", "--format", "json");
    expect(JSON.parse(stdout).map((row: { total_value: string }) => row.total_value)).toEqual(["99.00", "10.50"]);
    expect((await onLake("show", "gold.gvm", "--as-known", "2023-02-28", "--format", "json")).stdout).toBe("[]\n");
  });

  test("goes back to a version", async () => {
    const { stdout } = await onLake("show", "gold.gvm", "--version", "0", "--format", "json");
    expect(JSON.parse(stdout)).toHaveLength(2);
  });
});

describe("tslake describe", () => {
  test("is the data dictionary and the stored state", async () => {
    const { stdout } = await onLake("describe", "gold.gvm");
    expect(stdout).toMatch(/^gold\.gvm: Paid gross value/);
    expect(stdout).toMatch(/stored {9}version 1, 3 rows, 2 files, /);
    expect(stdout).toMatch(/^total_value {2,}decimal\(18,2\) {2}not null {2,}.*Paid gross value$/m);
  });

  test("of a table that is not built says so; with its rules", async () => {
    const { stdout } = await onLake("describe", "silver.vendas");
    expect(stdout).toContain("stored         not yet");
    expect(stdout).toMatch(/^valor_nao_negativo +quarantine +/m);
    expect(stdout).toMatch(/read by +gold\.vendas/);
  });
});

describe("tslake history and changes", () => {
  test("history lists commits, newest first", async () => {
    const { stdout } = await onLake("history", "gold.gvm", "--format", "csv");
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("version,committed,operation,inserted,updated,deleted,run,engine");
    expect(lines.slice(1).map((line) => line.split(",")[0])).toEqual(["1", "0"]);
    const [newest] = JSON.parse((await onLake("history", "gold.gvm", "--format", "json", "--limit", "1")).stdout);
    expect(newest).toMatchObject({ version: 1, operation: "WRITE" });
  });

  test("changes lists what differs", async () => {
    const { stdout } = await onLake("changes", "gold.gvm", "--since", "0", "--format", "csv");
    expect(stdout.split("\n")[1]).toBe(
      "insert,2023-03-01,7,nacional,9007199254740993.25,9007199254740993,2,2023-03-05",
    );
    expect((await onLake("changes", "gold.gvm", "--since", "1", "--format", "json")).stdout).toBe("[]\n");
  });
});

describe("wrong usage", () => {
  test.each([
    [["show", "gold.gvn"], /no table gold\.gvn/],
    [["show", "silver.vendas"], /has not been built yet/],
    [["show", "gold.gvm", "--version", "9"], /9/],
    [["show", "gold.gvm", "--version", "x"], /not a number/],
    [["show", "gold.gvm", "--as-known", "yesterday"], /names no day/],
    [["show", "gold.gvm", "--as-known", "2024-02-30"], /names no day/],
    [["show", "gold.gvm", "--format", "xml"], /table, csv, json/],
    [["show"], /missing required argument 'table'/],
    [["show", "a", "b"], /too many arguments(.|\n)*Try: npx tslake show --help/],
    [["show", "vendas"], /no table vendas\n.*one of bronze\.vendas, silver\.vendas, gold\.vendas/],
    [["show", "../x"], /no table \.\.\/x/],
    [["changes", "gold.gvm"], /--since/],
    [["changes", "gold.gvm", "--since", "7"], /has no version 7/],
    [["sho"], /unknown command 'sho'/],
    [["--frobnicate"], /unknown option/],
  ])("%j", async (argv, message) => {
    const { status, stdout, stderr } = await tslake(
      ...argv,
      ...(argv.includes("--frobnicate") ? [] : ["--lake", lakeFolder]),
    );
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*\.[tj]s/m);
    expect(stdout).toBe("");
    expect(status).toBe(argv.includes("9") ? 1 : 2);
  });

  test("help is no error", async () => {
    const { status, stdout } = await tslake("--help");
    expect(status).toBe(0);
    for (const name of ["show", "describe", "history", "changes", "quarantine", "withdraw", "reset", "doctor"]) {
      expect(stdout).toContain(`  ${name} `);
    }
  });
});

test("tslake quarantine says of one that has emptied that it has no rows", async () => {
  const emptied = defineTable("silver.purchase_quarantine", {
    description: "Rows that silver.purchase refused",
    grain: "one refused row",
    columns: { _file: text().notNull(), _row: long().notNull(), _reasons: texts().notNull() },
  });
  await write(emptied, []);
  expect((await onLake("quarantine", "silver.purchase")).stdout).toBe("silver.purchase has no rows in quarantine\n");
  expect((await onLake("quarantine", "silver.purchase", "--format", "json")).stdout).toBe("[]\n");
});

describe("tslake doctor", () => {
  test("finds a workspace in order", async () => {
    const { stdout } = await onLake("doctor");
    for (const about of ["Node.js", "packages", "engine", "landing", "lake", "free space", "tables"]) {
      expect(stdout).toMatch(new RegExp(`^[✓!] ${about}`, "m"));
    }
    expect(stdout).toMatch(/tables +1 of \d+ built/);
  });

  test("notices a notebook without contract, and a contract without notebook", async () => {
    const workspace = openWorkspace({ cwd: process.cwd(), flags: { lake: lakeFolder } });
    const root = join(folder, "workspace");
    cpSync("notebooks", join(root, "notebooks"), { recursive: true });
    cpSync("package.json", join(root, "package.json"));
    renameSync(join(root, "notebooks/gold/gvm.ipynb"), join(root, "notebooks/gold/gmv.ipynb"));
    const findings = await examineWorkspace({ ...workspace, settings: { ...workspace.settings, root } });
    expect(findings.filter(({ about }) => about === "notebooks")).toEqual([
      { about: "notebooks", state: "broken", text: "gold.gvm has no notebooks/gold/gvm.ipynb" },
      {
        about: "notebooks",
        state: "warning",
        text: "notebooks/gold/gmv.ipynb never runs: lib/tables has no contract of gold.gmv",
      },
    ]);
  });

  test("names what is broken, and fails", async () => {
    const damaged = join(folder, "damaged");
    cpSync(lakeFolder, damaged, { recursive: true });
    writeFileSync(join(damaged, "gold", "gvm", "_delta_log", "00000000000000000000.json"), "{");
    const { status, stdout } = await tslake("doctor", "--lake", damaged);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^✗ tables +gold\.gvm: /m);
  });
});

describe("tslake reset", () => {
  const landing = join(folder, "landing");
  const archive = join(folder, "afresh", "bronze", "_archive");
  const reset = (...argv: string[]) => tslake("reset", "--lake", join(folder, "afresh"), "--landing", landing, ...argv);
  const archived = (source: string, name: string, content?: string): void => {
    mkdirSync(join(archive, source), { recursive: true });
    const target = join(archive, source, `20230701_120000_${name}`);
    if (content === undefined) cpSync(join("samples", "landing", source, name), target);
    else writeFileSync(target, content);
  };

  test("deletes a lake made from the samples, and gives other files back", async () => {
    archived("vendas", "registros_2014.csv");
    archived("vendas", "registros_9.csv", "mine");
    mkdirSync(join(landing, "vendas"), { recursive: true });
    cpSync(join("samples", "landing", "vendas", "registros_2015.csv"), join(landing, "vendas", "registros_2015.csv"));
    const asked = await reset();
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain("npx tslake reset --yes");
    expect(existsSync(archive)).toBe(true);
    const { status, stdout } = await reset("--yes");
    expect(status).toBe(0);
    expect(stdout).toContain(`deleted: ${join(folder, "afresh", "bronze")}`);
    expect(existsSync(join(folder, "afresh"))).toBe(false);
    expect(readdirSync(join(landing, "vendas"))).toEqual(["registros_9.csv"]);
  });

  test("refuses a lake without samples, and one that is not there", async () => {
    expect(await reset("--yes")).toMatchObject({ status: 1, stderr: expect.stringContaining("no lake to delete") });
    archived("vendas", "registros_9.csv", "mine");
    expect(await reset("--yes")).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("not made from the samples"),
    });
    expect(existsSync(archive)).toBe(true);
  });
});

test("the contracts of a bronze table say which files they take", async () => {
  const { stdout } = await onLake("describe", product_item.name);
  expect(stdout).toMatch(/files +product_item\/\*\.csv, product_item\/\*\.ndjson/);
});
