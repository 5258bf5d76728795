import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as tables from "../../lib/tables/index.js";
import { DuckdbWarehouse } from "../../lib/warehouse/duckdb/warehouse.js";
import { kill, lakeIn, newWorkspace, runPipeline, startPipeline, workersOn } from "./pipeline_process.js";
import { ROUNDS, some } from "./rounds.js";
import { contentsOf, EVENTS, land, newFolder, removeFolders, SALES } from "./steps.js";

afterAll(removeFolders);

const DELIVERIES = (["first", "second"] as const).map((run) => ({
  files: [...SALES[run].files, ...EVENTS[run].files],
  argv: ["--date", EVENTS[run].date],
}));

/** What every lake and its star must hold after each delivery, and how long a run takes. */
const wanted: Awaited<ReturnType<typeof allIn>>[] = [];
let millis = 0;

/** The tables of a lake and of its star; archived names tell the time of the run, which is left out. */
async function allIn(folder: string) {
  const lake = lakeIn(folder);
  const star = new DuckdbWarehouse(join(folder, "lake", "warehouse.duckdb"), lake.engine);
  const rowsOf = async (table: string, columns: string): Promise<readonly string[]> => {
    const { rows } = await star.query(`SELECT ${columns} FROM ${table}`);
    return rows.map((row) => Object.values(row).map(String).join(" | ")).sort();
  };
  const parts: Record<string, readonly string[]> = {};
  for (const { name } of tables.warehouse.vendas.dimensions) parts[name] = await rowsOf(name, "*");
  parts["fato_vendas"] = await rowsOf("fato_vendas", "* EXCLUDE (venda_id, arquivo_de_origem)");
  parts["fato_gvm"] = await rowsOf("fato_gvm", "*");
  return { lake: await contentsOf(lake), star: parts };
}

beforeAll(async () => {
  const folder = newFolder();
  for (const { files, argv } of DELIVERIES) {
    land(join(folder, "landing"), files);
    const start = performance.now();
    expect(await runPipeline(folder, argv)).toMatchObject({ status: 0, stderr: "" });
    millis = performance.now() - start;
    wanted.push(await allIn(folder));
  }
}, 120_000);

/** What lies half-done in a lake that no process works on: nothing but unfinished temporary files may. */
function landed(folder: string): readonly string[] {
  return (readdirSync(join(folder, "landing"), { recursive: true }) as string[]).filter((name) => name.includes("."));
}

describe("a pipeline that is killed at any instant", () => {
  test.each(Array.from({ length: Math.max(1, Math.round(ROUNDS)) }, (_, round) => round))(
    "round %i: the next runs finish its work",
    async (round) => {
      const folder = newFolder();
      const story: string[] = [];
      for (const [at, { files, argv }] of DELIVERIES.entries()) {
        land(join(folder, "landing"), files);
        for (let times = 0; times < 2; times++) {
          const run = startPipeline(folder, argv);
          const delay = Math.round(millis * (0.15 + 0.85 * Math.random()));
          await sleep(delay);
          kill(run, (round + times + at) % 2 === 0);
          await run.end;
          story.push(`delivery ${at}, killed after ${delay} ms of ${Math.round(millis)}`);
        }
        const { status, stdout, stderr } = await runPipeline(folder, argv);
        expect(status, `${story.join("; ")}\n${stdout}\n${stderr}`).toBe(0);
        expect(await allIn(folder), story.join("; ")).toEqual(wanted[at]);
        expect(landed(folder), story.join("; ")).toEqual([]);
      }
      const again = await runPipeline(folder, ["--date", EVENTS.second.date, "--json"]);
      expect(JSON.parse(again.stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
        steps_fresh: 11,
        changed: [],
      });
      rmSync(folder, { recursive: true });
    },
    120_000,
  );
});

describe("the very first run, that copies the samples", () => {
  test("is killed at any instant: the next one finishes its work", async () => {
    const undisturbed = newWorkspace();
    const start = performance.now();
    expect((await runPipeline(undefined, [], undisturbed)).status).toBe(0);
    const duration = performance.now() - start;
    const root = newWorkspace();
    for (let times = 0; times < Math.max(2, ROUNDS); times++) {
      const run = startPipeline(undefined, [], root);
      await sleep(duration * (0.1 + 0.5 * Math.random()));
      kill(run, times % 2 === 0);
      await run.end;
    }
    const { status, stdout, stderr } = await runPipeline(undefined, [], root);
    expect(status, stdout + stderr).toBe(0);
    const [found, expected] = [root, undisturbed].map((workspace) => lakeIn(join(workspace, "data_lake")));
    if (found === undefined || expected === undefined) throw new Error("no lake");
    expect(await contentsOf(found)).toEqual(await contentsOf(expected));
  }, 120_000);
});

describe("a pipeline that is interrupted", () => {
  test.each(some(["SIGINT", "SIGTERM"] as const, 1))(
    "by %s ends its notebooks and says so by status 130",
    async (signal) => {
      const folder = newFolder();
      const [delivery] = DELIVERIES;
      if (delivery === undefined) throw new Error("no delivery");
      land(join(folder, "landing"), delivery.files);
      for (const part of [0.4, 0.7]) {
        const run = startPipeline(folder, delivery.argv);
        await new Promise((resolve) => run.child.stdout?.once("data", resolve));
        await sleep(millis * part * Math.random());
        run.child.kill(signal);
        const { status, stdout } = await run.end;
        expect([0, 130], stdout).toContain(status);
        if (status === 130) expect(stdout).toMatch(/interrupted/);
        expect(workersOn(folder)).toEqual([]);
        expect(existsSync(join(folder, "lake", "_runs", "lock"))).toBe(false);
      }
      expect((await runPipeline(folder, delivery.argv)).status).toBe(0);
      expect(await allIn(folder)).toEqual(wanted[0]);
    },
    120_000,
  );
});

describe("two pipelines at once", () => {
  test("one works, the other says so, or finds nothing to do", async () => {
    const folder = newFolder();
    for (const [at, { files, argv }] of DELIVERIES.slice(0, ROUNDS).entries()) {
      land(join(folder, "landing"), files);
      const ends = await Promise.all([runPipeline(folder, argv), runPipeline(folder, argv)]);
      expect(ends.map(({ status }) => status).sort()).toContain(0);
      for (const { status, stderr } of ends) if (status !== 0) expect(stderr).toMatch(/is working on this lake/);
      expect(await allIn(folder)).toEqual(wanted[at]);
    }
  }, 120_000);
});
