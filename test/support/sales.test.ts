import fc from "fast-check";
import { expect, test } from "vitest";
import { salesOracle } from "../oracle/vendas.js";
import { salesHistories } from "./sales.js";

test("every run accounts for every row, and no file is rejected", async () => {
  await fc.assert(
    fc.asyncProperty(salesHistories(), async (runs) => {
      const answer = await salesOracle(runs);
      for (const run of answer.runs) {
        expect(run.read).toBe(run.written + run.duplicates + run.quarantined);
        expect([run.rejected, run.left]).toEqual([[], []]);
      }
      expect(answer.gold.length).toBe(answer.silver.length);
    }),
    { numRuns: 60 },
  );
});

test("without broken rows nothing is quarantined", async () => {
  await fc.assert(
    fc.asyncProperty(salesHistories({ broken: false }), async (runs) => {
      expect((await salesOracle(runs)).quarantined).toEqual([]);
    }),
    { numRuns: 60 },
  );
});

test("sending everything again, one file at a time, adds no sale", async () => {
  await fc.assert(
    fc.asyncProperty(salesHistories(), async (runs) => {
      const once = await salesOracle(runs);
      const twice = await salesOracle([...runs, ...runs.flat().map((file) => [file])]);
      expect(twice.gold).toEqual(once.gold);
      expect(twice.quarantined).toEqual(once.quarantined);
    }),
    { numRuns: 40 },
  );
});

test("what the histories promise to hold does occur", async () => {
  const reasons = new Map<string, number>();
  const seen = { duplicates: 0, brokenDuplicates: 0, resent: 0, defaults: 0, decomposed: 0, lineBreaks: 0 };
  for (const runs of fc.sample(salesHistories(), { numRuns: 300, seed: 7 })) {
    const { silver, quarantined, runs: reports } = await salesOracle(runs);
    for (const { problem } of quarantined.flatMap((row) => row.reasons))
      reasons.set(problem, (reasons.get(problem) ?? 0) + 1);
    if (reports.some((run) => run.duplicates > 0)) seen.duplicates++;
    if (reports.some((run) => run.brokenDuplicates > 0)) seen.brokenDuplicates++;
    if (reports.some((run) => run.resent.length > 0)) seen.resent++;
    if (silver.some((sale) => sale.vendedor === "NÃO INFORMADO")) seen.defaults++;
    if (silver.some((sale) => sale.nome !== null && sale.nome !== sale.nome.normalize("NFC"))) seen.decomposed++;
    if (silver.some((sale) => sale.produto_adquirido?.includes("\n"))) seen.lineBreaks++;
  }
  for (const [what, count] of [...Object.entries(seen), ...reasons]) expect(count, what).toBeGreaterThan(4);
  expect([...reasons.keys()].toSorted()).toEqual([
    "missing",
    "negative",
    "not a number",
    "not a percentage",
    "not a timestamp",
    "not between 0 and 100%",
    "not exactly one @",
    "too few fields",
    "too many fields",
  ]);
});
