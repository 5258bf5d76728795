import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LakeInProcess } from "../support/lake_in_process.js";
import { accidentsAt, describeAccident, hooked, type StorageCall, spoiled } from "./hooked_storage.js";
import { ROUNDS, some } from "./rounds.js";
import {
  type Area,
  contentsOf,
  copyOf,
  countsOf,
  type Delivery,
  EVENTS,
  land,
  newFolder,
  removeFolders,
  runSteps,
  SALES,
} from "./steps.js";

const { log } = console;
beforeAll(() => {
  console.log = () => undefined;
});
afterAll(() => {
  console.log = log;
  removeFolders();
});

interface Scene {
  readonly step: string;
  readonly area: Area;
  /** Which run of the area it is. */
  readonly run: "first" | "second";
}

const SCENES: readonly Scene[] = [
  ...scenesOf(SALES, SALES.steps),
  ...scenesOf(EVENTS, ["bronze.purchase", "silver.purchase", "gold.gvm"]),
];

function scenesOf(area: Area, steps: readonly string[]): readonly Scene[] {
  return steps.flatMap((step) => (["first", "second"] as const).map((run) => ({ step, area, run })));
}

/** A lake right before a step of a run. */
async function before({ step, area, run }: Scene): Promise<string> {
  const folder = newFolder();
  if (run === "second") await runAll(folder, area, area.first);
  land(join(folder, "landing"), area[run].files);
  await runSteps(folder, area.steps.slice(0, area.steps.indexOf(step)), area[run].date);
  return folder;
}

async function runAll(folder: string, area: Area, { date, files }: Delivery): Promise<void> {
  land(join(folder, "landing"), files);
  await runSteps(folder, area.steps, date);
}

async function contents(folder: string) {
  return contentsOf(new LakeInProcess(folder).lake);
}

/** Every row that the steps so far have read is accounted for once, whatever happened. */
async function checkBalance(
  folder: string,
  { area, step }: Pick<Scene, "area" | "step">,
  story: string,
): Promise<void> {
  const { lake } = new LakeInProcess(folder);
  const found = await contents(folder);
  for (const table of area.steps.slice(0, area.steps.indexOf(step) + 1)) {
    const [layer, name] = table.split(".");
    if (layer !== "silver") continue;
    const silver = found[table] ?? [];
    const counts = await countsOf(lake, `silver.${name}`);
    const sum = (...names: readonly string[]): number => names.reduce((total, one) => total + (counts[one] ?? 0), 0);
    expect(sum("read"), story).toBe(found[`bronze.${name}`]?.length);
    expect(sum("written"), story).toBe(silver.length);
    expect(sum("quarantined"), story).toBe(found[`silver.${name}_quarantine`]?.length ?? 0);
    expect(sum("read", "takenUp"), story).toBe(
      sum("written", "duplicates", "quarantined", "dropped", "waiting", "withdrawn"),
    );
  }
}

describe("a step whose storage fails or dies at any call", () => {
  test.each(SCENES)(
    "$step, in the $run run",
    async (scene) => {
      const { step, area, run } = scene;
      const start = await before(scene);
      const undisturbed = copyOf(start);
      const calls: StorageCall[] = [];
      await runSteps(undisturbed, [step], area[run].date, (storage) =>
        hooked(storage, { before: (call) => calls.push(call) }),
      );
      const wanted = await contents(undisturbed);
      await checkBalance(undisturbed, scene, "undisturbed");
      for (const accident of some(accidentsAt(calls), 3)) {
        const folder = copyOf(start);
        const story = describeAccident(accident);
        const done = await runSteps(folder, [step], area[run].date, (storage) => spoiled(storage, accident)).then(
          () => true,
          () => false,
        );
        if (done) expect(await contents(folder), story).toEqual(wanted);
        await runSteps(folder, [step], area[run].date);
        expect(await contents(folder), story).toEqual(wanted);
        await checkBalance(folder, scene, story);
        rmSync(folder, { recursive: true });
      }
    },
    600_000,
  );
});

describe("a step that another process does at the same time", () => {
  test.each(SCENES.filter((scene) => scene.run === "second"))(
    "$step",
    async (scene) => {
      const { step, area, run } = scene;
      const start = await before(scene);
      const undisturbed = copyOf(start);
      const calls: StorageCall[] = [];
      await runSteps(undisturbed, [step], area[run].date, (storage) =>
        hooked(storage, { before: (call) => calls.push(call) }),
      );
      const wanted = await contents(undisturbed);
      for (const at of some(calls, 2)) {
        const folder = copyOf(start);
        const story = `the other comes in before call ${at.number}, ${at.name} ${at.path}`;
        const other = (call: StorageCall) => call.number === at.number && runSteps(folder, [step], area[run].date);
        await runSteps(folder, [step], area[run].date, (storage) => hooked(storage, { before: other })).catch(
          () => undefined,
        );
        await runSteps(folder, [step], area[run].date);
        expect(await contents(folder), story).toEqual(wanted);
        await checkBalance(folder, scene, story);
        rmSync(folder, { recursive: true });
      }
    },
    600_000,
  );
});

describe("a subject area whose every step dies once", () => {
  test.each([
    ["vendas", SALES],
    ["gvm", EVENTS],
  ] as const)(
    "%s, in both runs",
    async (_, area) => {
      const undisturbed = newFolder();
      const disturbed = newFolder();
      for (const delivery of [area.first, area.second]) {
        await runAll(undisturbed, area, delivery);
        land(join(disturbed, "landing"), delivery.files);
        for (const step of area.steps) {
          let writes = 0;
          const dying =
            (at: number) =>
            (call: StorageCall): void => {
              if (call.writes) writes++;
              if (writes >= at) throw new Error(`dead at write ${at}`);
            };
          for (let at = 1; at <= Math.min(3, ROUNDS); at++) {
            writes = 0;
            await runSteps(disturbed, [step], delivery.date, (storage) => hooked(storage, { after: dying(at) })).catch(
              () => undefined,
            );
          }
          await runSteps(disturbed, [step], delivery.date);
        }
        expect(await contents(disturbed)).toEqual(await contents(undisturbed));
      }
      await checkBalance(disturbed, { area, step: area.steps.at(-1) ?? "" }, "both runs");
      await runSteps(disturbed, area.steps, area.second.date);
      expect(await contents(disturbed)).toEqual(await contents(undisturbed));
    },
    600_000,
  );
});
