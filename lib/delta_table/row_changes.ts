import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import { POSITION } from "../engine/polars/table_files.js";
import { countRows } from "../relation/aggregate.js";
import type { Expr } from "../relation/expr.js";
import { columnRef } from "../relation/fields.js";
import { literalExpr } from "../relation/literal.js";
import type { Relation } from "../relation/relation.js";
import { field } from "../types.js";
import { type FileTarget, type StagedFiles, stageFiles } from "./data_files.js";
import { choose, equal, filtered, isNotNull, notTrue, project } from "./expressions.js";
import { scanFiles } from "./table_reads.js";

/** Beside a row of the table: what becomes of it, `update` or `delete`; null when it stays as it is. */
export const ACTION = "_metadata.action";

/** A change of rows that are in the table, and rows that come to it. */
export interface RowChanges {
  /**
   * Rows of the table with what becomes of them: every column that was given, `ACTION`, and a column `newName(name)` for
   * each that updates set. No row may come twice.
   */
  mark(rows: Relation): Relation;
  /** Columns that updates set. */
  readonly updated: readonly string[];
  /** Rows that are added, with the table's columns. */
  readonly inserts?: Relation;
}

/** Changes of data files that are written and not yet committed. */
export interface FileChange {
  readonly staged: StagedFiles;
  readonly removed: readonly AddFile[];
  readonly counts: RowCounts;
}

export interface RowCounts {
  readonly updated: number;
  readonly deleted: number;
  readonly inserted: number;
  /** Rows that were written again as they were. */
  readonly copied: number;
}

/** The column beside a row that holds what an update sets a column to. */
export function newName(column: string): string {
  return `_metadata.new.${column}`;
}

/** The rows of files with a table's columns, and where each stands; files are numbered as in the list. */
export function positionedRows(target: FileTarget, snapshot: Snapshot, files: readonly AddFile[]): Relation {
  const positions = [field(POSITION.file, "integer", false), field(POSITION.row, "long", false)];
  return scanFiles(snapshot, files, target.engine, [...target.schema.fields, ...positions]);
}

/** The rows of files with a table's columns. */
export function plainRows(target: FileTarget, snapshot: Snapshot, files: readonly AddFile[]): Relation {
  return scanFiles(snapshot, files, target.engine, target.schema.fields);
}

/**
 * Carries out a change of rows: files with a row that changes are written again without the rows that are deleted and
 * with the new values of those that are updated; all others stay as they are.
 */
export async function changeRows(
  target: FileTarget,
  snapshot: Snapshot,
  candidates: readonly AddFile[],
  changes: RowChanges,
): Promise<FileChange> {
  const found = await countActions(changes, positionedRows(target, snapshot, candidates));
  const removed = candidates.filter((_, number) => found.has(number));
  const rewritten = candidates.filter((file, number) => {
    const actions = found.get(number);
    return actions !== undefined && actions.deleted !== rowsOf(file);
  });
  const kept = rewritten.length === 0 ? [] : [afterChanges(target, changes, plainRows(target, snapshot, rewritten))];
  const staged = await stageUnion(target, [...kept, ...(changes.inserts ? [changes.inserts] : [])]);
  const inserted = (await changes.inserts?.count()) ?? 0;
  const updated = sum(found, "updated");
  const counts = { updated, deleted: sum(found, "deleted"), inserted, copied: staged.rows - updated - inserted };
  return { staged, removed, counts };
}

/** Writes the rows of several relations with a table's columns. */
export async function stageUnion(target: FileTarget, parts: readonly Relation[]): Promise<StagedFiles> {
  const [first, ...others] = parts;
  if (first === undefined) return { files: [], rows: 0, bytes: 0 };
  return stageFiles(target, (others.length === 0 ? first : first.union(...others)).node);
}

/** The rows as they are after the change, with the table's columns. */
function afterChanges(target: FileTarget, changes: RowChanges, rows: Relation): Relation {
  const marked = changes.mark(rows);
  const kept = filtered(marked, notTrue(is(marked, "delete")));
  return project(kept, newColumns(target, changes, marked));
}

function newColumns({ schema }: FileTarget, { updated }: RowChanges, marked: Relation) {
  return schema.fields.map(({ name }) => {
    const old = columnRef(marked.node, name);
    if (!updated.includes(name)) return { name, expr: old };
    return { name, expr: choose([{ when: is(marked, "update"), then: columnRef(marked.node, newName(name)) }], old) };
  });
}

function is(marked: Relation, action: "update" | "delete"): Expr {
  return equal(columnRef(marked.node, ACTION), literalExpr(action, "string"));
}

interface Actions {
  updated: number;
  deleted: number;
}

/** Of each file that has rows that change: how many. */
async function countActions(changes: RowChanges, rows: Relation): Promise<ReadonlyMap<number, Actions>> {
  const marked = changes.mark(rows);
  const counted = await filtered(marked, isNotNull(columnRef(marked.node, ACTION)))
    .groupBy(POSITION.file, ACTION)
    .aggregate(() => ({ rows: countRows() }))
    .collect();
  const found = new Map<number, Actions>();
  for (const row of counted) {
    const file = Number(row[POSITION.file]);
    const actions = found.get(file) ?? { updated: 0, deleted: 0 };
    actions[row[ACTION] === "update" ? "updated" : "deleted"] += Number(row.rows);
    found.set(file, actions);
  }
  return found;
}

function sum(found: ReadonlyMap<number, Actions>, what: keyof Actions): number {
  return [...found.values()].reduce((total, actions) => total + actions[what], 0);
}

/** The rows of a file that are not hidden by its deletion vector, where the log knows. */
function rowsOf(file: AddFile): number | undefined {
  const rows = parseStats(file.stats)?.numRecords;
  return rows === undefined ? undefined : Number(rows) - (file.deletionVector?.cardinality ?? 0);
}
