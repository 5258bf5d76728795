import type { AddCdcFile, AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import type { NewFile } from "../delta/transaction.js";
import { POSITION } from "../engine/polars/table_files.js";
import { countRows } from "../relation/aggregate.js";
import type { Expr } from "../relation/expr.js";
import { columnRef } from "../relation/fields.js";
import { literalExpr } from "../relation/literal.js";
import type { NamedExpr } from "../relation/node.js";
import type { Relation } from "../relation/relation.js";
import { field } from "../types.js";
import {
  CHANGE_TYPE,
  type FileTarget,
  type StagedFiles,
  stageChangeFiles,
  stageFiles,
  usesDeletionVectors,
  writesChanges,
} from "./data_files.js";
import { choose, columnExpr, equal, filtered, isNotNull, notTrue, project } from "./expressions.js";
import { hideRows } from "./hide_rows.js";
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
  /** Removed files that come back with some of their rows hidden. */
  readonly hidden?: readonly NewFile[];
  /** What happened, row by row, where the table records that. */
  readonly changeFiles?: readonly AddCdcFile[];
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
 * Carries out a change of rows. Files with a row that changes are written again without the rows that are deleted and
 * with the new values of those that are updated. Where the table has deletion vectors and no more than half of these
 * files' rows change, the rows are hidden instead, and only the new ones are written. All other files stay as they are.
 */
export async function changeRows(
  target: FileTarget,
  snapshot: Snapshot,
  candidates: readonly AddFile[],
  changes: RowChanges,
): Promise<FileChange> {
  const found = await countActions(changes, positionedRows(target, snapshot, candidates));
  const removed = candidates.filter((_, number) => found.has(number));
  const [updated, deleted] = [sum(found, "updated"), sum(found, "deleted")];
  const numbers = new Map(candidates.map((file, number) => [file, number]));
  const hides = usesDeletionVectors(target) && isFew(updated + deleted, removed);
  const isLeft = (file: AddFile, gone: keyof Actions): boolean =>
    (found.get(numbers.get(file) ?? -1)?.[gone] ?? 0) !== rowsOf(file);
  const kept = removed.filter((file) => isLeft(file, hides ? "changed" : "deleted"));
  const parts = hides
    ? await updatedRows(target, snapshot, changes, updated === 0 ? [] : removed)
    : rewrittenRows(target, snapshot, changes, kept);
  const staged = await stageUnion(target, [...parts, ...(changes.inserts ? [changes.inserts] : [])]);
  const hidden = hides ? await hideRows(target, kept, await changedPositions(target, snapshot, changes, kept)) : [];
  const changeFiles =
    writesChanges(target) && removed.length > 0
      ? await stageChangeFiles(target, changeRecords(target, changes, plainRows(target, snapshot, removed)).node)
      : [];
  const inserted = (await changes.inserts?.count()) ?? 0;
  const counts = { updated, deleted, inserted, copied: staged.rows - updated - inserted };
  return { staged, removed, hidden, changeFiles, counts };
}

/** Writes the rows of several relations with a table's columns. */
export async function stageUnion(target: FileTarget, parts: readonly Relation[]): Promise<StagedFiles> {
  const [first, ...others] = parts;
  if (first === undefined) return { files: [], rows: 0, bytes: 0 };
  return stageFiles(target, (others.length === 0 ? first : first.union(...others)).node);
}

/** The rows of files as they are after the change, with the table's columns. */
function rewrittenRows(
  target: FileTarget,
  snapshot: Snapshot,
  changes: RowChanges,
  files: readonly AddFile[],
): readonly Relation[] {
  if (files.length === 0) return [];
  const marked = changes.mark(plainRows(target, snapshot, files));
  return [project(filtered(marked, notTrue(is(marked, "delete"))), newColumns(target, changes, marked))];
}

/** The rows of files that are updated, with their new values. */
async function updatedRows(
  target: FileTarget,
  snapshot: Snapshot,
  changes: RowChanges,
  files: readonly AddFile[],
): Promise<readonly Relation[]> {
  if (files.length === 0) return [];
  const marked = changes.mark(plainRows(target, snapshot, files));
  return [project(filtered(marked, is(marked, "update")), newColumns(target, changes, marked))];
}

/** Where the rows that change stand: of each file in the list, ascending. */
async function changedPositions(
  target: FileTarget,
  snapshot: Snapshot,
  changes: RowChanges,
  files: readonly AddFile[],
): Promise<readonly Uint32Array[]> {
  if (files.length === 0) return [];
  const marked = changes.mark(positionedRows(target, snapshot, files));
  const changed = filtered(marked, isNotNull(columnRef(marked.node, ACTION))).select([POSITION.file, POSITION.row]);
  const [numbers = new Float64Array(), rows = new Float64Array()] = await target.engine.numbers(changed.node);
  const counts = new Uint32Array(files.length);
  for (const number of numbers) counts[number] = (counts[number] ?? 0) + 1;
  const positions = Array.from(counts, (count) => new Uint32Array(count));
  const filled = new Uint32Array(files.length);
  numbers.forEach((number, i) => {
    const at = filled[number] ?? 0;
    filled[number] = at + 1;
    const ofFile = positions[number];
    if (ofFile) ofFile[at] = rows[i] ?? 0;
  });
  return positions.map((ofFile) => ofFile.sort());
}

/** What happened to each row that changes, and the rows that are added, as change files have it. */
function changeRecords(target: FileTarget, changes: RowChanges, rows: Relation): Relation {
  const marked = changes.mark(rows);
  const record = (of: Relation, columns: readonly NamedExpr[], type: string): Relation =>
    project(of, [...columns, { name: CHANGE_TYPE, expr: literalExpr(type, "string") }]);
  const old = target.schema.fields.map(({ name }) => ({ name, expr: columnRef(marked.node, name) }));
  const [deleted, updated] = [filtered(marked, is(marked, "delete")), filtered(marked, is(marked, "update"))];
  const { inserts, updated: columns } = changes;
  const records = [
    record(deleted, old, "delete"),
    ...(columns.length === 0
      ? []
      : [
          record(updated, old, "update_preimage"),
          record(updated, newColumns(target, changes, marked), "update_postimage"),
        ]),
    ...(inserts
      ? [
          record(
            inserts,
            inserts.fields.map((f) => ({ name: f.name, expr: columnExpr(f) })),
            "insert",
          ),
        ]
      : []),
  ];
  const [first = record(deleted, old, "delete"), ...others] = records;
  return others.length === 0 ? first : first.union(...others);
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
  changed: number;
}

function isFew(changed: number, files: readonly AddFile[]): boolean {
  const rows = files.map(rowsOf);
  const all = rows.reduce<number>((total, of) => total + (of ?? 0), 0);
  return rows.every((of) => of !== undefined) && changed * 2 <= all;
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
    const actions = found.get(file) ?? { updated: 0, deleted: 0, changed: 0 };
    actions.changed += Number(row.rows);
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
