import type { AnyTable, ShapeOfTable } from "../contract/define_table.js";
import type { TableSource } from "../relation/node.js";
import { type Relation, scan } from "../relation/relation.js";
import { currentRun, report } from "../run.js";
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

/** The rows that commits have added to a source since the target last consumed it; all of them when they cannot tell what changed. */
export async function newRows<T extends AnyTable>(lake: Lake, target: AnyTable, source: T): Promise<NewRows<T>> {
  const found = await findNewRows(lake, target, source);
  if (currentRun()?.step === target.name) report({ read: await found.rows.count() });
  return found;
}

async function findNewRows<T extends AnyTable>(lake: Lake, target: AnyTable, source: T): Promise<NewRows<T>> {
  const snapshot = await lake.snapshot(target.name);
  const consumed = await snapshot?.txn(`source:${source.name}`);
  const readVersion = snapshot?.version ?? null;
  const all = lake.read(source) as Relation<ShapeOfTable<T>>;
  if (snapshot === undefined || consumed === undefined)
    return { rows: all, rebuild: snapshot !== undefined, readVersion };
  if (await needsRebuild(target, snapshot)) return { rows: all, rebuild: true, readVersion };
  const current = await lake.snapshot(source.name);
  const since = Number(consumed);
  const changes = await current?.addedSince(since);
  if (current === undefined || changes === undefined || changes.some(({ removed }) => removed.length > 0)) {
    return { rows: all, rebuild: true, readVersion };
  }
  const added: TableSource = { kind: "table", table: source.name, version: current.version, since };
  return { rows: scan(added, source.schema.fields, lake), rebuild: false, readVersion };
}
