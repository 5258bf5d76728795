import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConflictError, DataError, StorageError } from "../../lib/errors.js";
import type { RunObserver } from "../../lib/pipeline/observer.js";
import type { StepOutcome } from "../../lib/pipeline/outcome.js";
import type { RunSummary } from "../../lib/pipeline/run.js";
import type { StoredTables } from "../../lib/pipeline/step.js";
import { calendarCatalog, FakeLake } from "./fake_lake.js";

let lake: FakeLake;
beforeEach(() => {
  lake = new FakeLake();
  lake.arrive("sales/a.csv");
  lake.arrive("events/a.csv");
});
afterEach(() => {
  vi.unstubAllEnvs();
  lake.close();
});

const statuses = (summary: RunSummary): Record<string, string> =>
  Object.fromEntries(summary.steps.map((step) => [step.step, step.status]));
const outcomeOf = (summary: RunSummary, name: string): StepOutcome | undefined =>
  summary.steps.find((step) => step.step === name);
const failing = (error: unknown) => () => Promise.reject(error);
/** The tables, one of which cannot be looked at the n-th time, for these n from 1. */
const unanswered = (name: string, looks: readonly number[]): StoredTables => {
  let look = 0;
  return {
    snapshot: async (table) => {
      if (table !== name || !looks.includes(++look)) return lake.snapshot(table);
      throw new StorageError("no answer", { transient: true });
    },
  };
};

describe("order", () => {
  test("every step runs after what it reads, and no more at once than asked for", async () => {
    await lake.pipeline();
    expect(lake.began).toHaveLength(6);
    for (const table of lake.catalog.tables) {
      for (const read of table.reads) {
        expect(lake.began.indexOf(read)).toBeLessThan(lake.began.indexOf(table.name));
      }
    }
    expect(lake.most).toBe(2);
  });

  test("--jobs bounds the notebooks at a time", async () => {
    await lake.pipeline({ jobs: 1 });
    expect(lake.most).toBe(1);
  });

  test("a step does not wait for what it does not read", async () => {
    lake.behaviours.set("bronze.events", async () => {
      while (!lake.tables.has("gold.sales")) await new Promise((resolve) => setTimeout(resolve, 2));
      return undefined;
    });
    const summary = await lake.pipeline();
    expect(summary.status).toBe("succeeded");
  });

  test("an unselected table in between still orders what is selected", async () => {
    const summary = await lake.pipeline({ select: ["gold.sales bronze.sales"] });
    expect(summary.steps.map((step) => step.step)).toEqual(["bronze.sales", "gold.sales"]);
    expect(lake.began).toEqual(["bronze.sales", "gold.sales"]);
  });
});

describe("staleness", () => {
  test("a second run does nothing, and leaves its own row only", async () => {
    await lake.pipeline();
    const steps = lake.records.get("ops.steps")?.length;
    const summary = await lake.pipeline();
    expect(lake.began).toHaveLength(6);
    expect(new Set(Object.values(statuses(summary)))).toEqual(new Set(["fresh"]));
    expect(lake.records.get("ops.steps")).toHaveLength(steps ?? -1);
    expect(lake.records.get("ops.runs")).toHaveLength(2);
  });

  test("a new file makes stale what is built from it, and nothing else", async () => {
    await lake.pipeline();
    lake.jobs.length = 0;
    lake.arrive("sales/b.csv");
    const summary = await lake.pipeline();
    expect(lake.began).toEqual(["bronze.sales", "silver.sales", "gold.sales"]);
    expect(outcomeOf(summary, "bronze.sales")?.reasons).toEqual([{ kind: "files", count: 1 }]);
    expect(outcomeOf(summary, "silver.sales")?.reasons).toEqual([
      { kind: "source", table: "bronze.sales", consumed: 0, current: 1 },
    ]);
  });

  test("a source that was deleted and built again makes stale what was built from it", async () => {
    lake.arrive("sales/a.csv");
    await lake.pipeline();
    lake.tables.delete("silver.sales");
    lake.jobs.length = 0;
    const { steps } = await lake.pipeline();
    expect(lake.began).toEqual(["silver.sales", "gold.sales"]);
    expect(steps.find(({ step }) => step === "gold.sales")?.reasons).toEqual([
      { kind: "replaced", table: "silver.sales" },
    ]);
    lake.jobs.length = 0;
    await lake.pipeline();
    expect(lake.began).toEqual([]);
  });

  test.each([
    ["", -1],
    [", also when it has grown again", 0],
    [", also when it has grown beyond that", 1],
  ])("a source that went back to an older version makes stale what was built from it%s", async (_, versions) => {
    lake.arrive("sales/a.csv");
    await lake.pipeline();
    lake.arrive("sales/b.csv");
    await lake.pipeline();
    const source = lake.tables.get("silver.sales");
    source?.commits.splice(source.version, 1, "another", "one more");
    if (source) source.version += versions;
    lake.jobs.length = 0;
    const { steps } = await lake.pipeline({ select: ["gold.sales"] });
    expect(steps.find(({ step }) => step === "gold.sales")?.reasons).toEqual([
      { kind: "reverted", table: "silver.sales" },
    ]);
  });

  test("changed code makes its table stale, and warns where rows of the old code stay", async () => {
    await lake.pipeline();
    lake.jobs.length = 0;
    lake.code.set("silver.sales", "changed");
    lake.code.set("silver.events", "changed");
    const summary = await lake.pipeline();
    expect(lake.began).toEqual(expect.arrayContaining(["silver.sales", "gold.sales", "silver.events", "gold.daily"]));
    expect(lake.began).toHaveLength(4);
    expect(outcomeOf(summary, "silver.sales")?.reasons).toEqual([{ kind: "code" }]);
    expect(outcomeOf(summary, "silver.sales")?.warnings).toEqual([]);
    expect(outcomeOf(summary, "silver.events")?.warnings[0]).toContain("append-only");
  });

  test("a later day makes histories stale; an earlier one does not", async () => {
    await lake.pipeline();
    lake.jobs.length = 0;
    await lake.pipeline({ days: { date: "2023-06-29" } });
    expect(lake.began).toEqual([]);
    const summary = await lake.pipeline({ days: { date: "2023-07-02" } });
    expect(lake.began).toEqual(["silver.events", "gold.daily"]);
    expect(outcomeOf(summary, "silver.events")?.reasons).toEqual([
      { kind: "day", closed: "2023-06-30", day: "2023-07-02" },
    ]);
  });

  test("without events no day is closed, and nothing runs again because of it", async () => {
    const empty = new FakeLake();
    empty.arrive("sales/a.csv");
    try {
      await empty.pipeline();
      empty.jobs.length = 0;
      await empty.pipeline({ days: { date: "2023-07-01" } });
      expect(empty.began).toEqual([]);
      empty.arrive("events/a.csv");
      await empty.pipeline({ days: { date: "2023-07-01" } });
      expect(empty.began).toEqual(["bronze.events", "silver.events", "gold.daily"]);
    } finally {
      empty.close();
    }
  });

  test("histories of one calendar close together, and are stale by their own feed only", async () => {
    const shop = new FakeLake(calendarCatalog());
    try {
      await shop.pipeline();
      await shop.pipeline();
      expect(shop.began).toHaveLength(4);
      shop.jobs.length = 0;
      shop.arrive("events/a.csv");
      const summary = await shop.pipeline();
      expect(shop.began.sort()).toEqual(["bronze.events", "silver.events", "silver.refunds"]);
      expect(outcomeOf(summary, "silver.refunds")?.reasons).toEqual([
        { kind: "day", closed: undefined, day: "2023-06-30" },
      ]);
      shop.jobs.length = 0;
      shop.arrive("events/b.csv");
      await shop.pipeline();
      expect(shop.began).toEqual(["bronze.events", "silver.events"]);
    } finally {
      shop.close();
    }
  });

  test("a history closes through what its source has closed, also when it is selected alone", async () => {
    await lake.pipeline();
    lake.jobs.length = 0;
    const summary = await lake.pipeline({ days: { date: "2023-07-05" }, select: ["gold.daily"] });
    expect(statuses(summary)).toEqual({ "gold.daily": "fresh" });
  });

  test("--full-refresh runs all but what takes files, and says so to the notebooks", async () => {
    await lake.pipeline();
    lake.jobs.length = 0;
    await lake.pipeline({ fullRefresh: true });
    expect([...lake.began].sort()).toEqual(["gold.daily", "gold.sales", "silver.events", "silver.sales"]);
    expect(lake.jobs.every((job) => job.environment["TSLAKE_FULL_REFRESH"] === "1")).toBe(true);
  });

  test("are bounded in time and memory", async () => {
    await lake.pipeline({ timeLimit: 7000, memoryLimit: 512 });
    expect(lake.jobs.map(({ timeLimit, memoryLimit }) => [timeLimit, memoryLimit])).toEqual(
      lake.jobs.map(() => [7000, 512]),
    );
    expect(lake.jobs.length).toBeGreaterThan(0);
  });

  test("notebooks get the parameters that they declare, and no others", async () => {
    await lake.pipeline({ days: { from: "2023-06-01", to: "2023-06-30" } });
    const given = Object.fromEntries(lake.jobs.map((job) => [job.environment["TSLAKE_STEP"], job.parameters]));
    expect(given["silver.events"]).toEqual({ date: "2023-06-30", from: "2023-06-01" });
    expect(given["silver.sales"]).toEqual({});
  });
});

describe("failure", () => {
  test("skips what depends on the failed step; the rest goes on", async () => {
    lake.behaviours.set("silver.sales", failing(new Error("broken")));
    const summary = await lake.pipeline();
    expect(summary.status).toBe("failed");
    expect(statuses(summary)).toEqual({
      "bronze.events": "succeeded",
      "bronze.sales": "succeeded",
      "silver.events": "succeeded",
      "silver.sales": "failed",
      "gold.daily": "succeeded",
      "gold.sales": "skipped",
    });
    expect(outcomeOf(summary, "gold.sales")?.skipped).toBe("silver.sales failed");
    expect(lake.began.filter((name) => name === "silver.sales")).toHaveLength(1);
  });

  test("skips through unselected tables and names the step that failed", async () => {
    lake.behaviours.set("bronze.sales", failing(new Error("broken")));
    const summary = await lake.pipeline();
    expect(outcomeOf(summary, "gold.sales")?.skipped).toBe("bronze.sales failed");
  });

  test("the next run goes on where the failed one stopped", async () => {
    lake.behaviours.set("silver.sales", failing(new Error("broken")));
    await lake.pipeline();
    lake.behaviours.clear();
    lake.jobs.length = 0;
    expect((await lake.pipeline()).status).toBe("succeeded");
    expect(lake.began).toEqual(["silver.sales", "gold.sales"]);
  });

  test("a step that fails after it has written is not taken for finished", async () => {
    lake.behaviours.set("gold.sales", async (job) => {
      lake.write(job);
      throw new DataError("fewer rows than yesterday");
    });
    await lake.pipeline({ select: ["+gold.sales"] });
    lake.behaviours.clear();
    lake.jobs.length = 0;
    const again = await lake.pipeline({ select: ["+gold.sales"] });
    expect(lake.began).toEqual(["gold.sales"]);
    expect(again.steps.at(-1)).toMatchObject({ status: "succeeded", reasons: [{ kind: "failed" }] });
    lake.jobs.length = 0;
    await lake.pipeline({ select: ["+gold.sales"] });
    expect(lake.began).toEqual([]);
  });

  test("transient errors are tried again", async () => {
    const busy = new StorageError("busy", { transient: true });
    lake.behaviours.set("silver.sales", async (_, attempt) => {
      if (attempt < 3) throw new Error("cell 2 failed", { cause: busy });
      return undefined;
    });
    const waits: number[] = [];
    const summary = await lake.pipeline({ observer: { stepRetries: (...[, , , wait]) => waits.push(wait) } });
    expect(summary.status).toBe("succeeded");
    expect(outcomeOf(summary, "silver.sales")?.attempts).toBe(3);
    expect(waits).toHaveLength(2);
  });

  test("transient errors that stay are failures in the end", async () => {
    lake.behaviours.set("silver.sales", failing(new StorageError("busy", { transient: true })));
    const summary = await lake.pipeline();
    expect(outcomeOf(summary, "silver.sales")).toMatchObject({ status: "failed", attempts: 3 });
  });

  test.each([
    ["before its notebook runs", [1, 2]],
    ["after it has run", [2, 3]],
  ])("a table that does not answer %s is looked at again", async (_, looks) => {
    const summary = await lake.pipeline({ stored: unanswered("gold.sales", looks) });
    expect(summary.status).toBe("succeeded");
    expect(outcomeOf(summary, "gold.sales")).toMatchObject({ attempts: 1, metrics: { read: 3 }, versionAfter: 0 });
    expect(lake.began.filter((name) => name === "gold.sales")).toHaveLength(1);
  });

  test("a table that does not answer after its notebook has failed leaves the step an attempt", async () => {
    lake.behaviours.set("gold.sales", async (_, attempt) => {
      if (attempt === 1) throw new StorageError("busy", { transient: true });
      return undefined;
    });
    const summary = await lake.pipeline({ stored: unanswered("gold.sales", [2, 4]) });
    expect(outcomeOf(summary, "gold.sales")).toMatchObject({ status: "succeeded", attempts: 3, versionAfter: 0 });
    expect(lake.began.filter((name) => name === "gold.sales")).toHaveLength(2);
  });

  test("what a step did is told also when its table answers no more", async () => {
    const summary = await lake.pipeline({ stored: unanswered("gold.sales", [2, 3, 4]) });
    expect(outcomeOf(summary, "gold.sales")).toMatchObject({
      status: "failed",
      attempts: 1,
      reasons: [{ kind: "missing" }],
      metrics: { read: 3, written: 2 },
      versionAfter: undefined,
      error: { message: "no answer" },
    });
  });

  test("a rejected file fails the run, but not the step", async () => {
    lake.behaviours.set("bronze.sales", async () => ({ rejected: 1 }));
    const summary = await lake.pipeline({ select: ["bronze.sales"] });
    expect(summary.status).toBe("failed");
    expect(statuses(summary)).toEqual({ "bronze.sales": "succeeded" });
  });

  test("a file that was rejected by an attempt that failed later fails the run too", async () => {
    lake.behaviours.set("bronze.sales", async (job, attempt) => {
      const told = { read: attempt, rejected: attempt === 1 ? 1 : 0, messages: `attempt ${attempt}` };
      job.onMetrics?.(told);
      if (attempt === 1) throw new StorageError("busy", { transient: true });
      return told;
    });
    const summary = await lake.pipeline({ select: ["bronze.sales"] });
    expect(summary.status).toBe("failed");
    expect(outcomeOf(summary, "bronze.sales")).toMatchObject({
      status: "succeeded",
      metrics: { read: 3, rejected: 1 },
    });
    expect(outcomeOf(summary, "bronze.sales")?.warnings).toEqual([
      "bronze.sales: attempt 1",
      "bronze.sales: attempt 2",
      "the notebook has not written bronze.sales, which is stale still: never built",
    ]);
  });

  test("an append-only table that was written by an attempt that failed later has taken those rows", async () => {
    lake.arrive("events/a.csv");
    lake.behaviours.set("silver.events", async (job, attempt) => {
      const told = attempt === 2 ? { read: 3, written: 3, bytes: 9 } : { read: attempt === 1 ? 3 : 0 };
      if (attempt === 2) lake.write(job);
      job.onMetrics?.(told);
      if (attempt < 3) throw new StorageError("busy", { transient: true });
      return told;
    });
    const { steps } = await lake.pipeline({ select: ["+silver.events"] });
    expect(steps.find(({ step }) => step === "silver.events")).toMatchObject({
      status: "succeeded",
      attempts: 3,
      metrics: { read: 3, written: 3 },
    });
  });

  test("an append-only table that another writer wrote meanwhile has not taken the rows of the attempt that failed", async () => {
    lake.arrive("events/a.csv");
    lake.behaviours.set("silver.events", async (job, attempt) => {
      const told = { read: 3, ...(attempt === 3 ? { written: 3, bytes: 9 } : {}) };
      if (attempt !== 2) lake.write(job);
      job.onMetrics?.(told);
      if (attempt < 3) throw new ConflictError("another writer was quicker", { transient: true });
      return told;
    });
    const { steps } = await lake.pipeline({ select: ["+silver.events"] });
    expect(steps.find(({ step }) => step === "silver.events")).toMatchObject({
      attempts: 3,
      metrics: { read: 3, written: 3 },
    });
  });

  test("a notebook that has only recomputed a stale append-only table is not warned about", async () => {
    lake.arrive("events/a.csv");
    await lake.pipeline();
    lake.arrive("events/b.csv");
    await lake.pipeline({ select: ["bronze.events"] });
    lake.behaviours.set("silver.events", async () => ({ recomputed: 2, messages: "2 rows recomputed" }));
    const summary = await lake.pipeline({ select: ["silver.events"], fullRefresh: true });
    expect(outcomeOf(summary, "silver.events")?.warnings).toEqual(["silver.events: 2 rows recomputed"]);
  });

  test("a step that succeeded stays so when nobody can see whether its notebook has written", async () => {
    lake.arrive("sales/a.csv");
    await lake.pipeline();
    lake.code.set("silver.sales", "changed");
    const snapshot = lake.snapshot.bind(lake);
    for (const failures of [1, 99]) {
      let left = 0;
      lake.behaviours.set("silver.sales", async () => {
        left = failures;
        return { read: 1 };
      });
      const stored = {
        snapshot: async (name: string) => {
          const found = await snapshot(name);
          if (found === undefined || name !== "silver.sales") return found;
          const domainMetadata = async (domain: string) => {
            if (domain === "tslake.step" && left-- > 0) throw new StorageError("no answer", { transient: true });
            return found.domainMetadata(domain);
          };
          return { ...found, domainMetadata };
        },
      };
      const outcome = outcomeOf(await lake.pipeline({ select: ["silver.sales"], stored }), "silver.sales");
      expect(outcome).toMatchObject({ status: "succeeded", metrics: { read: 1 } });
      expect(outcome?.warnings).toHaveLength(1);
    }
  });

  test("a notebook that does not write its table is warned about", async () => {
    lake.behaviours.set("silver.sales", async () => ({ read: 1 }));
    const first = await lake.pipeline({ select: ["+silver.sales"] });
    expect(statuses(first)).toEqual({ "bronze.sales": "succeeded", "silver.sales": "succeeded" });
    expect(outcomeOf(first, "bronze.sales")?.warnings).toEqual([]);
    expect(outcomeOf(first, "silver.sales")?.warnings).toEqual([
      "the notebook has not written silver.sales, which is stale still: never built",
    ]);
    lake.behaviours.delete("silver.sales");
    expect(outcomeOf(await lake.pipeline(), "silver.sales")?.warnings).toEqual([]);
    lake.code.set("silver.sales", "changed");
    lake.behaviours.set("silver.sales", async () => ({}));
    expect(outcomeOf(await lake.pipeline(), "silver.sales")?.warnings).toEqual([
      "the notebook has not written silver.sales, which is stale still: notebook or contract changed",
    ]);
  });

  test("quarantined rows do not fail the run", async () => {
    lake.behaviours.set("bronze.sales", async () => ({ quarantined: 4 }));
    expect((await lake.pipeline({ select: ["bronze.sales"] })).status).toBe("succeeded");
  });

  test("a type error stops the run before anything is written", async () => {
    lake.problems = ["notebooks/gold/sales.ipynb: cell 3, line 2: Property 'emial' does not exist"];
    await expect(lake.pipeline()).rejects.toThrow(/cell 3, line 2/);
    expect(lake.began).toEqual([]);
    expect(existsSync(lake.lake)).toBe(false);
  });
});

describe("interruption", () => {
  test("running notebooks are told to end, and no other begins", async () => {
    const abort = new AbortController();
    lake.behaviours.set("bronze.sales", (job) => {
      abort.abort();
      expect(job.signal.aborted).toBe(true);
      return Promise.reject(new Error("was interrupted"));
    });
    const summary = await lake.pipeline({ signal: abort.signal, jobs: 1, select: ["+gold.sales"] });
    expect(summary.status).toBe("interrupted");
    expect(statuses(summary)).toEqual({
      "bronze.sales": "interrupted",
      "silver.sales": "skipped",
      "gold.sales": "skipped",
    });
    expect(lake.records.get("ops.runs")?.[0]).toMatchObject({ status: "interrupted" });
  });

  test("a step that succeeds while the run is interrupted has succeeded", async () => {
    const abort = new AbortController();
    lake.behaviours.set("bronze.sales", async () => {
      abort.abort();
      return { read: 1 };
    });
    const summary = await lake.pipeline({ signal: abort.signal, select: ["+silver.sales"] });
    expect(summary.status).toBe("interrupted");
    expect(statuses(summary)).toEqual({ "bronze.sales": "succeeded", "silver.sales": "skipped" });
  });

  test("breaks off the wait for another attempt", async () => {
    const abort = new AbortController();
    lake.behaviours.set("bronze.sales", failing(new StorageError("busy", { transient: true })));
    const summary = await lake.pipeline({
      signal: abort.signal,
      retries: { attempts: 3, firstWait: 60_000 },
      observer: { stepRetries: () => abort.abort() },
      select: ["bronze.sales"],
    });
    expect(summary.status).toBe("interrupted");
  });
});

describe("who follows the run", () => {
  test("may be an object of a class", async () => {
    class Follower implements RunObserver {
      readonly heard: string[] = [];
      runStarts(): void {
        this.heard.push("run");
      }
      stepStarts(): void {
        this.heard.push("start");
      }
      stepRetries(): void {
        this.heard.push("retry");
      }
      stepEnds(): void {
        this.heard.push("end");
      }
    }
    lake.behaviours.set("bronze.sales", async (_, attempt) => {
      if (attempt === 1) throw new StorageError("busy", { transient: true });
      return undefined;
    });
    const observer = new Follower();
    await lake.pipeline({ observer, select: ["bronze.sales"] });
    expect(observer.heard).toEqual(["run", "start", "retry", "end"]);
  });

  test("from elsewhere is told how far it is, whatever the clock says", async () => {
    vi.stubEnv("TSLAKE_NOW", "2100-01-01T00:00:00Z");
    const file = join(lake.lake, "_runs", "progress.json");
    let told = "";
    lake.behaviours.set("bronze.sales", async () => {
      told = readFileSync(file, "utf8");
      return {};
    });
    const { runId } = await lake.pipeline({ select: ["bronze.sales"] });
    expect(JSON.parse(told)).toEqual({ runId, steps: [{ step: "bronze.sales", status: "running" }] });
    expect(existsSync(file)).toBe(false);
  });

  test("from elsewhere is another run's once that has taken over the lake", async () => {
    const runs = join(lake.lake, "_runs");
    const theirs = JSON.stringify({ runId: "theirs", steps: [] });
    lake.behaviours.set("bronze.sales", async (job) => {
      writeFileSync(join(runs, "lock"), JSON.stringify({ runId: "theirs", pid: 1, host: "elsewhere", since: "now" }));
      writeFileSync(join(runs, "progress.json"), theirs);
      lake.write(job);
      return {};
    });
    expect((await lake.pipeline({ select: ["+silver.sales"] })).status).toBe("succeeded");
    expect(readFileSync(join(runs, "progress.json"), "utf8")).toBe(theirs);
    expect(existsSync(join(runs, "lock"))).toBe(true);
  });

  test("from elsewhere keeps no lake locked when that cannot be told any more", async () => {
    mkdirSync(join(lake.lake, "_runs", "progress.json"), { recursive: true });
    expect((await lake.pipeline()).status).toBe("succeeded");
    expect(existsSync(join(lake.lake, "_runs", "lock"))).toBe(false);
  });
});

describe("the record", () => {
  test("has a row per run and per step, and the same in the run's folder", async () => {
    const summary = await lake.pipeline({ select: ["+gold.sales"], revision: async () => "abc123" });
    expect(lake.records.get("ops.runs")).toEqual([
      expect.objectContaining({
        run_id: summary.runId,
        status: "succeeded",
        logical_day: "2023-06-30",
        selection: "+gold.sales",
        steps_succeeded: 3,
        rows_read: 9n,
        rows_written: 6n,
        duplicates: 3n,
        rejected_files: 0n,
        revision: "abc123",
        error: null,
      }),
    ]);
    expect(lake.records.get("ops.steps")).toHaveLength(3);
    expect(lake.records.get("ops.steps")?.[1]).toMatchObject({
      step: "silver.sales",
      status: "succeeded",
      reason: "never built",
      version_before: null,
      version_after: 0n,
    });
    const written = JSON.parse(readFileSync(join(lake.lake, "_runs", summary.runId, "run.json"), "utf8"));
    expect(written).toMatchObject({ run_id: summary.runId, rows_read: 9, steps: [{ step: "bronze.sales" }, {}, {}] });
  });

  test("says why a step failed", async () => {
    lake.behaviours.set("bronze.sales", failing(new StorageError("disk full", { remedy: "make room" })));
    await lake.pipeline({ select: ["bronze.sales"] });
    expect(lake.records.get("ops.steps")?.[0]?.["error"]).toBe("disk full\n  to do:    make room");
    expect(lake.records.get("ops.runs")?.[0]?.["error"]).toBe("failed: bronze.sales");
  });

  test("that cannot be written fails the run, which tells all the same what it did", async () => {
    const full = new StorageError("disk full");
    const summary = await lake.pipeline({
      recorder: { appendRows: () => Promise.reject(full), markFailed: () => Promise.reject(full) },
    });
    expect(summary).toMatchObject({ status: "failed", recordError: full });
    expect(summary.steps.every((step) => step.status === "succeeded")).toBe(true);
  });
});
