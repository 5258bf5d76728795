import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { type Fault, spoiled } from "./hooked_storage.js";
import { ROUNDS } from "./rounds.js";
import { operation, TABLE_KINDS } from "./table_arbitraries.js";
import * as model from "./table_model.js";

/** What happens to one storage call of an operation; the operation may make fewer calls. */
const accident = fc.option(
  fc.record({
    call: fc.integer({ min: 1, max: 40 }),
    fault: fc.constantFrom<Fault>("fails before", "fails after", "crashes before", "crashes after"),
  }),
  { freq: 2 },
);

const scenario = (isPartitioned: boolean) =>
  fc.array(fc.record({ operation: operation(isPartitioned), accident, repeats: fc.boolean() }), {
    minLength: 1,
    maxLength: 8,
  });

describe("random operations with random accidents: each is done as a whole or not at all", () => {
  test.each(Object.entries(TABLE_KINDS))(
    "a table %s",
    async (_, { partitionBy = [], properties = {} }) => {
      await fc.assert(
        fc.asyncProperty(scenario(partitionBy.length > 0), async (steps) => {
          const storage = new MemoryStorage();
          await DeltaTable.create(storage, { fields: model.FIELDS, partitionBy, properties });
          let now: readonly model.Row[] = [];
          const past = new Map<number, readonly string[]>([[0, []]]);
          for (const [number, step] of steps.entries()) {
            const options = { txn: { appId: "test", version: number } };
            const story = `${step.operation.text}, ${JSON.stringify(step.accident)}`;
            const after = step.operation.model(now);
            const attempt = async (at: typeof storage | ReturnType<typeof spoiled>): Promise<boolean> => {
              await step.operation.run(await DeltaTable.open(at), options);
              return true;
            };
            const acknowledged = await attempt(
              step.accident === null
                ? storage
                : spoiled(storage, {
                    call: { number: step.accident.call, name: "", path: "", writes: true },
                    fault: step.accident.fault,
                  }),
            ).catch((error: unknown) => {
              expect(String(error), story).toMatch(/injected/);
              return false;
            });
            const found = model.sorted(await model.rowsOf(await DeltaTable.open(storage)));
            if (acknowledged) expect(found, story).toEqual(model.sorted(after));
            else expect([model.sorted(now), model.sorted(after)], story).toContainEqual(found);
            if (!acknowledged && step.repeats) await attempt(storage);
            const table = await DeltaTable.open(storage);
            now = await model.rowsOf(table);
            if (!acknowledged && step.repeats)
              expect(model.sorted(now), `${story}, repeated`).toEqual(model.sorted(after));
            past.set(table.version, model.sorted(now));
          }
          for (const [version, expected] of past) {
            expect(
              model.sorted(await model.rowsOf(await DeltaTable.open(storage, { version }))),
              `version ${version}`,
            ).toEqual(expected);
          }
          await (await DeltaTable.open(storage)).vacuum({ dryRun: false, retentionHours: 0, enforceRetention: false });
          expect(model.sorted(await model.rowsOf(await DeltaTable.open(storage)))).toEqual(model.sorted(now));
        }),
        { numRuns: Math.max(1, Math.round(15 * ROUNDS)), interruptAfterTimeLimit: 40_000 * ROUNDS },
      );
    },
    60_000 + 60_000 * ROUNDS,
  );
});
