import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { addDays, yesterday } from "../../lib/clock.js";
import { Catalog } from "../../lib/contract/catalog.js";
import { defineFact, defineStar, degenerate, type Star } from "../../lib/contract/star.js";
import type { Snapshot } from "../../lib/delta/snapshot.js";
import { DeltaError, UsageError, WarehouseError } from "../../lib/errors.js";
import { planPipeline } from "../../lib/pipeline/plan.js";
import { openSamples, type Samples } from "../../lib/pipeline/samples.js";
import { describeReason } from "../../lib/pipeline/step.js";
import { withStars } from "../../lib/pipeline/stored_stars.js";
import type { RecordedLoad, Warehouse } from "../../lib/warehouse/driver.js";
import { FakeLake } from "./fake_lake.js";

let lake: FakeLake;
beforeEach(() => {
  lake = new FakeLake();
});
afterEach(() => lake.close());

const plan = async (options = {}): Promise<Record<string, string>> => {
  const { steps } = await planPipeline({ ...lake.options(), ...options });
  return Object.fromEntries(steps.map(({ step, reasons }) => [step.name, reasons.map(describeReason).join("; ")]));
};

describe("a plan", () => {
  test("says why each step would run, and touches nothing", async () => {
    lake.arrive("sales/a.csv");
    const before = readdirSync(lake.folder, { recursive: true });
    expect(await plan()).toEqual({
      "bronze.events": "never built",
      "bronze.sales": "never built; 1 file in landing",
      "silver.events": "never built; after bronze.events",
      "silver.sales": "never built; after bronze.sales",
      "gold.daily": "never built; after silver.events",
      "gold.sales": "never built; after silver.sales",
    });
    expect(readdirSync(lake.folder, { recursive: true })).toEqual(before);
    expect(lake.jobs).toEqual([]);
    expect(lake.records.size).toBe(0);
  });

  test("expects downstream steps to follow", async () => {
    lake.arrive("sales/a.csv");
    await lake.pipeline();
    lake.arrive("sales/b.csv");
    expect(await plan({ select: ["*.sales"] })).toEqual({
      "bronze.sales": "1 file in landing",
      "silver.sales": "after bronze.sales",
      "gold.sales": "after silver.sales",
    });
  });
});

describe("a star", () => {
  const starOf = (): Star => {
    const gold = lake.catalog.table("gold.sales");
    const about = { description: "", grain: "a row" };
    const fact = defineFact("fato_sales", { ...about, from: gold, key: ["a"], columns: { a: degenerate("a") } });
    const view = { name: "vw_sales", description: "", columns: { a: "" }, select: () => "SELECT a FROM fato_sales" };
    return defineStar("warehouse.sales", { description: "", facts: [fact], views: [view] });
  };

  test("whose warehouse does not answer is unknown; the other steps are planned", async () => {
    const star = starOf();
    const catalog = new Catalog(lake.catalog.tables, [star]);
    const stored = {
      snapshot: (name: string) =>
        name === star.name ? Promise.reject(new WarehouseError("no server answers")) : lake.snapshot(name),
    };
    const planned = await plan({ catalog, stored });
    expect(planned["warehouse.sales"]).toBe("unknown: no server answers; after gold.sales");
    expect(planned["gold.sales"]).toBe("never built; after silver.sales");
  });

  test("whose warehouse does not answer is the only thing that a plan does without", async () => {
    const stored = { snapshot: () => Promise.reject(new DeltaError("broken")) };
    await expect(plan({ stored })).rejects.toThrow("broken");
  });

  test.each(["fato_sales", "vw_sales"])("of which somebody has dropped a part is loaded again: %s", async (part) => {
    const star = starOf();
    const catalog = new Catalog(lake.catalog.tables, [star]);
    lake.arrive("sales/a.csv");
    await lake.pipeline();
    const { steps } = await planPipeline({ ...lake.options(), catalog });
    const codeHash = steps.find(({ step }) => step.name === star.name)?.step.codeHash;
    const { version = 0, metadata } = (await lake.snapshot("gold.sales")) ?? {};
    const sources = { "gold.sales": { version, id: metadata?.id ?? "" } };
    const load = { star: star.name, number: 1, sources, step: JSON.stringify({ codeHash, parameters: {} }) };
    const planned = (definitions: RecordedLoad["definitions"]): Promise<Record<string, string>> => {
      const warehouse = { loads: () => Promise.resolve([{ ...load, definitions }]) } as unknown as Warehouse;
      const tables = { catalog, snapshot: (name: string) => lake.snapshot(name) as Promise<Snapshot | undefined> };
      return plan({ catalog, stored: withStars(tables, () => warehouse) });
    };
    const whole = { fato_sales: "1", vw_sales: "1" };
    expect((await planned(whole))[star.name]).toBe("");
    const left = Object.fromEntries(Object.entries(whole).filter(([name]) => name !== part));
    expect((await planned(left))[star.name]).toBe("never built");
  });
});

describe("days", () => {
  const last = yesterday("UTC");

  test("the default is yesterday", async () => {
    expect((await planPipeline({ ...lake.options(), days: {} })).days).toEqual({ day: last, from: undefined });
  });

  test.each([
    [{ date: addDays(last, 1) }, /not over yet/],
    [{ to: addDays(last, 1) }, /not over yet/],
    [{ date: "2023-02-30" }, /not a day: /],
    [{ date: "30/06/2023" }, /not a day: /],
    [{ from: "2023-6-1" }, /not a day: /],
    [{ date: "2023-06-30", to: "2023-06-30" }, /one or the other/],
    [{ from: "2023-07-01", to: "2023-06-30" }, /lies after/],
  ])("%j is refused", async (days, message) => {
    const refused = planPipeline({ ...lake.options(), days });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
  });

  test("on later runs --from may only name the first open day", async () => {
    lake.arrive("events/a.csv");
    await lake.pipeline({ days: { from: "2023-01-01", to: "2023-06-30" } });
    await lake.pipeline({ days: { from: "2023-07-01", to: "2023-07-02" } });
    for (const from of ["2023-07-01", "2023-07-04"]) {
      await expect(lake.pipeline({ days: { from, to: "2023-07-05" } })).rejects.toThrow(
        /history is closed through 2023-07-02/,
      );
    }
    await expect(lake.pipeline({ days: { from: "2023-07-05", to: "2023-07-05" } })).rejects.toMatchObject({
      expected: "--from 2023-07-03, or none",
    });
  });
});

describe("samples", () => {
  let samples: Samples | undefined;
  beforeEach(() => {
    const folder = join(lake.folder, "samples");
    mkdirSync(join(folder, "landing", "sales"), { recursive: true });
    mkdirSync(join(folder, "landing", "events"));
    writeFileSync(join(folder, "samples.json"), '{ "lastDay": "2023-06-30" }');
    writeFileSync(join(folder, "landing", "sales", "sample.csv"), "a\nsample\n");
    writeFileSync(join(folder, "landing", "events", "sample.csv"), "a\nevent\n");
    samples = openSamples(folder);
  });
  const options = () => ({ ...lake.options(), samples, mayCopySamples: true, days: {} });

  test("are planned for a new lake, with their own day, and not yet copied", async () => {
    const planned = await planPipeline(options());
    expect(planned).toMatchObject({ needsSamples: true, days: { day: "2023-06-30" } });
    expect(planned.steps[0]?.reasons).toContainEqual({ kind: "files", count: 1 });
    expect(existsSync(lake.landing)).toBe(false);
  });

  test("are copied once", async () => {
    await lake.pipeline(options());
    expect(lake.began).toHaveLength(6);
    const again = await planPipeline(options());
    expect(again.needsSamples).toBe(false);
    expect(again.steps.every((step) => step.reasons.length === 0)).toBe(true);
    expect(again.days.day).toBe("2023-06-30");
  });

  test("are not mixed with files that the user put there first", async () => {
    lake.arrive("sales/mine.csv");
    const planned = await planPipeline(options());
    expect(planned).toMatchObject({ needsSamples: false, days: { day: yesterday("UTC") }, warnings: [] });
  });

  test("are not copied where landing zone or lake are the user's own", async () => {
    expect((await planPipeline({ ...options(), mayCopySamples: false })).needsSamples).toBe(false);
  });

  test("a copy that was broken off is completed", async () => {
    cpSync(join(lake.folder, "samples", "landing", "sales"), join(lake.landing, "sales"), { recursive: true });
    writeFileSync(join(lake.landing, "sales", ".sample.tmp"), "a\nsam");
    expect((await planPipeline(options())).needsSamples).toBe(true);
  });

  test("the first other file prints a warning, and the day is yesterday from then on", async () => {
    await lake.pipeline(options());
    lake.arrive("sales/mine.csv", "a\nmine\n");
    const planned = await planPipeline(options());
    expect(planned.days.day).toBe(yesterday("UTC"));
    expect(planned.warnings).toEqual([expect.stringMatching(/^sales\/mine\.csv: .*npx tslake reset$/)]);
    const bronze = lake.tables.get("bronze.sales");
    bronze?.txns.set("file:0000", 1n);
    expect(await planPipeline(options())).toMatchObject({ warnings: [], days: { day: yesterday("UTC") } });
  });
});

describe("the landing zone", () => {
  test("names what nobody takes", async () => {
    lake.arrive("sales/notes.txt");
    lake.arrive("sales/_draft.csv");
    lake.arrive("sales/half.csv.part");
    lake.arrive("shoes/a.csv");
    lake.arrive("_rejected/x.csv");
    mkdirSync(join(lake.landing, "sales", "folder.csv"));
    writeFileSync(join(lake.landing, "events"), "a\nevent\n");
    const { warnings, steps } = await planPipeline(lake.options());
    expect(warnings).toEqual([
      "left in landing: events: no folder; files go into events/",
      "left in landing: shoes: no table takes it; files go into events/, sales/",
      "left in landing: sales/folder.csv: a folder, not a file; files inside folders are not taken",
      "left in landing: sales/notes.txt: bronze.sales takes *.csv",
    ]);
    expect(steps.every(({ reasons }) => reasons.every((reason) => reason.kind !== "files"))).toBe(true);
  });

  test("gzip may follow every name", async () => {
    lake.arrive("sales/a.csv.gz");
    expect((await plan({ select: ["bronze.sales"] }))["bronze.sales"]).toContain("1 file in landing");
  });
});
