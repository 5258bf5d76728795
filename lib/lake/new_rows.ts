import type { AnyTable, ShapeOfTable } from "../contract/define_table.js";
import { DataError } from "../errors.js";
import type { TableSource } from "../relation/node.js";
import { type Relation, scan } from "../relation/relation.js";
import { currentRun, report } from "../run.js";
import { consumedOf, divergence } from "./consumed.js";
import type { Lake } from "./lake.js";
import { needsRebuild } from "./step_mark.js";

/** Rows of a source for a table that is kept in step with it. */
export interface NewRows<T extends AnyTable> {
  readonly rows: Relation<ShapeOfTable<T>>;
  /** The target is made anew from all rows: the code has changed, or the source has lost or changed rows. */
  readonly rebuild: boolean;
  /** The target's version that this was decided on: to be written with the rows. */
  readonly readVersion: number | null;
}

/**
 * The rows that commits have added to a source since the target last consumed it. All of them where that would not do:
 * the target is replaced as a whole, or commits cannot tell what changed.
 * @throws DataError for an append-only target where commits cannot tell: its rows would come twice
 */
export async function newRows<T extends AnyTable>(lake: Lake, target: AnyTable, source: T): Promise<NewRows<T>> {
  const found = await findNewRows(lake, target, source);
  if (currentRun()?.step === target.name) report({ read: await found.rows.count() });
  return found;
}

async function findNewRows<T extends AnyTable>(lake: Lake, target: AnyTable, source: T): Promise<NewRows<T>> {
  const snapshot = await lake.snapshot(target.name);
  const readVersion = snapshot?.version ?? null;
  const rows = lake.read(source) as Relation<ShapeOfTable<T>>;
  if (snapshot === undefined) return { rows, rebuild: false, readVersion };
  if (await needsRebuild(target, snapshot)) return { rows, rebuild: true, readVersion };
  const current = await lake.pinned(rows);
  const consumed = (await consumedOf(snapshot, [source.name])).get(source.name);
  if (consumed === undefined) return { rows, rebuild: target.write !== "append", readVersion };
  const since = consumed.version;
  const diverged = await divergence(consumed, current);
  const changes = diverged === undefined ? await current?.addedSince(since) : undefined;
  if (current !== undefined && changes?.every(({ removed }) => removed.length === 0)) {
    const added: TableSource = { kind: "table", table: source.name, version: current.version, since };
    return { rows: scan(added, source.schema.fields, lake), rebuild: false, readVersion };
  }
  if (target.write === "append") throw untellable(target, source);
  return { rows, rebuild: true, readVersion };
}

/** An append-only table whose source is no later state of what it has consumed would get rows twice, or lack some. */
export function untellable(target: AnyTable, source: AnyTable): DataError {
  return new DataError(`${target.name}: nobody can tell which rows of ${source.name} are new`, {
    where: { table: target.name },
    expected: `${source.name} with rows added since it was last read, because ${target.name} is append-only`,
    actual: "it was made anew, went back to an older version, or has lost or changed rows",
    remedy: `delete the folder of ${target.name} and build it again; where ${source.name} was put back from a copy, put back both`,
  });
}
