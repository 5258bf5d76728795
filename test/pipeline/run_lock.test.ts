import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { lockLake } from "../../lib/pipeline/run_lock.js";

let lake = "";
const file = (): string => join(lake, "_runs", "lock");
const hold = (holder: object): void => {
  mkdirSync(join(lake, "_runs"), { recursive: true });
  writeFileSync(
    file(),
    JSON.stringify({ runId: "other", pid: process.pid, host: hostname(), since: "noon", ...holder }),
  );
};
/** No process has this id. */
const DEAD = 2 ** 22 + 1;

beforeEach(() => {
  lake = mkdtempSync(join(tmpdir(), "tslake-lock-"));
});
afterEach(() => rmSync(lake, { recursive: true, force: true }));

describe("the lock of a lake", () => {
  test("is held by one run and given back", () => {
    const release = lockLake(lake, "mine", "now");
    expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ runId: "mine", pid: process.pid });
    expect(() => lockLake(lake, "second", "now")).toThrow(
      /run mine \(process \d+ on .*\) is working on this lake since now/,
    );
    release();
    expect(existsSync(file())).toBe(false);
    lockLake(lake, "second", "now")();
  });

  test("of a process that has ended is taken over", () => {
    hold({ pid: DEAD });
    lockLake(lake, "mine", "now")();
  });

  test("of a process whose number another one has now is taken over", () => {
    hold({});
    utimesSync(file(), 1, 1);
    lockLake(lake, "mine", "now")();
  });

  test("of another machine is respected while it gives signs of life", () => {
    hold({ pid: DEAD, host: "elsewhere" });
    expect(() => lockLake(lake, "mine", "now")).toThrow(/on elsewhere/);
    utimesSync(file(), 1, 1);
    lockLake(lake, "mine", "now")();
  });

  test("that was never finished is taken over once it is old", () => {
    mkdirSync(join(lake, "_runs"));
    writeFileSync(file(), "");
    expect(() => lockLake(lake, "mine", "now")).toThrow(/another run is working/);
    utimesSync(file(), 1, 1);
    lockLake(lake, "mine", "now")();
  });

  test("is not given back for somebody else", () => {
    const release = lockLake(lake, "mine", "now");
    hold({ runId: "thief" });
    release();
    expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ runId: "thief" });
  });

  test("that was taken over while the machine slept stays with the new holder", () => {
    vi.useFakeTimers();
    try {
      const release = lockLake(lake, "asleep", "now");
      utimesSync(file(), 1, 1);
      const releaseOther = lockLake(lake, "other", "now");
      vi.advanceTimersByTime(60_000);
      expect(JSON.parse(readFileSync(file(), "utf8"))).toMatchObject({ runId: "other" });
      releaseOther();
      vi.advanceTimersByTime(60_000);
      expect(existsSync(file())).toBe(false);
      release();
    } finally {
      vi.useRealTimers();
    }
  });

  test("shows signs of life while it is held", () => {
    vi.useFakeTimers();
    try {
      const release = lockLake(lake, "mine", "now");
      utimesSync(file(), 1, 1);
      vi.advanceTimersByTime(60_000);
      expect(() => lockLake(lake, "second", "now")).toThrow(/run mine/);
      release();
    } finally {
      vi.useRealTimers();
    }
  });

  test("of a lake that cannot be written names the folder", () => {
    writeFileSync(join(lake, "_runs"), "a file");
    expect(() => lockLake(lake, "mine", "now")).toThrow(/cannot be written/);
  });
});
