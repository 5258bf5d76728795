import type { AddFile } from "../delta/actions/action.js";
import { type Predicate, predicate } from "../delta/predicate.js";
import type { Snapshot } from "../delta/snapshot.js";
import { DataError } from "../errors.js";
import { wrap } from "../relation/column.js";
import { columnRef } from "../relation/fields.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import type { NamedExpr, RelationNode } from "../relation/node.js";
import { Relation } from "../relation/relation.js";
import { formatType, type StructField } from "../types.js";
import { assigned } from "./assign.js";
import { type FileTarget, usesDeletionVectors, writesChanges } from "./data_files.js";
import { type DoubledKeys, doubleKeys, refuseDoubles, repeats } from "./double_keys.js";
import { both, choose, extended, filtered, isNotNull, notTrue, project, truth } from "./expressions.js";
import { filesWithKeys } from "./files_with_keys.js";
import { type KeyColumn, type KeySummary, keyRange, summarizeKeys } from "./key_range.js";
import type { MergePlan } from "./merge_plan.js";
import { ACTION, changeRows, type FileChange, newName, plainRows, type RowChanges, stageUnion } from "./row_changes.js";
import { skippingPredicate } from "./skipping_predicate.js";
import { isBound } from "./table_reads.js";

/** A merge's data files, and what of the table was looked at. */
export interface MergeChange extends FileChange {
  readonly sourceRows: number;
  readonly read: Predicate | "everything";
}

/** The column that holds a source column beside the table's. */
export function sourceName(column: string): string {
  return `_metadata.source.${column}`;
}

/**
 * Carries out a merge, rewriting only files with rows that change; files that cannot hold a key of the source by their
 * statistics are not read. A null key matches nothing.
 * @throws DataError when two source rows have the key of one row that they would change; it shows the key
 */
export async function mergeRows(
  target: FileTarget,
  snapshot: Snapshot | undefined,
  source: Relation,
  plan: MergePlan,
): Promise<MergeChange> {
  const { engine } = target;
  // The files of a table's version never change: reading them again costs less memory than holding their rows.
  if (isTableScan(source.node)) return new Merge(target, snapshot, source, plan).run();
  const held = await engine.materialize(source.node);
  try {
    return await new Merge(target, snapshot, new Relation(held, engine), plan).run();
  } finally {
    engine.release(held);
  }
}

function isTableScan(node: RelationNode): boolean {
  return node.op === "scan" && node.source.kind === "table" && isBound(node.source);
}

const KEY = "_metadata.key.";
const MATCHED = "_metadata.matched";
const NOTHING: FileChange = {
  staged: { files: [], rows: 0, bytes: 0 },
  removed: [],
  counts: { updated: 0, deleted: 0, inserted: 0, copied: 0 },
};

class Merge {
  private readonly target: FileTarget;
  private readonly snapshot: Snapshot | undefined;
  /** The source's columns under `sourceName`, and its keys as the table's types under `KEY`. */
  private readonly source: Relation;
  private readonly plan: MergePlan;
  private readonly keys: readonly KeyColumn[];
  private readonly keyNames: readonly string[];
  private readonly on: Readonly<Record<string, string>>;

  constructor(target: FileTarget, snapshot: Snapshot | undefined, source: Relation, plan: MergePlan) {
    this.target = target;
    this.snapshot = snapshot;
    this.plan = plan;
    const keys = plan.on.map(({ target: name, source: from }, i) => ({
      name: `${KEY}${i}`,
      expr: assigned(columnRef(source.node, from), this.column(name), target.label),
    }));
    this.keys = plan.on.map((key, i) => ({ ...this.column(key.target), from: `${KEY}${i}` }));
    this.keyNames = this.keys.map(({ from }) => from);
    this.on = Object.fromEntries(plan.on.map((key, i) => [key.target, `${KEY}${i}`]));
    const renamed = source.fields.map(({ name }) => ({ name: sourceName(name), expr: columnRef(source.node, name) }));
    this.source = project(source, [...renamed, ...keys]);
  }

  async run(): Promise<MergeChange> {
    const summary = await summarizeKeys(this.source, this.keys);
    const sourceRows = summary.rows;
    const doubles = summary.repeats ?? (await repeats(this.source, this.keyNames));
    if (doubles && this.plan.uniqueKeys === true)
      await refuseDoubles(doubleKeys(this.source, this.keyNames), this.doubled(this.keyNames));
    const { read, candidates } = await this.candidates(summary);
    const change = async (): Promise<FileChange> => {
      if (this.snapshot === undefined) return this.insertAll(undefined);
      if (doubles) await this.refuseDoubleMatches(this.snapshot, candidates);
      if (this.plan.isUpsert && !doubles && !writesChanges(this.target) && !usesDeletionVectors(this.target)) {
        const upserted = await this.upsert(this.snapshot, candidates, summary);
        if (upserted) return upserted;
      }
      return this.change(this.snapshot, candidates, doubles);
    };
    return { ...(await change()), sourceRows, read };
  }

  /**
   * The touched files without the rows that have a key of the source, and all rows of the source. Undefined where several
   * rows of the table have one key of the source: each of them has to be updated.
   */
  private async upsert(
    snapshot: Snapshot,
    candidates: readonly AddFile[],
    summary: KeySummary,
  ): Promise<FileChange | undefined> {
    const { source, on, keys } = this;
    const removed = await filesWithKeys(this.target, snapshot, candidates, { source, on, columns: keys, summary });
    if (this.plan.uniqueKeys !== true && (await this.hasRowsOfOneKey(snapshot, removed))) return undefined;
    const inserts = this.inserts(this.source);
    const kept = plainRows(this.target, snapshot, removed).antiJoin(this.source, this.on);
    const staged = await stageUnion(this.target, removed.length === 0 ? [inserts] : [kept, inserts]);
    const copied = staged.rows - summary.rows;
    const updated = (removed.length === 0 ? 0 : await plainRows(this.target, snapshot, removed).count()) - copied;
    return { staged, removed, counts: { updated, deleted: 0, inserted: summary.rows - updated, copied } };
  }

  /** True when several rows of files have one key of the source. */
  private async hasRowsOfOneKey(snapshot: Snapshot, files: readonly AddFile[]): Promise<boolean> {
    const keys = this.plan.on.map(({ target: name }) => name);
    const matched = plainRows(this.target, snapshot, files).select(keys).semiJoin(this.source, this.on);
    const rows = new Relation(matched.node, this.target.engine);
    return (
      (
        await summarizeKeys(
          rows,
          this.keys.map((key) => ({ ...key, from: key.name })),
        )
      ).repeats ?? repeats(rows, keys)
    );
  }

  private async change(snapshot: Snapshot, candidates: readonly AddFile[], doubles: boolean): Promise<FileChange> {
    const { matched, notMatched, notMatchedBySource } = this.plan;
    const { engine } = this.target;
    const known =
      notMatched.length === 0
        ? undefined
        : await engine.materialize(
            plainRows(this.target, snapshot, candidates)
              .select(this.plan.on.map(({ target: name }) => name))
              .semiJoin(this.source, this.on)
              .distinct().node,
          );
    try {
      const inserts = known && this.inserts(this.unmatched(new Relation(known, engine)));
      if (matched.length + notMatchedBySource.length === 0) return await this.insertOnly(inserts);
      const side = doubles ? this.oneOfEachKey() : this.source;
      const changes: RowChanges = {
        mark: (rows) => this.mark(rows, side),
        updated: this.updatedColumns(),
        ...(inserts === undefined ? {} : { inserts }),
      };
      return await changeRows(this.target, snapshot, candidates, changes);
    } finally {
      if (known) engine.release(known);
    }
  }

  private async insertAll(known: Relation | undefined): Promise<FileChange> {
    if (this.plan.notMatched.length === 0) return NOTHING;
    return this.insertOnly(this.inserts(known === undefined ? this.source : this.unmatched(known)));
  }

  private async insertOnly(inserts: Relation | undefined): Promise<FileChange> {
    const staged = await stageUnion(this.target, inserts ? [inserts] : []);
    return { staged, removed: [], counts: { updated: 0, deleted: 0, inserted: staged.rows, copied: 0 } };
  }

  /** The source rows whose key is not among these, which have the table's names. */
  private unmatched(known: Relation): Relation {
    return this.source.antiJoin(known, Object.fromEntries(Object.entries(this.on).map(([name, key]) => [key, name])));
  }

  /** The rows that source rows without a match become. */
  private inserts(source: Relation): Relation {
    const { notMatched } = this.plan;
    const branches = notMatched.map((clause) => ({ when: clause.where ?? truth(true), clause }));
    const columns = this.target.schema.fields.map((f): NamedExpr => {
      const values = branches.map(({ when, clause }) => ({
        when,
        then: clause.values.get(f.name) ?? nullExpr(f.type),
      }));
      const [only] = values;
      if (only && values.length === 1) return { name: f.name, expr: only.then };
      return { name: f.name, expr: choose(values, nullExpr(f.type)) };
    });
    if (notMatched.some(({ where }) => where === undefined)) return project(source, columns);
    const any = branches
      .map(({ when }) => when)
      .reduce((left, right) => notTrue(both(notTrue(left), notTrue(right))), truth(false));
    return project(filtered(source, any), columns);
  }

  private mark(rows: Relation, source: Relation): Relation {
    const joined = rows.leftJoin(extended(source, [{ name: MATCHED, expr: truth(true) }]), this.on);
    const isMatched = isNotNull(columnRef(joined.node, MATCHED));
    const branches = [
      ...this.plan.matched.map((clause) => ({ clause, base: isMatched })),
      ...this.plan.notMatchedBySource.map((clause) => ({ clause, base: notTrue(isMatched) })),
    ].map(({ clause, base }) => ({ clause, when: clause.where === undefined ? base : both(base, clause.where) }));
    const action = choose(
      branches.map(({ clause, when }) => ({ when, then: literalExpr(clause.set ? "update" : "delete", "string") })),
      nullExpr("string"),
    );
    const updates = this.updatedColumns().map((name) => {
      const old = columnRef(joined.node, name);
      const values = branches.map(({ clause, when }) => ({ when, then: clause.set?.get(name) ?? old }));
      return { name: newName(name), expr: choose(values, old) };
    });
    const kept = rows.fields.map((f) => ({ name: f.name, expr: columnRef(joined.node, f.name) }));
    return project(joined, [...kept, { name: ACTION, expr: action }, ...updates]);
  }

  private oneOfEachKey(): Relation {
    return this.source.distinct(this.keyNames, () =>
      this.keyNames.map((name) => wrap(columnRef(this.source.node, name))),
    );
  }

  private updatedColumns(): readonly string[] {
    const clauses = [...this.plan.matched, ...this.plan.notMatchedBySource];
    return [...new Set(clauses.flatMap(({ set }) => [...(set?.keys() ?? [])]))];
  }

  /** The files that may hold rows that change. */
  private async candidates(summary: KeySummary): Promise<{
    readonly read: Predicate | "everything";
    readonly candidates: readonly AddFile[];
  }> {
    const { notMatchedBySource } = this.plan;
    const conditions = notMatchedBySource.map(({ where }) => where && skippingPredicate(where));
    if (conditions.some((condition) => condition === undefined)) {
      return { read: "everything", candidates: (await this.snapshot?.files()) ?? [] };
    }
    const range = await keyRange(this.source, this.keys, summary, this.target.partitionColumns);
    const read = predicate.or(range, ...conditions.flatMap((condition) => condition ?? []));
    return { read, candidates: (await this.snapshot?.files(read)) ?? [] };
  }

  /** @throws DataError showing the key of a row that two source rows would change */
  private async refuseDoubleMatches(snapshot: Snapshot, candidates: readonly AddFile[]): Promise<void> {
    const { matched } = this.plan;
    const [only] = matched;
    const deletes = matched.length === 1 && only?.set === undefined && only?.where === undefined;
    if (matched.length === 0 || deletes) return;
    const names = this.plan.on.map(({ target: name }) => name);
    const rows = plainRows(this.target, snapshot, candidates).select(names) as Relation;
    await refuseDoubles(rows.join(doubleKeys(this.source, this.keyNames), this.on), this.doubled(names));
  }

  /** How an error calls the keys that rows hold under these names. */
  private doubled(names: readonly string[]): DoubledKeys {
    const keys = this.plan.on.map(({ target: name }, i) => ({ name, column: names[i] ?? name }));
    return { keys, label: this.target.label };
  }

  private column(name: string): StructField {
    const found = this.target.schema.fields.find((f) => f.name === name);
    if (found && typeof found.type === "string") return found;
    throw new DataError(`${this.target.label}: a merge cannot match rows by ${name}`, {
      where: { table: this.target.label, column: name },
      expected: "a column of the table that is not nested",
      actual: found ? formatType(found.type) : "no such column",
    });
  }
}
