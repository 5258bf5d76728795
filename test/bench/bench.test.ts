import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Measurement } from "../../bench/measure.js";

const BENCH = resolve("bench");
const SCALE = "0.0008";

let workdir: string;

beforeAll(async () => {
  workdir = await mkdtemp(join(tmpdir(), "tslake-bench-"));
  await run("generate.js", "--workdir", workdir, "--scale", SCALE);
}, 60_000);

afterAll(() => rm(workdir, { recursive: true, force: true }));

describe("the benchmark", () => {
  test.each(["startup_sample", "sales", "gvm"])(
    "has the plain engine's result for %s",
    async (task) => {
      const [own, plain] = [await measured("main.js", task), await measured("raw.js", task)];
      expect(own).toMatchObject({ engine: "tslake", task });
      expect(own.result_checksum).toBe(plain.result_checksum);
      expect(own.result_checksum).toMatch(/^[1-9]\d*(:[1-9]\d*)+$/);
    },
    60_000,
  );

  test("measures time, processor time and memory", async () => {
    const line = await measured("main.js", "gvm");
    expect(Object.keys(line)).toEqual([
      "engine",
      "task",
      "seconds",
      "cpu_seconds",
      "process_seconds",
      "process_cpu_seconds",
      "peak_rss_mb",
      "result_checksum",
    ]);
    expect(line.seconds).toBeGreaterThan(0);
    expect(line.process_seconds).toBeGreaterThan(line.seconds);
    expect(line.peak_rss_mb).toBeGreaterThan(50);
  }, 60_000);

  test("every state that was ever known agrees with the state of the last day", async () => {
    const [all, day] = [await measured("main.js", "gvm_bitemporal"), await measured("main.js", "gvm_day")];
    expect(all.result_checksum).toBe(day.result_checksum);
  }, 120_000);

  test("a day's events are all written", async () => {
    const { result_checksum } = await measured("main.js", "daily_small");
    const [purchases, items, extras, versions] = result_checksum.split(":").map(Number);
    expect(Number(purchases) + Number(items) + Number(extras)).toBe(10_000);
    expect(versions).toBeGreaterThan(0);
  }, 120_000);

  test("a star has the rows of DuckDB's own load, and a day's sales more on the next day", async () => {
    const [own, plain] = [await measured("main.js", "star_duckdb"), await measured("main.js", "star_bulk")];
    expect(own.result_checksum).toBe(plain.result_checksum);
    const daily = await measured("main.js", "star_daily");
    const [before, after] = [own, daily].map(({ result_checksum }) => Number(result_checksum.split(":")[0]));
    expect(after).toBe(Number(before) + 10_000);
  }, 180_000);

  test("refuses an unknown task and names the known ones", async () => {
    await expect(run("main.js", "warp", "--workdir", workdir)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("startup_sample"),
    });
  }, 60_000);
});

async function measured(program: string, task: string): Promise<Measurement> {
  return JSON.parse(await run(program, task, "--workdir", workdir)) as Measurement;
}

async function run(program: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(BENCH, program), ...argv]);
  return stdout;
}
