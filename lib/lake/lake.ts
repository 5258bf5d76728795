import type { Catalog } from "../contract/catalog.js";
import type { AnyTable, ShapeOfTable } from "../contract/define_table.js";
import type { AddFile } from "../delta/actions/action.js";
import { type HistoryEntry, history } from "../delta/history.js";
import { Snapshot } from "../delta/snapshot.js";
import { filesOf } from "../delta_table/table_files.js";
import { isBound, resolveBound, scanFiles } from "../delta_table/table_reads.js";
import { valuesOf } from "../delta_table/values.js";
import type { MimeBundle } from "../display.js";
import { PolarsEngine } from "../engine/polars/engine.js";
import { ConflictError, DeltaError } from "../errors.js";
import { underWay } from "../progress.js";
import type { RelationNode, TableSource } from "../relation/node.js";
import { type AnyRelation, Relation, type Shape, scan } from "../relation/relation.js";
import type { ArrowTable, Runner, Value } from "../relation/runner.js";
import { currentRun, report } from "../run.js";
import type { Storage } from "../storage/storage.js";
import type { StructField } from "../types.js";
import { compareRows } from "./compare.js";
import { checkRead, conform } from "./conform.js";
import type { SourceVersion } from "./consumed.js";
import { evolution } from "./evolve.js";
import { holdToRules } from "./hold_to_rules.js";
import { deleteRows, mergeRows, moveRows, refuseDoubleKeys } from "./merge.js";
import { Origins } from "./origins.js";
import { recordTable } from "./record_table.js";
import { needsRebuild, STEP_DOMAIN, storedMark } from "./step_mark.js";
import type { WriteOptions, WriteResult } from "./write_result.js";
import { commitChange, type FileChange, type Target, writeRows } from "./writer.js";

/** What a lake is made of. */
export interface LakeOptions {
  /** Rooted at the lake's folder: table `silver.vendas` lives in `silver/vendas`. */
  readonly storage: Storage;
  readonly catalog: Catalog;
  /** IANA time zone in which logical days are counted. */
  readonly timeZone: string;
}

/** What a read asks for. */
export interface ReadOptions {
  /** A past version; default the newest. */
  readonly version?: number;
}

const NO_ROWS: RelationNode = { op: "scan", source: { kind: "values", rows: [] }, fields: [] };
const NO_CHANGE: FileChange = {
  operation: "WRITE",
  mode: "Append",
  staged: { files: [], rows: 0, bytes: 0 },
  removed: [],
  metrics: {},
};

/** The tables of a lake: reading gives relations, writing commits them by their contract. */
export class Lake implements Runner {
  readonly engine: PolarsEngine;
  readonly #open: () => LakeOptions;
  #options: LakeOptions | undefined;
  readonly #origins = new Origins((name, version) => this.snapshot(name, version === undefined ? {} : { version }));

  /** The options may be found out at the first use, so that making a lake costs nothing. */
  constructor(options: LakeOptions | (() => LakeOptions)) {
    this.#open = typeof options === "function" ? options : () => options;
    this.engine = new PolarsEngine({
      resolveTable: async (source, condition) => {
        const bound = await resolveBound(source, condition);
        if (bound) return bound;
        const snapshot = await this.#origins.pinned(source);
        if (snapshot) return filesOf(snapshot, source.since, condition);
        return { files: [], partitionColumns: [], fields: this.catalog.table(source.table).schema.fields };
      },
    });
  }

  get storage(): Storage {
    return this.#settled.storage;
  }
  get catalog(): Catalog {
    return this.#settled.catalog;
  }
  get timeZone(): string {
    return this.#settled.timeZone;
  }

  /**
   * The rows of a table; none while it has not been built. In a run, a step may only read what its contract declares.
   * @throws ContractError for an undeclared read
   */
  read<T extends AnyTable>(table: T, options: ReadOptions = {}): Relation<ShapeOfTable<T>> {
    const step = currentRun()?.step;
    if (step !== undefined && this.catalog.has(step)) checkRead(table.name, this.catalog.table(step));
    const source: TableSource = { kind: "table", table: table.name, ...options };
    return scan(source, table.schema.fields, this);
  }

  /**
   * The rows of any stored table, with the columns that its log says.
   * @throws DeltaError when there is no such table
   */
  async readStored(name: string, options: ReadOptions = {}): Promise<Relation> {
    const source: TableSource = { kind: "table", table: name, ...options };
    const snapshot = await this.#origins.pinned(source);
    if (snapshot) return scan(source, snapshot.schema.fields, this);
    throw new DeltaError(`table ${name} is not there yet`, {
      where: { table: name, path: this.tableStorage(name).uri },
      remedy: this.catalog.has(name)
        ? `build it: npm run pipeline -- --select +${name}`
        : "npx tslake show lists the tables",
    });
  }

  /** The newest version of a table; undefined while it is not there, and for a table that is being recomputed. */
  async snapshot(name: string, options: ReadOptions = {}): Promise<Snapshot | undefined> {
    return this.#isRecomputed(name) ? undefined : Snapshot.load(this.tableStorage(name), options);
  }

  /** The version of its table that a read sees; undefined while the table is not there. */
  async pinned({ node }: AnyRelation): Promise<Snapshot | undefined> {
    const [source] = this.#origins.tablesOf(node);
    return source && this.#origins.pinned(source);
  }

  /**
   * The stored table that this step recomputes without writing to it; undefined for every other step. A full refresh makes
   * an append-only table anew from its sources only to compare: its history is never rewritten.
   */
  async recomputed(name: string): Promise<Snapshot | undefined> {
    return this.#isRecomputed(name) ? Snapshot.load(this.tableStorage(name)) : undefined;
  }

  /** The commits that a table's log still holds, newest first. */
  history(name: string, options: { readonly limit?: number } = {}): Promise<readonly HistoryEntry[]> {
    return history(this.tableStorage(name), options);
  }

  /** The storage of a table's folder. */
  tableStorage(name: string): Storage {
    return this.storage.at(name.replace(".", "/"));
  }

  /**
   * Writes rows by the table's write mode: append, upsert by key, or replace. In a run, tables that are not append-only
   * are replaced when other code wrote them. Everything that later runs decide by is in the same commit.
   * A full refresh of an append-only table writes nothing: it tells how the recomputed rows differ from the stored ones.
   * @throws ContractError before anything runs, when the rows are not of the contract's types or come from undeclared tables
   * @throws DataError for nulls where none may be, for two rows of one key, and for rows that nobody has examined and that
   * break an expectation which does more than warn; then nothing is committed
   * @throws ConflictError when another writer was quicker and `readVersion` is out of date
   */
  write(table: AnyTable, relation: AnyRelation, options: WriteOptions = {}): Promise<WriteResult> {
    return underWay(`writing ${table.name}`, () => this.#write(table, relation, options));
  }

  async #write(table: AnyTable, relation: AnyRelation, options: WriteOptions): Promise<WriteResult> {
    for (const source of this.#origins.tablesOf(relation.node)) if (!isBound(source)) checkRead(source.table, table);
    const node = conform(relation.node, table);
    const target = { ...(await this.#target(table, relation.node, options)), lineage: this.#lineageOf(table, node) };
    if (this.#isRecomputed(table.name)) return compareRows(target, new Relation<Shape>(node, this));
    evolution(table, target.snapshot);
    if (table.expectations.length === 0 || options.isExamined) return this.#writeSound(target, node);
    const held = await this.materialize(new Relation<Shape>(node, this));
    try {
      const broken = await holdToRules(table, held);
      const metrics = { ...options.metrics, ...broken };
      const result = await this.#writeSound({ ...target, options: { ...options, metrics } }, held.node);
      const { warned } = broken;
      if (warned !== undefined && currentRun()?.step === table.name) report({ warned });
      return result;
    } finally {
      this.engine.release(held.node);
    }
  }

  async #writeSound(target: Target, node: RelationNode): Promise<WriteResult> {
    const { table, options } = target;
    const rebuild = table.write !== "append" && (options.rebuild ?? (await needsRebuild(table, target.snapshot)));
    if (table.write === "merge" && !rebuild) return mergeRows(target, node);
    if (table.write === "merge") await refuseDoubleKeys(target, new Relation<Shape>(node, this));
    return writeRows(target, node, rebuild || table.write === "overwrite");
  }

  /** Adds rows to a record table (`ops.*`), which is made, or given new columns, when need be. */
  appendRows(
    name: string,
    fields: readonly StructField[],
    rows: readonly Readonly<Record<string, Value>>[],
  ): Promise<WriteResult> {
    return this.write(recordTable(name, fields), scan(valuesOf(fields, rows), fields, this));
  }

  /** Removes the rows whose key is among these; files without such rows stay as they are. */
  delete(table: AnyTable, keys: Relation, options: WriteOptions = {}): Promise<WriteResult> {
    return underWay(`deleting from ${table.name}`, async () => {
      const target = await this.#target(table, keys.node, options);
      return deleteRows(target, await this.materialize(keys));
    });
  }

  /**
   * Gives rows another key, or removes them; files without such rows stay as they are. The table is not in step with more
   * of its sources for that.
   * @param moves the key of each row, and for columns of the table as `new_<column>` what they become; a row whose new key
   * is null is removed
   */
  move(table: AnyTable, moves: Relation, options: WriteOptions = {}): Promise<WriteResult> {
    return underWay(`moving rows of ${table.name}`, async () => {
      const target = await this.#target(table, NO_ROWS, options);
      return moveRows(target, await this.materialize(moves));
    });
  }

  /** Makes the table, empty, if it is not there, and gives it the columns that its contract has gained. */
  async ensure(table: AnyTable): Promise<WriteResult> {
    return commitChange(await this.#target(table, NO_ROWS, {}), NO_CHANGE);
  }

  /** Records that a table is in step with a version of one of its sources, where no row has to be written for that. */
  async markConsumed(table: AnyTable, source: string, version: SourceVersion): Promise<WriteResult> {
    const target = await this.#target(table, NO_ROWS, {});
    return commitChange({ ...target, sources: new Map([[source, version]]) }, NO_CHANGE);
  }

  /** Records that the step of a table has failed after it had committed: the next run does not take it for finished. */
  async markFailed(table: AnyTable): Promise<WriteResult> {
    const mark = await storedMark(await this.snapshot(table.name));
    const domains = mark === undefined ? {} : { [STEP_DOMAIN]: { ...mark, failed: true } };
    return commitChange(await this.#target(table, NO_ROWS, { domains }), NO_CHANGE);
  }

  /** Evaluates a relation once and keeps its rows in memory, for several uses. */
  async materialize<S extends Shape>(relation: Relation<S>): Promise<Relation<S>> {
    const node = await underWay("evaluating rows", () => this.engine.materialize(relation.node));
    this.#origins.remember(relation.node, node);
    return new Relation<S>(node, this);
  }

  collect(node: RelationNode): Promise<readonly Readonly<Record<string, Value>>[]> {
    return underWay("collecting rows", () => this.engine.collect(node));
  }
  count(node: RelationNode): Promise<number> {
    return underWay("counting rows", () => this.engine.count(node));
  }
  preview(node: RelationNode, rows: number): Promise<MimeBundle> {
    return underWay("looking at the first rows", () => this.engine.preview(node, rows));
  }
  toArrow(node: RelationNode): Promise<ArrowTable> {
    return underWay("collecting rows", () => this.engine.toArrow(node));
  }

  async #target(table: AnyTable, node: RelationNode, options: WriteOptions): Promise<Target> {
    const sources = await this.#origins.versionsOf(node, table.name);
    const storage = this.tableStorage(table.name);
    const decidedOn = this.#isRecomputed(table.name) ? undefined : options.readVersion;
    const snapshot = await readSnapshot(table, storage, decidedOn);
    const scanFiles = (adds: readonly AddFile[]): Relation => this.#scanFiles(table, snapshot, adds);
    return { engine: this.engine, storage, table, snapshot, sources, options, scanFiles };
  }

  #isRecomputed(name: string): boolean {
    if (process.env["TSLAKE_FULL_REFRESH"] !== "1" || currentRun()?.step !== name || !this.catalog.has(name))
      return false;
    const table = this.catalog.table(name);
    return table.write === "append" && table.landing === undefined;
  }

  /** Recorded by steps, for their own table. */
  #lineageOf(table: AnyTable, node: RelationNode): string | undefined {
    if (currentRun()?.step !== table.name) return undefined;
    return this.#origins.lineageOf(table, node, this.catalog);
  }

  #scanFiles(table: AnyTable, snapshot: Snapshot | undefined, adds: readonly AddFile[]): Relation {
    if (snapshot) return scanFiles(snapshot, adds, this, table.schema.fields);
    return scan({ kind: "table", table: table.name }, table.schema.fields, this);
  }

  get #settled(): LakeOptions {
    this.#options ??= this.#open();
    return this.#options;
  }
}

/** The version that a write follows: the one that decided it, or the newest. */
async function readSnapshot(
  table: AnyTable,
  storage: Storage,
  version: number | null | undefined,
): Promise<Snapshot | undefined> {
  const newest = await Snapshot.load(storage);
  if (version === undefined || version === (newest?.version ?? null)) return newest;
  if (version !== null) return Snapshot.load(storage, { version });
  throw new ConflictError(`${table.name}: another writer has made the table meanwhile`, {
    where: { table: table.name, version: newest?.version ?? 0 },
    remedy: "read the table again and repeat the write",
    transient: true,
  });
}
