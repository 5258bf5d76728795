import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { addDays, yesterday } from "../../lib/clock.js";
import { asKnown } from "../../lib/history/as_known.js";
import { gvm } from "../../lib/tables/gold/gvm.js";
import { csv, item, jan, purchase } from "../oracle/feed.js";
import { lakeIn, newWorkspace, runPipeline } from "./pipeline_process.js";
import { some } from "./rounds.js";
import { type Arrival, contentsOf, EVENTS, land, newFolder, removeFolders, SALES } from "./steps.js";

afterAll(removeFolders);

const FILES = [...SALES.first.files, ...EVENTS.first.files];
const DAY = ["--date", EVENTS.first.date];

interface Step {
  readonly name: string;
  readonly status: string;
}

/** The outcome of each step of a run with `--json`. */
function steps(stdout: string): Readonly<Record<string, string>> {
  const lines = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Step & { readonly type: string; readonly step: string });
  return Object.fromEntries(lines.filter((line) => line.type === "step").map((line) => [line.step, line.status]));
}

function newLanding(files: readonly Arrival[] = FILES): string {
  const folder = newFolder();
  land(join(folder, "landing"), files);
  return folder;
}

/** Puts a cell that fails into a notebook; answers how to mend it. */
function spoil(root: string, table: string, place: "before the write" | "after the write"): () => void {
  const path = join(root, "notebooks", `${table.replace(".", "/")}.ipynb`);
  const sound = readFileSync(path, "utf8");
  const notebook = JSON.parse(sound) as { cells: { cell_type: string; source: string | readonly string[] }[] };
  const write = notebook.cells.findIndex(({ source }) => [source].flat().join("").includes("await writeChecked("));
  const cell = {
    cell_type: "code",
    id: "spoiled",
    metadata: {},
    execution_count: null,
    outputs: [],
    source: 'await Promise.reject(new Error("half-way"));',
  };
  notebook.cells.splice(place === "before the write" ? write : write + 1, 0, cell);
  writeFileSync(path, JSON.stringify(notebook));
  return () => writeFileSync(path, sound);
}

/** A lake after one run that nothing has disturbed, and what it holds. */
let undisturbed: string;
let wanted: Awaited<ReturnType<typeof contentsOf>>;
beforeAll(async () => {
  undisturbed = newLanding();
  expect((await runPipeline(undisturbed, DAY)).status).toBe(0);
  wanted = await contentsOf(lakeIn(undisturbed));
}, 120_000);

describe("a notebook that fails half-way", () => {
  test("holds up only what is built from it; once mended, the next run finishes the work", async () => {
    const root = newWorkspace();
    const folder = newLanding();
    const mend = [spoil(root, "silver.purchase", "before the write"), spoil(root, "silver.vendas", "after the write")];
    const failed = await runPipeline(folder, [...DAY, "--json"], root);
    expect(failed.status).toBe(1);
    expect(steps(failed.stdout)).toEqual({
      "bronze.vendas": "succeeded",
      "bronze.purchase": "succeeded",
      "bronze.product_item": "succeeded",
      "bronze.purchase_extra_info": "succeeded",
      "silver.vendas": "failed",
      "silver.purchase": "failed",
      "silver.product_item": "succeeded",
      "silver.purchase_extra_info": "succeeded",
      "gold.vendas": "skipped",
      "gold.gvm": "skipped",
      "warehouse.vendas": "skipped",
    });
    expect(failed.stdout).toMatch(/purchase\.ipynb: cell \d+ failed at line 1: await Promise/);
    for (const done of mend) done();
    const { status, stdout } = await runPipeline(folder, DAY, root);
    expect(status, stdout).toBe(0);
    expect(await contentsOf(lakeIn(folder))).toEqual(wanted);
  }, 120_000);
});

describe("a run that has nothing new", () => {
  test("adds nothing: the same day, files sent again under other names, full refreshes", async () => {
    const folder = undisturbed;
    land(
      join(folder, "landing"),
      FILES.map((file) => ({ ...file, name: file.name.replace(".csv", "_again.csv") })),
    );
    const again = await runPipeline(folder, DAY);
    expect(again.status, again.stdout).toBe(0);
    expect(await contentsOf(lakeIn(folder))).toEqual(wanted);
    for (let times = 0; times < 2; times++) {
      const { status, stdout } = await runPipeline(folder, [...DAY, "--full-refresh"]);
      expect(status, stdout).toBe(0);
      expect(await contentsOf(lakeIn(folder))).toEqual(wanted);
    }
    const { stdout } = await runPipeline(folder, [...DAY, "--json"]);
    expect(new Set(Object.values(steps(stdout)))).toEqual(new Set(["fresh"]));
  }, 120_000);
});

describe("closed days", () => {
  const known = (folder: string, day: string) =>
    asKnown(lakeIn(folder), gvm, day)
      .orderBy((t) => [t.date, t.product_id, t.subsidiary])
      .collect();
  const late = csv("purchase", purchase(3, "1", { released: false }), purchase(6, "5"));

  test("answer as before, whatever comes late; late events wait for the first open day, and the run says so", async () => {
    const folder = newLanding(EVENTS.first.files);
    await runPipeline(folder, DAY);
    const days = [2, 3, 4, 5].map(jan);
    const before = await Promise.all(days.map((day) => known(folder, day)));
    land(join(folder, "landing"), [{ source: "purchase", name: "late.csv", content: late.content }]);
    const closed = await runPipeline(folder, DAY);
    expect(closed.status).toBe(0);
    expect(closed.stdout).toMatch(/2 events of silver\.purchase .*waiting for the runs? of 2023-01-06/);
    expect(await Promise.all(days.map((day) => known(folder, day)))).toEqual(before);
    const silver = await contentsOf(lakeIn(folder));
    expect((await runPipeline(folder, ["--date", jan(6)])).status).toBe(0);
    expect((await contentsOf(lakeIn(folder)))["silver.purchase"]).toHaveLength(
      (silver["silver.purchase"]?.length ?? 0) + 2,
    );
    expect(await Promise.all(days.map((day) => known(folder, day)))).toEqual(before);
    expect(await known(folder, jan(6))).not.toEqual(before.at(-1));
  }, 120_000);

  test("begin on --from, also for a table whose first run broke off", async () => {
    const files = [
      { source: "purchase", name: "p.csv", content: csv("purchase", purchase(2, "1"), purchase(5, "2")).content },
      {
        source: "product_item",
        name: "i.csv",
        content: csv("product_item", item(1, "1", "70", "1.00"), item(4, "2", "70", "2.00")).content,
      },
    ];
    const range = ["--from", jan(3), "--to", jan(5)];
    const unbroken = newLanding(files);
    expect((await runPipeline(unbroken, range)).status).toBe(0);
    const content = await contentsOf(lakeIn(unbroken));
    expect((await known(unbroken, jan(3))).map((row) => row.total_value)).toEqual(["1.00"]);
    for (const argv of some([range, ["--to", jan(5)]], 1)) {
      const folder = newLanding(files);
      expect((await runPipeline(folder, [...range, "--select", "+silver.purchase"])).status).toBe(0);
      const other = await runPipeline(folder, ["--from", jan(4), "--to", jan(5)]);
      expect(other).toMatchObject({ status: 2, stdout: "" });
      expect(other.stderr).toMatch(/history has begun already, on 2023-01-03/);
      const { status, stdout, stderr } = await runPipeline(folder, argv);
      expect(status, stdout + stderr).toBe(0);
      expect(await contentsOf(lakeIn(folder))).toEqual(content);
    }
    expect(await runPipeline(unbroken, ["--from", jan(3), "--to", jan(6)])).toMatchObject({ status: 2, stdout: "" });
    expect((await runPipeline(unbroken, ["--from", jan(6), "--to", jan(6)])).status).toBe(0);
  }, 120_000);

  test("never lie after yesterday", async () => {
    const folder = newLanding();
    const today = addDays(yesterday("America/Sao_Paulo"), 1);
    mkdirSync(join(folder, "landing"), { recursive: true });
    const refused = await runPipeline(folder, ["--date", today]);
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toMatch(/not over yet/);
    expect(await contentsOf(lakeIn(folder))).toEqual({});
  });
});
