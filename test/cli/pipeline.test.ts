import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { openWorkspace } from "../../lib/workspace.js";

/** How many steps the pipeline has. */
const STEPS = openWorkspace({ cwd: process.cwd() }).catalog.steps.length;

const folder = mkdtempSync(join(tmpdir(), "tslake-run-"));
const landing = join(folder, "landing");
const lake = join(folder, "lake");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const places = ["--landing", landing, "--lake", lake];
/** What a shell would read first. */
const profile = join(folder, "profile");
writeFileSync(profile, "echo welcome\n");
const pipeline = (...argv: string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/pipeline.js", ...argv], {
    encoding: "utf8",
    env: { ...process.env, BASH_ENV: profile },
  });
  return { status, stdout, stderr };
};
const start = (...argv: string[]): ChildProcess =>
  spawn(process.execPath, ["bin/pipeline.js", ...argv], { stdio: ["ignore", "pipe", "pipe"] });
const jsonLines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const ended = (child: ChildProcess): Promise<number | null> => new Promise((resolve) => child.once("exit", resolve));

function arrive(source: string, name: string): void {
  mkdirSync(join(landing, source), { recursive: true });
  copyFileSync(join("samples", "landing", source, name), join(landing, source, name));
}

/** Newest version of each table, without those of `ops`. */
function versions(): Record<string, number> {
  const tables = ["bronze", "silver", "gold"].flatMap((layer) =>
    readdirSync(join(lake, layer))
      .filter((name) => !name.startsWith("_"))
      .map((name) => `${layer}/${name}`),
  );
  return Object.fromEntries(
    tables.map((name) => [
      name,
      readdirSync(join(lake, name, "_delta_log")).filter((f) => /^\d+\.json$/.test(f)).length - 1,
    ]),
  );
}

describe.sequential("npm run pipeline", () => {
  test("--plan says what would run, and touches nothing", () => {
    arrive("vendas", "registros_2014.csv");
    arrive("purchase", "purchase_2023_01.csv");
    arrive("product_item", "product_item_2023_01.csv");
    arrive("purchase_extra_info", "purchase_extra_info_2023_01.csv");
    const { status, stdout } = pipeline(...places, "--plan", "--json", "--date", "2023-01-31");
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines).toHaveLength(STEPS + 1);
    expect(lines.at(-1)).toMatchObject({
      type: "plan",
      logical_day: "2023-01-31",
      steps_to_run: STEPS,
      needs_samples: false,
    });
    expect(existsSync(lake)).toBe(false);
  });

  test("an interrupted run ends its notebooks, and the next one goes on", async () => {
    const child = start(...places, "--date", "2023-01-31");
    await new Promise<void>((resolve) => child.stdout?.once("data", () => resolve()).once("end", resolve));
    await new Promise((resolve) => setTimeout(resolve, 150));
    child.kill("SIGINT");
    expect(await ended(child)).toBe(130);
    expect(existsSync(join(lake, "_runs", "lock"))).toBe(false);
    const left = spawnSync("ps", ["-eo", "args"], { encoding: "utf8" }).stdout ?? "";
    expect(left).not.toContain(lake);
  });

  test("builds every table, one line per step", () => {
    const { status, stdout, stderr } = pipeline(...places, "--date", "2023-01-31");
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^✓ silver\.vendas +136 +126 +7 +3 /m);
    expect(stdout).toContain("3 rows quarantined: npx tslake quarantine silver.vendas");
    expect(stdout).toMatch(/next: npx tslake show gold\.\w+ --limit 10\n$/);
    expect(status).toBe(0);
  });

  test("adds nothing the second time", () => {
    const before = versions();
    const { status, stdout } = pipeline(...places, "--date", "2023-01-31", "--json");
    expect(status).toBe(0);
    const lines = jsonLines(stdout);
    expect(lines.map((line) => line["type"])).toEqual([...Array.from({ length: STEPS }, () => "step"), "run"]);
    expect(lines.slice(0, STEPS).every((line) => line["status"] === "fresh")).toBe(true);
    expect(lines.at(-1)).toMatchObject({ status: "succeeded", steps_fresh: STEPS, rows_written: 0, changed: [] });
    expect(versions()).toEqual(before);
  });

  test("a reader that goes away does not end the run", async () => {
    arrive("purchase", "purchase_2023_02.csv");
    const child = start(...places, "--date", "2023-02-28");
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended(child)).toBe(0);
    expect(pipeline(...places, "--date", "2023-02-28", "--plan").stdout).toMatch(/^0 of \d+ steps would run$/m);
  });

  test("a rejected file fails the run, and the others go on", () => {
    arrive("vendas", "registros_2015.csv");
    writeFileSync(join(landing, "vendas", "registros_bad.csv"), "Nome,Email\na,b\n");
    const { status, stdout } = pipeline(...places, "--date", "2023-02-28");
    expect(status).toBe(1);
    expect(stdout).toContain("1 file rejected by bronze.vendas");
    expect(readdirSync(join(landing, "_rejected"), { recursive: true }).join()).toContain("registros_bad.csv");
    expect(stdout).toMatch(/^✓ gold\.vendas /m);
  });

  test("its record is in the lake", () => {
    const { stdout } = spawnSync(
      process.execPath,
      ["bin/tslake.js", "show", "ops.runs", "--lake", lake, "--format", "json"],
      { encoding: "utf8" },
    );
    const runs = JSON.parse(stdout) as Record<string, unknown>[];
    expect(runs.map((run) => run["status"])).toEqual(["interrupted", "succeeded", "succeeded", "succeeded", "failed"]);
    const folders = readdirSync(join(lake, "_runs"));
    for (const run of runs) expect(folders).toContain(run["run_id"]);
    const last = JSON.parse(readFileSync(join(lake, "_runs", String(runs.at(-1)?.["run_id"]), "run.json"), "utf8"));
    const revision = spawnSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).stdout.trim() || null;
    expect(last).toMatchObject({ status: "failed", rejected_files: 1, revision });
  });

  test.each([
    ["mysql://me:segredo@there/db", /not a warehouse's address/],
    ["postgres://me:12@segredo@there/db", /the warehouse's address is wrong[\s\S]*percent-encoded/],
  ])("the address %s is wrong usage before anything is touched", (address, message) => {
    const fresh = join(folder, "untouched");
    const flags = ["--landing", join(fresh, "landing"), "--lake", join(fresh, "lake"), "--warehouse", address];
    const { status, stdout, stderr } = pipeline(...flags);
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("segredo");
    expect(stdout).toBe("");
    expect(status).toBe(2);
    expect(existsSync(fresh)).toBe(false);
  });

  test.each([
    [["--select", "gold.gvn"], /"gold\.gvn" names no table/],
    [["--date", "2999-01-01"], /not over yet/],
    [["--date", "2023-02-28", "--from", "2023-01-01"], /one or the other/],
    [["--from", "2023-01-15"], /history is closed through 2023-02-28/],
    [["--jobs", "0"], /--jobs/],
    [["--jobs", "two"], /--jobs/],
    [["--timeout", "-1"], /--timeout/],
    [["--memory", "2GB"], /--memory/],
    [["--landing"], /argument missing/],
    [["--landing", join(folder, "typo")], /--landing names no folder\n[\s\S]*nothing of this name/],
    [["--landing", "package.json"], /--landing names no folder\n[\s\S]*a file/],
    [["--landing", "package.json/below"], /--landing names no folder/],
    [["--dry-run"], /unknown option/],
    [["gold.gvm"], /not a flag: gold\.gvm\n.*npm run pipeline -- --select gold\.gvm/],
  ])("%j is wrong usage", (argv, message) => {
    const { status, stdout, stderr } = pipeline(...places, ...argv);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at .*\d+:\d+/m);
    expect(stdout).toBe("");
    expect(status).toBe(2);
  });
});
