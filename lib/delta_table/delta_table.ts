import { checkpointNow } from "../delta/checkpoint.js";
import { createTable } from "../delta/create_table.js";
import { type HistoryEntry, history } from "../delta/history.js";
import { Snapshot } from "../delta/snapshot.js";
import { checkWritable } from "../delta/table_features.js";
import { DISPLAY, type Displayable, type MimeBundle } from "../display.js";
import type { PolarsEngine } from "../engine/polars/engine.js";
import { DeltaError, UsageError } from "../errors.js";
import { underWay } from "../progress.js";
import type { Relation, Shape } from "../relation/relation.js";
import { openStorage } from "../storage/open_storage.js";
import type { Storage } from "../storage/storage.js";
import type { StructField } from "../types.js";
import { type ChangeRange, scanChanges } from "./change_feed.js";
import { addColumns, dropColumn, renameColumn } from "./columns.js";
import type { CommitOptions, TableWrite } from "./commit_change.js";
import { type ConvertOptions, type ConvertResult, convertFolder } from "./convert.js";
import { deleteRows } from "./delete.js";
import { showHistory } from "./history_view.js";
import { MergeBuilder, type MergeKeys } from "./merge.js";
import { type OptimizeOptions, type OptimizeResult, optimizeTable } from "./optimize.js";
import { addConstraint, changeProperties, constraints, dropConstraint, type PropertyChanges } from "./properties.js";
import { type RestoreResult, restoreTable } from "./restore.js";
import type { Assignments, Condition } from "./rules.js";
import type { TableHandle } from "./table_handle.js";
import { scanSnapshot, sharedEngine } from "./table_reads.js";
import { type TimeTravel, versionOf } from "./time_travel.js";
import { updateRows } from "./update.js";
import { type VacuumOptions, type VacuumResult, vacuumTable } from "./vacuum.js";
import { type AppendOptions, appendRows, type OverwriteOptions, overwriteRows, type Rows } from "./write_rows.js";

/** Commits that a table shows of its history. */
const SHOWN = 20;

export interface OpenOptions extends TimeTravel {
  /** The engine that runs the table's relations; by default one that all tables share. */
  readonly engine?: PolarsEngine;
}

/** The definition of a new table. */
export interface CreateOptions {
  readonly fields: readonly StructField[];
  readonly partitionBy?: readonly string[];
  readonly name?: string;
  readonly description?: string;
  /** Table properties, for instance `delta.enableChangeDataFeed`. */
  readonly properties?: Readonly<Record<string, string>>;
  readonly engine?: PolarsEngine;
}

/**
 * Any Delta table, without a contract. A handle stands at one version: the newest when it was opened, and the one that its
 * own last write made, or that `snapshot` found. Its columns can be named for the compiler:
 * `DeltaTable.open<{ id: "long"; price: "decimal" }>(place)`.
 */
export class DeltaTable<S extends Shape = Shape> implements TableHandle, Displayable {
  readonly storage: Storage;
  readonly engine: PolarsEngine;
  readonly #isPast: boolean;
  #snapshot: Snapshot;

  private constructor(snapshot: Snapshot, engine: PolarsEngine, isPast: boolean) {
    this.storage = snapshot.storage;
    this.engine = engine;
    this.#snapshot = snapshot;
    this.#isPast = isPast;
  }

  /**
   * Opens the table at a folder, at `s3://bucket/prefix`, or at a storage's root.
   * @throws DeltaError when no table is there, or not that version
   */
  static async open<S extends Shape = Shape>(
    place: string | Storage,
    options: OpenOptions = {},
  ): Promise<DeltaTable<S>> {
    const storage = storageOf(place);
    const version = await versionOf(storage, options);
    const snapshot = await Snapshot.load(storage, version === undefined ? {} : { version });
    if (snapshot) return new DeltaTable<S>(snapshot, options.engine ?? sharedEngine(), version !== undefined);
    throw new DeltaError(`There is no Delta table in ${storage.uri}`, {
      where: { path: storage.uri },
      expected: "a folder that holds _delta_log",
      remedy: "Check the path, or make the table: DeltaTable.create(place, { fields })",
    });
  }

  /**
   * Makes an empty table.
   * @throws DeltaError when one is there, or the definition contradicts itself
   */
  static async create<S extends Shape = Shape>(
    place: string | Storage,
    options: CreateOptions,
  ): Promise<DeltaTable<S>> {
    const { fields, partitionBy = [], properties = {}, engine = sharedEngine(), name, description } = options;
    const transaction = await createTable(storageOf(place), {
      schema: { type: "struct", fields },
      partitionColumns: partitionBy,
      configuration: properties,
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
    });
    return new DeltaTable<S>((await transaction.commit()).snapshot, engine, false);
  }

  /**
   * Makes the Parquet files of a folder a table; the files stay as they are.
   * @throws DeltaError when a table is there already, or the files do not fit together
   */
  static async convert(place: string | Storage, options: ConvertOptions = {}): Promise<ConvertResult> {
    return convertFolder(storageOf(place), options);
  }

  /** The version that the handle stands at. */
  get version(): number {
    return this.#snapshot.version;
  }
  /** The table as errors name it. */
  get label(): string {
    return this.#snapshot.metadata.name ?? this.storage.uri;
  }
  get fields(): readonly StructField[] {
    return this.#snapshot.schema.fields;
  }

  /** The newest version, at which the handle then stands; a handle opened at a past version stays there. */
  async snapshot(): Promise<Snapshot> {
    if (!this.#isPast) this.#snapshot = await this.#snapshot.refresh();
    return this.#snapshot;
  }

  /** The newest version, to be written to. Throws UsageError when the handle was opened at a past version. */
  async forWriting(): Promise<Snapshot> {
    if (!this.#isPast) {
      const snapshot = await this.snapshot();
      checkWritable(snapshot.protocol, snapshot.metadata, snapshot.version);
      return snapshot;
    }
    throw new UsageError(`${this.label} was opened at the past version ${this.version}, which cannot be written to`, {
      where: { table: this.label, version: this.version },
      remedy: "Open it without a version, or restore that version first.",
    });
  }

  /** The handle stands at the version that a commit of this process has made. */
  follow(snapshot: Snapshot): void {
    if (snapshot.version >= this.#snapshot.version) this.#snapshot = snapshot;
  }

  /** The rows of the version that the handle stands at, lazily; files that a filter excludes are not read. */
  read(): Relation<S>;
  /** The rows of a past version. */
  read(at: TimeTravel): Promise<Relation<S>>;
  read(at?: TimeTravel): Relation<S> | Promise<Relation<S>> {
    if (at === undefined) return scanSnapshot<S>(this.#snapshot, this.engine);
    return DeltaTable.open<S>(this.storage, { ...at, engine: this.engine }).then((table) => table.read());
  }

  /**
   * Adds rows: a relation, or objects. Columns that they lack are null, or what their generation expression gives.
   * @throws DataError for unknown columns, other types, nulls where none may be, and rows that break a constraint
   */
  append(rows: Rows, options?: AppendOptions): Promise<TableWrite> {
    return appendRows(this, rows, options);
  }

  /**
   * Replaces the whole table, only the partitions of the new rows (`partitionOverwriteMode: "dynamic"`), or only the rows
   * of a condition (`replaceWhere`).
   * @throws DataError as `append` does, and for rows outside `replaceWhere`
   */
  overwrite(rows: Rows, options?: OverwriteOptions<S>): Promise<TableWrite> {
    return overwriteRows(this, rows, options as OverwriteOptions);
  }

  /** Removes the rows for which the condition is true; all rows without one. Only files with such rows are touched. */
  delete(condition?: Condition<S>, options?: CommitOptions): Promise<TableWrite> {
    return deleteRows(this, condition, options);
  }

  /**
   * Sets columns of the rows for which the condition is true, or of all. Generated columns follow.
   * @throws DataError for an unknown column, and when a new value breaks a constraint
   */
  update(set: Assignments<S>, condition?: Condition<S>, options?: CommitOptions): Promise<TableWrite> {
    return updateRows(this, set, condition, options);
  }

  /** Begins a merge of rows into the table: `merge(rows, ["id"]).whenMatchedUpdateAll().whenNotMatchedInsertAll().execute()`. */
  merge<R extends Shape>(source: Relation<R>, on: MergeKeys): MergeBuilder<S, R> {
    return new MergeBuilder<S, R>(this, source, on);
  }

  /** Adds nullable columns at the end; answers the version afterwards. */
  addColumns(fields: readonly StructField[]): Promise<number> {
    return addColumns(this, fields);
  }

  /**
   * Gives a column another name, without touching a data file; answers the version afterwards.
   * @throws UnsupportedFeatureError where the table does not map columns, UsageError when a constraint uses the column
   */
  renameColumn(from: string, to: string): Promise<number> {
    return renameColumn(this, from, to);
  }

  /** Takes a column away, without touching a data file; refused as `renameColumn` is. */
  dropColumn(name: string): Promise<number> {
    return dropColumn(this, name);
  }

  /**
   * Writes rows into fewer and larger files, or clusters them, without changing them.
   * @throws ConflictError when another writer has removed one of the files meanwhile
   */
  optimize(options?: OptimizeOptions): Promise<OptimizeResult> {
    return underWay(`optimizing ${this.label}`, () => optimizeTable(this, options));
  }

  /**
   * Tells, or with `dryRun: false` deletes, the files that no version within the retention needs.
   * @throws UsageError for a retention shorter than the table's, unless `enforceRetention` is false
   */
  vacuum(options?: VacuumOptions): Promise<VacuumResult> {
    return underWay(`looking for files of ${this.label} that may go`, () => vacuumTable(this, options));
  }

  /**
   * Brings the state of a past version back, as a new version.
   * @throws DeltaError that lists the files of that version which are gone
   */
  restore(to: TimeTravel): Promise<RestoreResult> {
    return restoreTable(this, to);
  }

  /** Writes a checkpoint of the newest version, and clears away what the log need not keep. */
  async checkpoint(): Promise<void> {
    this.follow(await checkpointNow(await this.snapshot()));
  }

  /** Sets table properties, and takes away those that are null; answers the version afterwards. */
  setProperties(changes: PropertyChanges): Promise<number> {
    return changeProperties(this, changes);
  }

  /** The CHECK constraints: each name's SQL. */
  constraints(): Promise<Readonly<Record<string, string>>> {
    return constraints(this);
  }

  /**
   * Adds a CHECK constraint in SQL; answers the version afterwards.
   * @throws DataError when rows of the table break it
   */
  addConstraint(name: string, sql: string): Promise<number> {
    return addConstraint(this, name, sql);
  }

  /** Takes a CHECK constraint away; answers the version afterwards. Throws UsageError when there is none of that name. */
  dropConstraint(name: string): Promise<number> {
    return dropConstraint(this, name);
  }

  /**
   * The rows that commits have changed, with what happened to each: the table's columns, `_change_type`, `_commit_version`
   * and `_commit_timestamp`.
   * @throws DeltaError when the log no longer holds these commits, or the table did not record its changes
   */
  changes(range: ChangeRange): Promise<Relation> {
    return scanChanges(this.#snapshot, range, this.engine);
  }

  /** In a notebook: its history. */
  async [DISPLAY](): Promise<MimeBundle> {
    const commits = await this.history({ limit: SHOWN + 1 });
    return showHistory(this.label, this.version, commits, SHOWN);
  }

  /** The commits that the log still holds, newest first. */
  history(options: { readonly limit?: number } = {}): Promise<readonly HistoryEntry[]> {
    return history(this.storage, options);
  }
}

function storageOf(place: string | Storage): Storage {
  return typeof place === "string" ? openStorage(place) : place;
}
