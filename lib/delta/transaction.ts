import { nowMillis } from "../clock.js";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type {
  AddCdcFile,
  AddFile,
  Commit,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";
import { columnMappingMode, mappedMetadata, physicalPartitionColumns, tableSchema } from "./column_mapping.js";
import type { CommitDescription } from "./commit_info.js";
import { Committer, type StagedChanges } from "./committer.js";
import { decodePath, fileKey } from "./file_path.js";
import { tombstoneOf } from "./file_state.js";
import type { Predicate } from "./predicate.js";
import { trackedMetadata } from "./row_tracking.js";
import type { Snapshot } from "./snapshot.js";
import { checkWritable, neededFeatures, withFeatures } from "./table_features.js";
import { type IsolationLevel, tableProperties } from "./table_properties.js";

export interface TransactionOptions extends CommitDescription {
  /** Default: the table's property `delta.isolationLevel`, else WriteSerializable. */
  readonly isolationLevel?: IsolationLevel;
  /** Attempts at a commit while others win the race; default 100. */
  readonly maxAttempts?: number;
}

/** A new data file. Path and statistics as in the log: see `encodePath`, `serializePartitionValues`, `serializeStats`. */
export type NewFile = Pick<AddFile, "path" | "partitionValues" | "size"> & Partial<AddFile>;

export type CommitResult =
  | {
      /** The commit is in the log and durable. */
      readonly committed: true;
      readonly version: number;
      readonly snapshot: Snapshot;
      /** Why the checkpoint that was due could not be written; the commit stands all the same. */
      readonly checkpointError?: unknown;
    }
  | {
      /** Nothing was written: an earlier commit has recorded this application's version, or a later one. */
      readonly committed: false;
      readonly alreadyCommitted: true;
      /** The newest version seen, which holds that commit. */
      readonly version: number;
      readonly snapshot: Snapshot;
    };

/** The changes of one commit. Used once: stage changes, then `commit`. */
export class Transaction {
  readonly #storage: Storage;
  readonly #options: TransactionOptions;
  readonly #snapshotOf: (first: Commit) => Snapshot;
  readonly #base: Snapshot | undefined;
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #txns = new Map<string, SetTransaction>();
  readonly #domains = new Map<string, DomainMetadata>();
  readonly #adds: AddFile[] = [];
  readonly #changeFiles: AddCdcFile[] = [];
  readonly #removes = new Map<string, RemoveFile>();
  readonly #reads: (Predicate | "everything")[] = [];
  readonly #metrics: Record<string, string> = {};
  #mapped: readonly string[] | undefined;
  #isDone = false;

  private constructor(
    storage: Storage,
    base: Snapshot | undefined,
    snapshotOf: (first: Commit) => Snapshot,
    options: TransactionOptions,
  ) {
    this.#storage = storage;
    this.#base = base;
    this.#snapshotOf = snapshotOf;
    this.#options = options;
  }

  /** A transaction that follows a snapshot. */
  static on(snapshot: Snapshot, options: TransactionOptions): Transaction {
    checkWritable(snapshot.protocol, snapshot.metadata, snapshot.version);
    return new Transaction(snapshot.storage, snapshot, (commit) => snapshot.withCommits([commit]), options);
  }

  /** The transaction that makes a table (see `createTable`); `snapshotOf` answers the table's first snapshot. */
  static first(
    storage: Storage,
    table: { readonly protocol: Protocol; readonly metadata: Metadata },
    snapshotOf: (first: Commit) => Snapshot,
    options: TransactionOptions,
  ): Transaction {
    checkWritable(table.protocol, table.metadata, 0);
    const transaction = new Transaction(storage, undefined, snapshotOf, options);
    transaction.#protocol = table.protocol;
    transaction.#metadata = table.metadata;
    return transaction;
  }

  /** The metadata that the table will have after the commit. */
  get metadata(): Metadata {
    const metadata = this.#metadata ?? this.#base?.metadata;
    if (metadata === undefined) throw new DeltaError("The transaction has no metadata");
    return metadata;
  }

  /** The protocol that the table will have after the commit. */
  get protocol(): Protocol {
    const protocol = this.#protocol ?? this.#base?.protocol;
    if (protocol === undefined) throw new DeltaError("The transaction has no protocol");
    return protocol;
  }

  /** Says which rows of the table the transaction has read (all, without a predicate): decides what it conflicts with. */
  read(condition?: Predicate): void {
    this.#reads.push(condition ?? "everything");
  }

  /** Adds a data file, which must be written and durable. Throws DeltaError when its partition values do not fit. */
  addFile(file: NewFile): void {
    const partitionColumns = this.#partitionNames();
    const given = Object.keys(file.partitionValues);
    if (given.length !== partitionColumns.length || !partitionColumns.every((name) => given.includes(name))) {
      throw new DeltaError("A data file's partition values do not fit the table", {
        where: { file: file.path },
        expected: `values for ${partitionColumns.join(", ") || "no column"}`,
        actual: given.join(", ") || "none",
      });
    }
    decodePath(file.path);
    this.#adds.push({ dataChange: true, modificationTime: nowMillis(), ...file });
  }

  /** Adds a file that says, row by row, what the commit changes (protocol, "Add CDC File"). */
  addChangeFile(file: AddCdcFile): void {
    this.#changeFiles.push(file);
  }

  /**
   * Removes a data file of the snapshot. `dataChange: false` for files whose rows stay in the table. Throws DeltaError
   * for a data change in an append-only table.
   */
  removeFile(file: AddFile, { dataChange = true }: { readonly dataChange?: boolean } = {}): void {
    if (dataChange && tableProperties(this.metadata.configuration).appendOnly) {
      throw new DeltaError(`${this.#options.operation} would remove rows from an append-only table`, {
        where: { file: file.path },
        remedy: "Append instead, or set delta.appendOnly to false if rows may go.",
      });
    }
    this.#removes.set(fileKey(file), tombstoneOf(file, { deletionTimestamp: nowMillis(), dataChange }));
  }

  /** Records how far an application got. A commit with a version that is not greater than the recorded one does nothing. */
  setTransaction(appId: string, version: bigint | number): void {
    this.#txns.set(appId, { appId, version: BigInt(version), lastUpdated: nowMillis() });
  }

  /** Sets a domain's configuration text; the table gets the feature domainMetadata if it lacks it. */
  setDomainMetadata(domain: string, configuration: string): void {
    this.#domains.set(domain, { domain, configuration, removed: false });
    this.#needFeatures(["domainMetadata"]);
  }

  removeDomainMetadata(domain: string): void {
    this.#domains.set(domain, { domain, configuration: "", removed: true });
    this.#needFeatures(["domainMetadata"]);
  }

  /** Changes the table's metadata; features that the new schema or properties need are added to the protocol. */
  updateMetadata(changes: Partial<Omit<Metadata, "id">>): void {
    this.#metadata = trackedMetadata(mappedMetadata({ ...this.metadata, ...changes }, this.#base?.metadata));
    this.#mapped = undefined;
    this.#needFeatures(neededFeatures(this.#metadata));
  }

  /** Adds operation metrics (`numOutputRows`, …), recorded as text, as other engines do. */
  setMetrics(metrics: Readonly<Record<string, number | bigint | string>>): void {
    for (const [name, value] of Object.entries(metrics)) this.#metrics[name] = String(value);
  }

  /**
   * Writes the commit. When others come first, it is repeated on top of theirs as long as the protocol's conflict rules
   * allow that; otherwise throws ConflictError, which says who won. Throws StorageError when the log cannot be written;
   * whether the commit is in the log is then unknown, unless it set a transaction: repeating it is safe.
   */
  async commit(): Promise<CommitResult> {
    if (this.#isDone) throw new DeltaError("A transaction can be committed only once");
    this.#isDone = true;
    return new Committer(this.#storage, this.#base, this.#changes(), this.#options, this.#snapshotOf).commit();
  }

  /** The names under which files give their partition values. */
  #partitionNames(): readonly string[] {
    const { metadata } = this;
    if (metadata.partitionColumns.length === 0 || columnMappingMode(metadata) === "none")
      return metadata.partitionColumns;
    this.#mapped ??= physicalPartitionColumns(tableSchema(metadata), metadata.partitionColumns);
    return this.#mapped;
  }

  #changes(): StagedChanges {
    return {
      protocol: this.#protocol,
      metadata: this.#metadata,
      txns: this.#txns,
      domains: this.#domains,
      adds: this.#adds,
      changeFiles: this.#changeFiles,
      removes: [...this.#removes.values()],
      reads: this.#reads,
      metrics: this.#metrics,
    };
  }

  #needFeatures(names: readonly string[]): void {
    const protocol = withFeatures(this.protocol, names);
    if (protocol !== this.protocol) this.#protocol = protocol;
  }
}
