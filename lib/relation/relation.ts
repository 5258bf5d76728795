import "./kinds.js";
import { DISPLAY, type Displayable, displayBundle, type MimeBundle } from "../display.js";
import { RelationError } from "../errors.js";
import type { StructField } from "../types.js";
import type { BooleanColumn } from "./boolean_column.js";
import { type Column, type ColumnOf, type Kind, wrap } from "./column.js";
import type { SortKey } from "./expr.js";
import {
  aligned,
  columnRef,
  joinFields,
  outputFields,
  passed,
  refuseKinds,
  refuseUngrouped,
  unionField,
} from "./fields.js";
import type { JoinType, NamedExpr, RelationNode, Source } from "./node.js";
import { formatRelation } from "./print.js";
import type { ArrowTable, Runner, ValueOf } from "./runner.js";
import { type KindOfValue, type Plain, toColumn } from "./when.js";
import { sortKey } from "./window.js";

/** Column names and their kinds, for the compiler of TypeScript. */
export type Shape = Readonly<Record<string, Kind>>;

/** The typed columns of a relation: `t.email`. */
export type Columns<S extends Shape> = { readonly [N in keyof S]: ColumnOf<S[N]> };

type Values = Readonly<Record<string, Column | Plain>>;
type ShapeOf<V extends Values> = { readonly [N in keyof V]: KindOfValue<V[N]> };
type Flat<T> = { readonly [N in keyof T]: T[N] };
type Extended<S extends Shape, V extends Values> = Flat<Omit<S, keyof V> & ShapeOf<V>>;
type Renamed<S extends Shape, R extends Partial<Readonly<Record<keyof S, string>>>> = {
  readonly [N in keyof S & string as N extends keyof R ? (R[N] extends string ? R[N] : N) : N]: S[N];
};
/** What of another relation an operator needs: its tree and its runner. */
export type AnyRelation = Pick<Relation, "node" | "runner">;

type JoinKeys<L extends Shape, R extends Shape> =
  | readonly (keyof L & keyof R & string)[]
  | Readonly<Partial<Record<keyof L & string, keyof R & string>>>;

/** Rows that a relation shows of itself. */
const SHOWN = 20;

/** What a join says beside its keys. */
export interface JoinOptions {
  /** Null keys match each other; default false. */
  readonly nullsEqual?: boolean;
}

/** A typed, engine-neutral query: an immutable value that every method extends. `Runner` gives it results. */
export class Relation<S extends Shape = Shape> implements Displayable {
  readonly node: RelationNode;
  readonly runner: Runner | undefined;
  /** Only for the type checker. */
  declare readonly shape: S;

  constructor(node: RelationNode, runner?: Runner) {
    this.node = node;
    this.runner = runner;
  }

  /** Names, types and nullability of the columns, in order. */
  get fields(): readonly StructField[] {
    return this.node.fields;
  }
  get columnNames(): readonly (keyof S & string)[] {
    return this.node.fields.map((f) => f.name);
  }
  /** The columns, to build expressions from; a name that is not there is an error. */
  get columns(): Columns<S> {
    return columnsOf(this.node) as Columns<S>;
  }

  /** Only these columns, in this order. */
  select<N extends keyof S & string>(names: readonly N[]): Relation<Pick<S, N>>;
  select<V extends Values>(values: (t: Columns<S>) => V): Relation<ShapeOf<V>>;
  select<T extends Shape>(what: readonly string[] | ((t: Columns<S>) => Values)): Relation<T> {
    if (typeof what === "function") return this.project(named(what(this.columns)));
    return this.project(passed(this.node, what));
  }
  /** All columns and these; a name that is there already is replaced in its place. */
  extend<V extends Values>(values: (t: Columns<S>) => V): Relation<Extended<S, V>> {
    const added = new Map(named(values(this.columns)).map((column) => [column.name, column]));
    const kept = this.fields.map((f) => added.get(f.name) ?? { name: f.name, expr: columnRef(this.node, f.name) });
    const names = new Set(this.fields.map((f) => f.name));
    return this.project([...kept, ...[...added.values()].filter((column) => !names.has(column.name))]);
  }
  /** The same columns under other names. */
  rename<const R extends Partial<Readonly<Record<keyof S, string>>>>(names: R): Relation<Renamed<S, R>> {
    const renames = new Map(Object.entries(names as Readonly<Record<string, string>>));
    for (const name of renames.keys()) columnRef(this.node, name);
    return this.project(
      this.fields.map((f) => ({ name: renames.get(f.name) ?? f.name, expr: columnRef(this.node, f.name) })),
    );
  }
  /** All columns but these. */
  drop<N extends keyof S & string>(...names: readonly N[]): Relation<Flat<Omit<S, N>>> {
    for (const name of names) columnRef(this.node, name);
    const gone = new Set<string>(names);
    const kept = this.fields.filter((f) => !gone.has(f.name));
    return this.project(
      passed(
        this.node,
        kept.map((f) => f.name),
      ),
    );
  }
  /** The rows for which the condition is true. */
  filter(condition: (t: Columns<S>) => BooleanColumn): Relation<S> {
    const { expr } = condition(this.columns);
    refuseKinds("filter", [expr], ["aggregate", "window"]);
    return this.derive({ op: "filter", input: this.node, condition: expr, fields: this.fields });
  }

  /** The pairs of rows whose keys are equal. Both sides may share key names only. */
  join<R extends Shape, K extends JoinKeys<S, R>>(
    other: Relation<R>,
    on: K,
    options: JoinOptions = {},
  ): Relation<Flat<S & Omit<R, RightKeys<K>>>> {
    return this.joined(other, "inner", on as JoinKeys<Shape, Shape>, options);
  }
  /** Every left row, with nulls where no right row has its key. */
  leftJoin<R extends Shape, K extends JoinKeys<S, R>>(
    other: Relation<R>,
    on: K,
    options: JoinOptions = {},
  ): Relation<Flat<S & Omit<R, RightKeys<K>>>> {
    return this.joined(other, "left", on as JoinKeys<Shape, Shape>, options);
  }
  /** Every row of both sides. */
  fullJoin<R extends Shape, K extends JoinKeys<S, R>>(
    other: Relation<R>,
    on: K,
    options: JoinOptions = {},
  ): Relation<Flat<S & Omit<R, RightKeys<K>>>> {
    return this.joined(other, "full", on as JoinKeys<Shape, Shape>, options);
  }
  /** The left rows that have a partner. */
  semiJoin<R extends Shape>(other: Relation<R>, on: JoinKeys<S, R>, options: JoinOptions = {}): Relation<S> {
    return this.joined(other, "semi", on as JoinKeys<Shape, Shape>, options);
  }
  /** The left rows that have none. */
  antiJoin<R extends Shape>(other: Relation<R>, on: JoinKeys<S, R>, options: JoinOptions = {}): Relation<S> {
    return this.joined(other, "anti", on as JoinKeys<Shape, Shape>, options);
  }

  /** Groups by these columns, to be closed by `aggregate`. No name: the whole relation is one group. */
  groupBy<N extends keyof S & string>(...keys: readonly N[]): Grouping<S, N> {
    return new Grouping(this, keys);
  }
  /** Each different row once. */
  distinct(): Relation<S>;
  /** One row per combination of the columns `on`: the first in the order given. */
  distinct(on: readonly (keyof S & string)[], orderBy: (t: Columns<S>) => readonly (Column | SortKey)[]): Relation<S>;
  distinct(on?: readonly string[], orderBy?: (t: Columns<S>) => readonly (Column | SortKey)[]): Relation<S> {
    const names = on ?? this.columnNames;
    for (const name of names) columnRef(this.node, name);
    const keys = orderBy ? orderBy(this.columns).map(sortKey) : [];
    return this.derive({ op: "distinct", input: this.node, on: names, orderBy: keys, fields: this.fields });
  }
  /** All rows of this and the others, matched by column name; the columns must be the same. */
  union(...others: readonly Relation<S>[]): Relation<S> {
    const inputs = [this, ...others].map((relation) => aligned(this.fields, relation.node));
    const fields = this.fields.map((f, i) =>
      unionField(
        inputs.flatMap((input) => input.fields[i] ?? []),
        f,
      ),
    );
    return this.derive({ op: "union", inputs, fields });
  }
  /** The rows in this order; only the final result and `limit` keep it. */
  orderBy(keys: (t: Columns<S>) => readonly (Column | SortKey)[]): Relation<S> {
    return this.derive({ op: "sort", input: this.node, orderBy: keys(this.columns).map(sortKey), fields: this.fields });
  }
  /** The first rows. */
  limit(rows: number): Relation<S> {
    if (!Number.isInteger(rows) || rows < 0)
      throw new RelationError("a limit is a number of rows", { expected: "0 or more", actual: String(rows) });
    return this.derive({ op: "limit", input: this.node, rows, fields: this.fields });
  }
  /** Hands the relation to a function: for steps that have a name of their own. */
  pipe<T>(step: (relation: this) => T): T {
    return step(this);
  }

  /** Displays the first rows with their types. */
  async show(rows = 10): Promise<void> {
    displayBundle(await this.bound().preview(this.node, rows));
  }
  /** All rows as objects: long as bigint, decimals, dates and times as exact text. */
  collect(): Promise<readonly Row<S>[]> {
    return this.bound().collect(this.node) as Promise<readonly Row<S>[]>;
  }
  /** All rows as a table of Apache Arrow: long as bigint, decimals as unscaled integers beside their scale. */
  toArrow(): Promise<ArrowTable<keyof S & string>> {
    return this.bound().toArrow(this.node);
  }
  count(): Promise<number> {
    return this.bound().count(this.node);
  }
  toString(): string {
    return formatRelation(this.node);
  }
  /** As the last expression of a cell: its first rows, or its plan when it is bound to no lake. */
  [DISPLAY](): MimeBundle | Promise<MimeBundle> {
    return this.runner?.preview(this.node, SHOWN) ?? { "text/plain": this.toString() };
  }

  private bound(): Runner {
    if (this.runner) return this.runner;
    throw new RelationError("this relation is bound to no lake", { remedy: "start from lake.read(table)" });
  }
  private derive<T extends Shape>(node: RelationNode): Relation<T> {
    return new Relation<T>(node, this.runner);
  }
  private project<T extends Shape>(columns: readonly NamedExpr[]): Relation<T> {
    refuseKinds(
      "a projection",
      columns.map((column) => column.expr),
      ["aggregate"],
    );
    return this.derive({ op: "project", input: this.node, columns, fields: outputFields(this.node, columns) });
  }
  private joined<T extends Shape>(
    other: AnyRelation,
    how: JoinType,
    keys: JoinKeys<Shape, Shape>,
    options: JoinOptions,
  ): Relation<T> {
    const on = isList(keys)
      ? keys.map((key) => ({ left: key, right: key }))
      : Object.entries(keys).flatMap(([left, right]) => (right === undefined ? [] : [{ left, right }]));
    const node = {
      op: "join",
      how,
      left: this.node,
      right: other.node,
      on,
      nullsEqual: options.nullsEqual ?? false,
    } as const;
    return new Relation<T>({ ...node, fields: joinFields(node) }, this.runner ?? other.runner);
  }
}

/** Column names that a join drops from its right side. */
type RightKeys<K> = (K extends readonly (infer N)[] ? N : K[keyof K]) & string;

/** A row as `collect` gives it. */
export type Row<S extends Shape> = { readonly [N in keyof S]: ValueOf<S[N]> | null };

/** Groups waiting for their aggregates. */
export class Grouping<S extends Shape, N extends keyof S & string> {
  private readonly relation: Relation<S>;
  private readonly keys: readonly N[];

  constructor(relation: Relation<S>, keys: readonly N[]) {
    this.relation = relation;
    this.keys = keys;
  }

  /** One row per group: its keys, then these aggregates. */
  aggregate<V extends Values>(values: (t: Columns<S>) => V): Relation<Flat<Pick<S, N> & ShapeOf<V>>> {
    const input = this.relation.node;
    const aggregates = named(values(this.relation.columns));
    refuseKinds(
      "aggregate",
      aggregates.map((column) => column.expr),
      ["window"],
    );
    const keys = this.keys.map((name) => ({ name, expr: columnRef(input, name) }));
    refuseUngrouped(aggregates);
    const fields = outputFields(input, [...keys, ...aggregates]);
    return new Relation({ op: "groupBy", input, keys: this.keys, aggregates, fields }, this.relation.runner);
  }
}

/** A relation over a source whose columns are known. */
export function scan<S extends Shape>(source: Source, fields: readonly StructField[], runner?: Runner): Relation<S> {
  return new Relation<S>({ op: "scan", source, fields }, runner);
}

function columnsOf(node: RelationNode): Readonly<Record<string, Column>> {
  const byName = new Map(node.fields.map((f) => [f.name, f]));
  return new Proxy<Readonly<Record<string, Column>>>(
    {},
    {
      get: (_, name) => (typeof name === "string" ? wrap(columnRef(node, name)) : undefined),
      has: (_, name) => typeof name === "string" && byName.has(name),
      ownKeys: () => [...byName.keys()],
      getOwnPropertyDescriptor: (_, name) =>
        typeof name === "string" && byName.has(name) ? { enumerable: true, configurable: true } : undefined,
    },
  );
}

function named(values: Values): NamedExpr[] {
  return Object.entries(values).map(([name, value]) => ({ name, expr: toColumn(value).expr }));
}

function isList<T>(keys: readonly T[] | object): keys is readonly T[] {
  return Array.isArray(keys);
}
