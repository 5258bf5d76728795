import { stopwatch } from "../clock.js";
import type { BooleanColumn } from "../relation/boolean_column.js";
import type { Column } from "../relation/column.js";
import type { Expr } from "../relation/expr.js";
import { type AnyRelation, type Columns, Relation, type Shape } from "../relation/relation.js";
import type { Plain } from "../relation/when.js";
import type { StructField } from "../types.js";
import { assigned } from "./assign.js";
import { type CommitOptions, commitChange, type TableWrite } from "./commit_change.js";
import { fileTarget } from "./data_files.js";
import { columnExpr } from "./expressions.js";
import { withGenerated } from "./generated_columns.js";
import { identityRows, refuseGiven, refuseUpdates, withMarks } from "./identity_columns.js";
import type { MergeKey } from "./merge_plan.js";
import { mergeRows, sourceName } from "./merge_rows.js";
import { mergeMetrics } from "./metrics.js";
import {
  type AnyAssignments,
  type AnyCondition,
  assignmentExprs,
  conditionExpr,
  type Scope,
  type ScopeTable,
} from "./rules.js";
import { evolvedFor, type SchemaMode } from "./schema_evolution.js";
import type { TableHandle } from "./table_handle.js";

/** Columns by which rows of table and source match: names that both have, or table column to source column. */
export type MergeKeys = readonly string[] | Readonly<Record<string, string>>;

/** A condition on a pair of rows, of the table and of the source: SQL (`target.price < source.price`) or a function. */
export type PairCondition<T extends Shape, S extends Shape> =
  | string
  | ((target: Columns<T>, source: Columns<S>) => BooleanColumn);

/** New values from a pair of rows. */
export type PairAssignments<T extends Shape, S extends Shape> =
  | Readonly<Record<string, string>>
  | ((target: Columns<T>, source: Columns<S>) => Readonly<Record<string, Column | Plain>>);

/** A condition on rows of the source alone: SQL, or a function. */
export type SourceCondition<S extends Shape> = string | ((source: Columns<S>) => BooleanColumn);

export type SourceAssignments<S extends Shape> =
  | Readonly<Record<string, string>>
  | ((source: Columns<S>) => Readonly<Record<string, Column | Plain>>);

export interface MergeOptions extends CommitOptions {
  /** `merge`: the table gets the columns that only the source has. Default: they are refused. */
  readonly schemaMode?: SchemaMode;
  /**
   * The table has at most one row of a key, and shall not get two: then two source rows of one key are refused even where
   * they are new, and the table's keys need not be looked through for repetitions.
   */
  readonly uniqueKeys?: boolean;
}

interface Clause {
  readonly kind: "matched" | "notMatched" | "notMatchedBySource";
  readonly action: "update" | "insert" | "delete";
  readonly where: AnyCondition | undefined;
  /** `all`: every column of the source goes to the column of its name. */
  readonly set: AnyAssignments | "all" | undefined;
}

/** A merge under construction: add clauses, then `execute`. Of each kind the first clause whose condition is true decides. */
export class MergeBuilder<T extends Shape, S extends Shape> {
  readonly #table: TableHandle;
  readonly #source: AnyRelation;
  readonly #on: MergeKeys;
  readonly #clauses: readonly Clause[];

  constructor(table: TableHandle, source: AnyRelation, on: MergeKeys, clauses: readonly Clause[] = []) {
    this.#table = table;
    this.#source = source;
    this.#on = on;
    this.#clauses = clauses;
  }

  whenMatchedUpdate(set: PairAssignments<T, S>, where?: PairCondition<T, S>): MergeBuilder<T, S> {
    return this.#with("matched", "update", where, set);
  }
  /** Sets every column that the source has. */
  whenMatchedUpdateAll(where?: PairCondition<T, S>): MergeBuilder<T, S> {
    return this.#with("matched", "update", where, "all");
  }
  whenMatchedDelete(where?: PairCondition<T, S>): MergeBuilder<T, S> {
    return this.#with("matched", "delete", where, undefined);
  }
  /** Columns that are not named are null, or what their generation expression gives. */
  whenNotMatchedInsert(values: SourceAssignments<S>, where?: SourceCondition<S>): MergeBuilder<T, S> {
    return this.#with("notMatched", "insert", where, values);
  }
  whenNotMatchedInsertAll(where?: SourceCondition<S>): MergeBuilder<T, S> {
    return this.#with("notMatched", "insert", where, "all");
  }
  whenNotMatchedBySourceUpdate(set: SourceAssignments<T>, where?: SourceCondition<T>): MergeBuilder<T, S> {
    return this.#with("notMatchedBySource", "update", where, set);
  }
  whenNotMatchedBySourceDelete(where?: SourceCondition<T>): MergeBuilder<T, S> {
    return this.#with("notMatchedBySource", "delete", where, undefined);
  }

  /**
   * Carries the merge out as one commit.
   * @throws DataError when two source rows match one row of the table (it shows the key), and when a row breaks a constraint
   * @throws ConflictError when another writer has changed the same files meanwhile
   */
  execute(options: MergeOptions = {}): Promise<TableWrite> {
    return executeMerge(
      this.#table,
      new Relation(this.#source.node, this.#source.runner),
      keysOf(this.#on),
      this.#clauses,
      options,
    );
  }

  #with(kind: Clause["kind"], action: Clause["action"], where: unknown, set: unknown): MergeBuilder<T, S> {
    const clause = { kind, action, where: where as Clause["where"], set: set as Clause["set"] };
    return new MergeBuilder(this.#table, this.#source, this.#on, [...this.#clauses, clause]);
  }
}

async function executeMerge(
  table: TableHandle,
  source: Relation,
  on: readonly MergeKey[],
  clauses: readonly Clause[],
  options: MergeOptions,
): Promise<TableWrite> {
  const started = stopwatch();
  const snapshot = await table.forWriting();
  const evolved = evolvedFor(snapshot, source.fields, options.schemaMode, table.label);
  const target = { ...fileTarget(table, snapshot), ...evolved.layout };
  const context = new ClauseContext(target.schema.fields, source.fields, target.label);
  const matched = clauses.filter(({ kind }) => kind === "matched").map((clause) => context.change(clause));
  const inserts = clauses.filter(({ kind }) => kind === "notMatched").map((clause) => context.insert(clause));
  const bySource = clauses.filter(({ kind }) => kind === "notMatchedBySource").map((clause) => context.change(clause));
  const isUpsert = clauses.length === 2 && clauses.every(({ set, where }) => set === "all" && where === undefined);
  const identity = await identityRows(target, source, (name) => inserts.some(({ values }) => !values.has(name)));
  const generated = identity.values(sourceName);
  const notMatched = inserts.map(({ where, values }) => ({ where, values: new Map([...generated, ...values]) }));
  try {
    const change = await mergeRows(target, snapshot, identity.rows, {
      on,
      matched,
      notMatched,
      notMatchedBySource: bySource,
      uniqueKeys: options.uniqueKeys === true,
      isUpsert: isUpsert && matched.length === 1 && notMatched.length === 1 && coversAll(target.schema.fields, source),
    });
    return await commitChange(table, snapshot, change, {
      operation: "MERGE",
      operationParameters: {
        predicate: JSON.stringify(on.map((key) => `target.${key.target} = source.${key.source}`).join(" AND ")),
        matchedPredicates: described(clauses, "matched"),
        notMatchedPredicates: described(clauses, "notMatched"),
        notMatchedBySourcePredicates: described(clauses, "notMatchedBySource"),
      },
      metrics: mergeMetrics(change, started()),
      read: change.read,
      evolution: withMarks(evolved, snapshot, identity),
      options,
    });
  } finally {
    identity.release();
  }
}

/** The clauses' expressions over joined rows. */
class ClauseContext {
  private readonly target: ScopeTable;
  private readonly source: ScopeTable;
  private readonly label: string;

  constructor(target: readonly StructField[], source: readonly StructField[], label: string) {
    this.target = { names: ["target", "t"], fields: target, rename: (name) => name };
    this.source = { names: ["source", "s"], fields: source, rename: sourceName };
    this.label = label;
  }

  change({ kind, where, set }: Clause) {
    const scope: Scope = { tables: kind === "matched" ? [this.target, this.source] : [this.target] };
    const condition = where === undefined ? undefined : conditionExpr(where, scope);
    if (set === undefined) return { where: condition };
    const given = this.values(set, scope);
    refuseUpdates(given.keys(), this.target.fields, this.label);
    const old = (name: string): Expr | undefined => {
      const found = this.target.fields.find((f) => f.name === name);
      return found && columnExpr(found);
    };
    return { where: condition, set: withGenerated(given, old, this.target.fields, this.label) };
  }

  insert({ where, set }: Clause) {
    const scope: Scope = { tables: [this.source] };
    const values = this.values(set ?? "all", scope);
    refuseGiven(values.keys(), this.target.fields, this.label);
    return {
      where: where === undefined ? undefined : conditionExpr(where, scope),
      values: withGenerated(values, undefined, this.target.fields, this.label),
    };
  }

  private values(set: AnyAssignments | "all", scope: Scope): ReadonlyMap<string, Expr> {
    if (set !== "all") return assignmentExprs(set, scope, this.target.fields, this.label);
    return new Map(
      this.source.fields.flatMap((f): [string, Expr][] => {
        const column = this.target.fields.find(({ name }) => name === f.name);
        return column ? [[f.name, assigned(columnExpr({ ...f, name: sourceName(f.name) }), column, this.label)]] : [];
      }),
    );
  }
}

function keysOf(on: MergeKeys): readonly MergeKey[] {
  return isList(on)
    ? on.map((name) => ({ target: name, source: name }))
    : Object.entries(on).map(([target, source]) => ({ target, source }));
}

function coversAll(fields: readonly StructField[], source: Relation): boolean {
  return fields.every(({ name }) => source.fields.some((f) => f.name === name));
}

function described(clauses: readonly Clause[], kind: Clause["kind"]): string {
  const wanted = clauses.filter((clause) => clause.kind === kind);
  return JSON.stringify(
    wanted.map(({ action, where }) => ({
      ...(typeof where === "string" ? { predicate: where } : {}),
      actionType: action,
    })),
  );
}

function isList<V>(keys: readonly V[] | object): keys is readonly V[] {
  return Array.isArray(keys);
}
