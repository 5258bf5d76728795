import type { AddFile } from "../delta/actions/action.js";
import { type Predicate, predicate } from "../delta/predicate.js";
import type { Scalar } from "../delta/scalar.js";
import { stageFiles } from "../delta_table/data_files.js";
import { microsOf } from "../delta_table/skipping_predicate.js";
import { DataError } from "../errors.js";
import { countRows, max, min } from "../relation/aggregate.js";
import type { RelationNode } from "../relation/node.js";
import { Relation, type Shape } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { WriteResult } from "./write_result.js";
import { commitChange, fileTarget, type Target } from "./writer.js";

/**
 * Upsert by key, copy-on-write: rows of the source replace the target's rows of their key, the others are added. Only
 * files that hold a key of the source are rewritten.
 * @throws DataError when two source rows have one key; it shows the key
 */
export async function mergeRows(target: Target, node: RelationNode): Promise<WriteResult> {
  const { engine, snapshot } = target;
  const held = await engine.materialize(node);
  try {
    const source = new Relation<Shape>(held, engine);
    await refuseDoubleKeys(target, source);
    const candidates = (await snapshot?.files(await keyRange(target, source))) ?? [];
    const touched = await touchedFiles(target, source, candidates);
    const staged = await stageFiles(fileTarget(target), merged(target, source, touched.files).node);
    const written = await source.count();
    return await commitChange(target, {
      operation: "MERGE",
      mode: "Merge",
      staged,
      removed: touched.files,
      metrics: { written, updated: touched.rows, inserted: written - touched.rows },
    });
  } finally {
    engine.release(held);
  }
}

/** The rows of the touched files that stay as they are, and those of the source. */
function merged(target: Target, source: Relation, touched: readonly AddFile[]): Relation {
  if (touched.length === 0) return source;
  return target.scanFiles(touched).antiJoin(source, target.table.key).select(source.columnNames).union(source);
}

/** Files that really hold a key of the source, and how many rows of them have one. */
async function touchedFiles(target: Target, source: Relation, candidates: readonly AddFile[]) {
  const files: AddFile[] = [];
  let rows = 0;
  for (const file of candidates) {
    const matched = await target.scanFiles([file]).select(target.table.key).semiJoin(source, target.table.key).count();
    if (matched > 0) files.push(file);
    rows += matched;
  }
  return { files, rows };
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

/** A condition that every row with a key of the source satisfies. */
async function keyRange(target: Target, source: Relation): Promise<Predicate> {
  const bounds = source.groupBy().aggregate((t) =>
    Object.fromEntries(
      target.table.key.flatMap((name) => {
        const column = t[name];
        return column === undefined
          ? []
          : [
              [`min:${name}`, min(column)],
              [`max:${name}`, max(column)],
            ];
      }),
    ),
  );
  const [row = {}] = (await bounds.collect()) as readonly Readonly<Record<string, Value>>[];
  return predicate.and(
    ...target.table.key.flatMap((column) => {
      const type = target.table.columns[column]?.type ?? "string";
      const [low, high] = [scalarOf(row[`min:${column}`]), scalarOf(row[`max:${column}`])];
      if (low === undefined || high === undefined) return [];
      return [
        predicate.compare(column, ">=", { type, value: low }),
        predicate.compare(column, "<=", { type, value: high }),
      ];
    }),
  );

  function scalarOf(value: Value | undefined): Scalar | undefined {
    if (value === null || value === undefined || typeof value === "object") return undefined;
    return typeof value === "string" && /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}/.test(value) ? microsOf(value) : value;
  }
}
