import { createHash } from "node:crypto";
import fs, { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { resetLake } from "../../lib/pipeline/reset.js";
import { lockLake } from "../../lib/pipeline/run_lock.js";
import type { Samples } from "../../lib/pipeline/samples.js";

let folder = "";
const lake = (): string => join(folder, "lake");
const landing = (): string => join(folder, "landing");
const place = () => ({ lake: lake(), landing: landing(), samples });
const write = (path: string, content: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
};
const samples: Samples = {
  folder: "",
  lastDay: "2023-01-01",
  files: [{ path: "sales/a.csv", size: 6, sha256: createHash("sha256").update("sample").digest("hex") }],
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tslake-reset-"));
  write("lake/bronze/_archive/sales/20230101_000000_a.csv", "sample");
  write("lake/bronze/_archive/sales/20230101_000000_mine.csv", "mine");
  write("lake/_runs/20230101/run.json", "{}");
  write("lake/_report/index.html", "");
  write("lake/warehouse.duckdb", "");
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe("a lake that is begun afresh", () => {
  test("lets no run begin before all of it is gone", async () => {
    const { rm } = fs.promises;
    let removed = 0;
    vi.spyOn(fs.promises, "rm").mockImplementation(async (path, options) => {
      await rm(path, options);
      removed++;
      expect(() => lockLake(lake(), "another", "now")).toThrow(/run reset .* is working on this lake/);
    });
    await resetLake(place(), "reset", "now");
    expect(removed).toBeGreaterThan(3);
    expect(existsSync(lake())).toBe(false);
  });

  test("keeps the lock of a run that begins as soon as it may", async () => {
    const { rmSync } = fs;
    let release: (() => void) | undefined;
    vi.spyOn(fs, "rmSync").mockImplementation((path, options) => {
      rmSync(path, options);
      if (path === join(lake(), "_runs", "lock")) release ??= lockLake(lake(), "next", "now");
    });
    await resetLake(place(), "reset", "now");
    expect(JSON.parse(readFileSync(join(lake(), "_runs", "lock"), "utf8"))).toMatchObject({ runId: "next" });
    release?.();
    expect(readdirSync(lake())).toEqual(["_runs"]);
  });

  test("has the user's files and their names on disk before it deletes anything", async () => {
    const flushed: string[] = [];
    const { openSync } = fs;
    const { open, rm } = fs.promises;
    vi.spyOn(fs, "openSync").mockImplementation((path, flags, mode) => {
      flushed.push(String(path));
      return openSync(path, flags, mode);
    });
    vi.spyOn(fs.promises, "open").mockImplementation((path, flags, mode) => {
      flushed.push(String(path));
      return open(path, flags, mode);
    });
    const target = join(landing(), "sales", "mine.csv");
    vi.spyOn(fs.promises, "rm").mockImplementation((path, options) => {
      expect(flushed).toEqual(expect.arrayContaining([target, dirname(target), landing()]));
      expect(readFileSync(target, "utf8")).toBe("mine");
      return rm(path, options);
    });
    await resetLake(place(), "reset", "now");
    expect(readdirSync(dirname(target))).toEqual(["mine.csv"]);
  });

  test("gives back a file that a run has taken right before", async () => {
    const { linkSync } = fs;
    vi.spyOn(fs, "linkSync").mockImplementationOnce((from, to) => {
      write("lake/bronze/_archive/sales/20230102_000000_late.csv", "late");
      linkSync(from, to);
    });
    const { returned } = await resetLake(place(), "reset", "now");
    expect(returned).toHaveLength(2);
    expect(readFileSync(join(landing(), "sales", "late.csv"), "utf8")).toBe("late");
    expect(existsSync(lake())).toBe(false);
  });

  test("is not made when there is none", async () => {
    rmSync(lake(), { recursive: true });
    await expect(resetLake(place(), "reset", "now")).rejects.toThrow("there is no lake to delete");
    expect(existsSync(lake())).toBe(false);
  });

  test("leaves nothing of its own where another one was quicker", async () => {
    const { linkSync } = fs;
    vi.spyOn(fs, "linkSync").mockImplementationOnce((from, to) => {
      for (const name of ["bronze", "_report", "warehouse.duckdb", "_runs/20230101"])
        rmSync(join(lake(), name), { recursive: true });
      linkSync(from, to);
    });
    await expect(resetLake(place(), "reset", "now")).rejects.toThrow("this lake was not made from the samples");
    expect(existsSync(lake())).toBe(false);
  });

  test("can be begun afresh again after it was killed, wherever that was", async () => {
    write("lake/bronze/sales/_delta_log/0.json", "{}");
    write("lake/silver/sales/_delta_log/0.json", "{}");
    const { rm } = fs.promises;
    for (let survives = 0; existsSync(lake()); survives++) {
      let removed = 0;
      const dying = vi.spyOn(fs.promises, "rm").mockImplementation((path, options) => {
        return removed++ < survives ? rm(path, options) : Promise.reject(new Error("killed"));
      });
      const reset = resetLake(place(), "reset", "now");
      await reset.catch((error: unknown) => expect(error).toMatchObject({ message: "killed" }));
      dying.mockRestore();
      expect(readdirSync(join(landing(), "sales"))).toEqual(["mine.csv"]);
      expect(readFileSync(join(landing(), "sales", "mine.csv"), "utf8")).toBe("mine");
      expect(removed).toBeLessThan(10);
    }
    expect(existsSync(lake())).toBe(false);
  });

  test("stays as it is when a file cannot be brought back", async () => {
    write("landing/sales", "no folder");
    await expect(resetLake(place(), "reset", "now")).rejects.toThrow("Could not bring back");
    expect(readdirSync(lake())).toEqual(["_report", "_runs", "bronze", "warehouse.duckdb"]);
    expect(readdirSync(join(lake(), "_runs"))).toEqual(["20230101"]);
  });
});
