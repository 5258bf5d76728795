import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { ConflictError } from "../../lib/errors.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { hooked } from "../faults/hooked_storage.js";
import { ROUNDS } from "../faults/rounds.js";
import { operation, rows, TABLE_KINDS, type TableKind } from "../faults/table_arbitraries.js";
import * as model from "../faults/table_model.js";

type Operations = readonly model.Operation[];

/** An operation at each place among others. */
function atEachPlace(others: Operations, own: model.Operation): readonly Operations[] {
  return Array.from({ length: others.length + 1 }, (_, at) => [...others.slice(0, at), own, ...others.slice(at)]);
}

/**
 * The orders which the level of isolation allows an operation that comes after others: that of the history, or any one
 * in which what reads the table keeps its order. What only appends may come anywhere.
 */
function serialOrders(level: string, others: Operations, own: model.Operation): readonly Operations[] {
  if (level === "Serializable") return [[...others, own]];
  const [appends, readers] = [others.filter(isAppend), others.filter((other) => !isAppend(other))];
  return appends.reduce<readonly Operations[]>(
    (orders, append) => orders.flatMap((order) => atEachPlace(order, append)),
    atEachPlace(readers, own),
  );
}

function isAppend({ text }: model.Operation): boolean {
  return text.startsWith("append ");
}

function rowsAfter(before: readonly model.Row[], order: Operations): readonly string[] {
  return model.sorted(order.reduce((found, { model: change }) => change(found), before));
}

describe("an operation that meets others, which come first, is done as if one after the other or not at all", () => {
  const outcomes = { done: 0, refused: 0 };

  test.each([
    ...Object.entries(TABLE_KINDS).map(([name, kind]) => [name, "WriteSerializable", kind] as const),
    ["plain", "Serializable", {}] as const,
  ])(
    "in a table %s, %s",
    async (_, level, { partitionBy = [], properties = {} }: TableKind) => {
      const any = operation(partitionBy.length > 0);
      await fc.assert(
        fc.asyncProperty(
          fc.array(rows, { maxLength: 3 }),
          fc.array(any, { minLength: 1, maxLength: 2 }),
          any,
          async (files, others, own) => {
            const storage = new MemoryStorage();
            await DeltaTable.create(storage, {
              fields: model.FIELDS,
              partitionBy,
              properties: { ...properties, "delta.isolationLevel": level },
            });
            for (const added of files) await model.appending(added).run(await DeltaTable.open(storage), {});
            const before = files.flat();
            let raced = false;
            const racing = hooked(storage, {
              before: async ({ name }) => {
                if (name !== "putIfAbsent" || raced) return;
                raced = true;
                for (const other of others) await other.run(await DeltaTable.open(storage), {});
              },
            });
            const story = `${others.map(({ text }) => text).join("; ")}; against ${own.text}`;
            const error = await own.run(await DeltaTable.open(racing), {}).then(
              () => undefined,
              (caught: unknown) => caught,
            );
            if (!raced) return;
            const found = model.sorted(await model.rowsOf(await DeltaTable.open(storage)));
            if (error === undefined) {
              outcomes.done++;
              const orders = serialOrders(level, others, own).map((order) => rowsAfter(before, order));
              expect(orders, story).toContainEqual(found);
            } else {
              outcomes.refused++;
              expect(error, story).toBeInstanceOf(ConflictError);
              expect(found, story).toEqual(rowsAfter(before, others));
            }
          },
        ),
        { numRuns: Math.max(1, Math.round(15 * ROUNDS)), interruptAfterTimeLimit: 20_000 * ROUNDS },
      );
    },
    60_000 * Math.max(1, ROUNDS),
  );

  test("and both happen", () => {
    expect(outcomes.done, JSON.stringify(outcomes)).toBeGreaterThan(0);
    expect(outcomes.refused, JSON.stringify(outcomes)).toBeGreaterThan(0);
  });
});
