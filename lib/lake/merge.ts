import { both, isNotNull } from "../delta_table/expressions.js";
import type { MergePlan } from "../delta_table/merge_plan.js";
import { mergeRows as mergeFiles, sourceName } from "../delta_table/merge_rows.js";
import { DataError } from "../errors.js";
import { countRows } from "../relation/aggregate.js";
import type { Expr } from "../relation/expr.js";
import type { RelationNode } from "../relation/node.js";
import { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { WriteResult } from "./write_result.js";
import { commitChange, fileTarget, type Target } from "./writer.js";

/**
 * Upsert by key: rows of the source, which has the contract's columns, replace the target's rows of their key, the others
 * are added. Only files that hold a key of the source are touched.
 * @throws DataError when two source rows have one key; it shows the key
 */
export async function mergeRows(target: Target, node: RelationNode): Promise<WriteResult> {
  const { engine, snapshot } = target;
  const values = new Map(
    node.fields.map(({ name, type, nullable }): [string, Expr] => [
      name,
      { kind: "column", name: sourceName(name), type, nullable },
    ]),
  );
  const change = await mergeFiles(fileTarget(target), snapshot, new Relation(node, engine), {
    ...byKey(target),
    matched: [{ set: values }],
    notMatched: [{ values }],
    isUpsert: true,
    uniqueKeys: true,
  });
  const { updated, inserted } = change.counts;
  return commitChange(target, {
    ...change,
    operation: "MERGE",
    mode: "Merge",
    metrics: { written: change.sourceRows, updated, inserted },
  });
}

/** Removes the rows whose key one of the given rows has. Only files with such rows are touched. */
export async function deleteRows(target: Target, keys: Relation): Promise<WriteResult> {
  const change = await mergeFiles(fileTarget(target), target.snapshot, keys, {
    ...byKey(target),
    matched: [{}],
    notMatched: [],
    isUpsert: false,
  });
  return commitChange(target, {
    ...change,
    operation: "DELETE",
    mode: "Delete",
    metrics: { deleted: change.counts.deleted, written: 0 },
  });
}

/** Gives rows the values that `moves` has for them as `new_<column>`; those without a new key are removed. */
export async function moveRows(target: Target, moves: Relation): Promise<WriteResult> {
  const { table } = target;
  const set = new Map(
    moves.fields.flatMap(({ name, type }): [string, Expr][] => {
      const column = table.schema.fields.find((f) => name === `new_${f.name}`);
      return column ? [[column.name, { kind: "column", name: sourceName(name), type, nullable: column.nullable }]] : [];
    }),
  );
  const where = table.key
    .flatMap((name) => set.get(name) ?? [])
    .map((expr) => isNotNull({ ...expr, nullable: true }))
    .reduce(both);
  const change = await mergeFiles(fileTarget(target), target.snapshot, moves, {
    ...byKey(target),
    matched: [{ where, set }, {}],
    notMatched: [],
    isUpsert: false,
  });
  const { updated, deleted } = change.counts;
  const kind =
    updated === 0
      ? ({ operation: "DELETE", mode: "Delete" } as const)
      : ({ operation: "MERGE", mode: "Merge" } as const);
  return commitChange(target, { ...change, ...kind, metrics: { deleted, updated, written: 0 } });
}

/** @throws DataError showing a key that two rows have */
export async function refuseDoubleKeys(target: Pick<Target, "table">, source: Relation): Promise<void> {
  const { table } = target;
  const [double] = await source
    .groupBy(...table.key)
    .aggregate(() => ({ copies: countRows() }))
    .filter((t) => t.copies.gt(1n))
    .limit(1)
    .collect();
  if (double === undefined) return;
  const key = double as Readonly<Record<string, Value>>;
  throw new DataError(`${table.name}: several rows have one key, nothing is written`, {
    where: { table: table.name },
    expected: "one row per key",
    actual: `${String(key["copies"])} rows with ${table.key.map((name) => `${name} = ${String(key[name])}`).join(", ")}`,
    remedy: "deduplicate before writing",
  });
}

function byKey({ table }: Target): Pick<MergePlan, "on" | "notMatchedBySource"> {
  return { on: table.key.map((name) => ({ target: name, source: name })), notMatchedBySource: [] };
}
