import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { listenToProgress, underWay } from "../../lib/progress.js";

/** Every line that was shown, by the piece of work. */
let shown: [work: number, line: string | undefined, isFirst: boolean][];

beforeEach(() => {
  shown = [];
  vi.useFakeTimers();
  listenToProgress((...line) => shown.push(line));
});
afterEach(() => {
  vi.useRealTimers();
});

/** Work that takes so many milliseconds. */
function taking(millis: number): () => Promise<number> {
  return () => new Promise((resolve) => setTimeout(() => resolve(millis), millis));
}

describe("progress", () => {
  test("says nothing of short work", async () => {
    const work = underWay("writing", taking(900));
    await vi.advanceTimersByTimeAsync(5000);
    expect(await work).toBe(900);
    expect(shown).toEqual([]);
  });

  test("tells the stages of long work in one line, how far the last one is, and its end", async () => {
    let files = 0;
    const work = underWay("writing gold.a", async () => {
      await underWay("part 1 of 2", taking(600));
      await underWay("part 2 of 2", taking(1500), () => `${++files} files`);
    });
    await vi.advanceTimersByTimeAsync(5000);
    await work;
    expect(shown.map(([, line]) => line)).toEqual([
      "writing gold.a: part 2 of 2 · 1 files · 1 s",
      "writing gold.a: part 2 of 2 · 2 files · 1 s",
      "writing gold.a: part 2 of 2 · 3 files · 2 s",
      undefined,
    ]);
    expect(shown.map(([, , isFirst]) => isFirst)).toEqual([true, false, false, false]);
  });

  test("has a line for each of two pieces of work, and ends that of one that fails", async () => {
    const fails = underWay("counting", async () => {
      await taking(1200)();
      throw new Error("no");
    });
    const works = underWay("collecting", taking(1700));
    const ends = Promise.allSettled([fails, works]);
    await vi.advanceTimersByTimeAsync(5000);
    expect((await ends).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    const [first, second] = [...new Set(shown.map(([work]) => work))];
    expect(shown.filter(([work]) => work === first).map(([, line]) => line)).toEqual(["counting · 1 s", undefined]);
    expect(shown.filter(([work]) => work === second).at(-1)).toEqual([second, undefined, false]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
