import fc from "fast-check";
import * as model from "./table_model.js";

const row = fc.record({
  id: fc.integer({ min: 0, max: 9 }),
  name: fc.constantFrom("a", "b", null),
  year: fc.constantFrom(2014, 2015, null),
});

/** Rows of a table, an id perhaps more than once. */
export const rows = fc.array(row, { minLength: 1, maxLength: 5 });

const distinct = fc.uniqueArray(row, { minLength: 1, maxLength: 5, selector: ({ id }) => id });
const condition = fc.constantFrom(...model.CONDITIONS);

/** Any operation on a table of the model. */
export function operation(isPartitioned: boolean): fc.Arbitrary<model.Operation> {
  const inYear = fc.tuple(rows, fc.constantFrom(2014, 2015)).map(([added, year]) => model.replacingWhere(added, year));
  return fc.oneof(
    { arbitrary: rows.map(model.appending), weight: 3 },
    { arbitrary: condition.map(model.deleting), weight: 2 },
    { arbitrary: condition.map(model.updating), weight: 2 },
    { arbitrary: distinct.map(model.upserting), weight: 2 },
    { arbitrary: distinct.map(model.synchronising), weight: 1 },
    { arbitrary: rows.map(model.overwriting), weight: 1 },
    { arbitrary: inYear, weight: 1 },
    { arbitrary: fc.constantFrom(...model.MAINTENANCE), weight: 2 },
    ...(isPartitioned ? [{ arbitrary: rows.map(model.replacingYears), weight: 1 }] : []),
  );
}

export interface TableKind {
  readonly partitionBy?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
}

/** Tables whose changes are stored in different ways. */
export const TABLE_KINDS: Readonly<Record<string, TableKind>> = {
  plain: {},
  "with partitions": { partitionBy: ["year"] },
  "with deletion vectors": { properties: { "delta.enableDeletionVectors": "true" } },
  "with a change feed": { properties: { "delta.enableChangeDataFeed": "true" } },
  "with column mapping": { partitionBy: ["year"], properties: { "delta.columnMapping.mode": "name" } },
  "with many checkpoints": { properties: { "delta.checkpointInterval": "2" } },
};
