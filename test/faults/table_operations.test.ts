import { describe, expect, test } from "vitest";
import { DeltaTable } from "../../lib/delta_table/delta_table.js";
import { MemoryStorage } from "../../lib/storage/memory.js";
import { accidentsAt, describeAccident, hooked, type StorageCall, spoiled } from "./hooked_storage.js";
import { some } from "./rounds.js";
import { TABLE_KINDS, type TableKind } from "./table_arbitraries.js";
import * as model from "./table_model.js";

const OLD: readonly (readonly model.Row[])[] = [
  [
    { id: 1, name: "a", year: 2014 },
    { id: 2, name: null, year: 2015 },
    { id: 7, name: "b", year: null },
  ],
  [
    { id: 2, name: "a", year: 2014 },
    { id: 5, name: null, year: 2014 },
  ],
];
const NEW: readonly model.Row[] = [
  { id: 7, name: "n", year: 2015 },
  { id: 9, name: null, year: null },
];

const OPERATIONS: readonly model.Operation[] = [
  model.appending(NEW),
  model.overwriting(NEW),
  model.replacingWhere(NEW, 2014),
  ...model.CONDITIONS.slice(1, 3).map(model.deleting),
  model.updating(model.CONDITIONS[0] ?? { sql: "true", holds: () => true }),
  model.upserting(NEW),
  model.synchronising(NEW),
  ...model.MAINTENANCE,
  {
    text: "restore",
    run: async (table) => table.restore({ version: 1 }),
    model: () => OLD[0] ?? [],
  },
  {
    text: "vacuum",
    run: (table) => table.vacuum({ dryRun: false, retentionHours: 0, enforceRetention: false }),
    model: (rows) => rows,
  },
  {
    text: "add a constraint",
    run: (table) => table.addConstraint("small", "id < 100"),
    model: (rows) => rows,
  },
];

async function newTable({ partitionBy = [], properties = {} }: TableKind): Promise<MemoryStorage> {
  const storage = new MemoryStorage();
  await DeltaTable.create(storage, { fields: model.FIELDS, partitionBy, properties });
  for (const rows of OLD) await model.appending(rows).run(await DeltaTable.open(storage), {});
  return storage;
}

describe("an operation of which any storage call goes wrong leaves the old table or the new one", () => {
  const kinds = ["with partitions", "with deletion vectors", "with many checkpoints"];
  test.each(kinds.flatMap((kind) => OPERATIONS.map((operation) => [kind, operation.text, operation] as const)))(
    "in a table %s: %s",
    async (kind, _, operation) => {
      const made = TABLE_KINDS[kind] ?? {};
      const before = OLD.flat();
      const [old, changed] = [model.sorted(before), model.sorted(operation.model(before))];
      const calls: StorageCall[] = [];
      await operation.run(
        await DeltaTable.open(hooked(await newTable(made), { before: (call) => calls.push(call) })),
        {},
      );
      for (const accident of some(accidentsAt(calls), 3)) {
        const storage = await newTable(made);
        const acknowledged = await DeltaTable.open(spoiled(storage, accident))
          .then((table) => operation.run(table, {}))
          .then(
            () => true,
            () => false,
          );
        const story = describeAccident(accident);
        const found = model.sorted(await model.rowsOf(await DeltaTable.open(storage)));
        expect(acknowledged ? [changed] : [old, changed], story).toContainEqual(found);
        // The table goes on.
        await model.appending(NEW).run(await DeltaTable.open(storage), {});
        expect(await model.rowsOf(await DeltaTable.open(storage)), story).toHaveLength(found.length + NEW.length);
      }
    },
  );
});
