import fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_TABLES, type EventAnswer, eventOracle } from "../oracle/events.js";
import { gvmAsKnown, gvmClosedThrough, gvmRows, readAsKnown } from "../oracle/gvm.js";
import { addDays } from "../oracle/time.js";
import { eventHistories, inOneRun, shuffledInOneRun } from "./events.js";

/** Every day on which something can have become known. */
function daysOf(answer: EventAnswer): readonly string[] {
  const first = EVENT_TABLES.flatMap((table) =>
    answer[table].history.map((event) => event.processedDate),
  ).toSorted()[0];
  const through = gvmClosedThrough(answer);
  const days: string[] = [];
  for (let day = first; day !== undefined && through !== undefined && day <= through; day = addDays(day, 1))
    days.push(day);
  return days;
}

test("every run accounts for every row, and no row is broken", async () => {
  await fc.assert(
    fc.asyncProperty(eventHistories({ selections: true }), async (runs) => {
      const answer = await eventOracle(runs);
      for (const table of EVENT_TABLES) {
        for (const run of answer[table].runs) {
          expect(run.read + run.takenUp).toBe(run.written + run.duplicates + run.quarantined + run.waiting);
        }
        expect(answer[table].quarantined).toEqual([]);
      }
    }),
    { numRuns: 60 },
  );
});

test("the rows of gvm answer every closed day as brute force does, with versions 1, 2, 3…", async () => {
  await fc.assert(
    fc.asyncProperty(eventHistories({ selections: true }), async (runs) => {
      const answer = await eventOracle(runs);
      const rows = gvmRows(answer);
      for (const day of daysOf(answer)) expect(readAsKnown(rows, day)).toEqual(gvmAsKnown(answer, day));
      for (const [at, row] of rows.entries()) {
        const before = rows[at - 1];
        const continues = row.version > 1;
        expect(row.version).toBe(continues ? (before?.version ?? 0) + 1 : 1);
        if (continues) expect(row.processed_date > (before?.processed_date ?? "")).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});

test("a later run adds rows to gvm and changes none", async () => {
  await fc.assert(
    fc.asyncProperty(eventHistories(), async (runs) => {
      const rows = gvmRows(await eventOracle(runs)).map((row) => JSON.stringify(row));
      const before = gvmRows(await eventOracle(runs.slice(0, -1))).map((row) => JSON.stringify(row));
      expect(rows).toEqual(expect.arrayContaining(before));
    }),
    { numRuns: 60 },
  );
});

test("the order in which files come before one run makes no difference", async () => {
  await fc.assert(
    fc.asyncProperty(eventHistories(), fc.array(fc.nat(), { minLength: 1 }), async (runs, order) => {
      const histories = async (each: typeof runs): Promise<unknown> => {
        const answer = await eventOracle(each);
        return EVENT_TABLES.map((table) => answer[table].history);
      };
      expect(await histories(shuffledInOneRun(runs, order))).toEqual(await histories(inOneRun(runs)));
    }),
    { numRuns: 40 },
  );
});

test("what the histories promise to hold does occur", async () => {
  const seen = { late: 0, waiting: 0, duplicates: 0, ties: 0, fallen: 0, closedRuns: 0, selections: 0 };
  for (const runs of fc.sample(eventHistories({ selections: true }), { numRuns: 300, seed: 7 })) {
    const answer = await eventOracle(runs);
    for (const table of EVENT_TABLES) {
      const { history, waiting, runs: counts } = answer[table];
      if (history.some((event) => event.processedDate > (event.values["transaction_date"] ?? ""))) seen.late++;
      if (waiting.length > 0) seen.waiting++;
      if (counts.some((run) => run.duplicates > 0)) seen.duplicates++;
      const moments = history.map(({ values }) => `${values["purchase_id"]} ${values["transaction_datetime"]}`);
      if (new Set(moments).size < moments.length) seen.ties++;
    }
    if (gvmRows(answer).some((row) => row.purchases === 0)) seen.fallen++;
    if (runs.some((run, at) => at > 0 && run.to <= (runs[at - 1]?.to ?? ""))) seen.closedRuns++;
    if (runs.some((run) => run.tables !== undefined)) seen.selections++;
  }
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(10);
});
