import { newId, nowMillis } from "../clock.js";
import { ConflictError, DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type {
  AddFile,
  Commit,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";
import { parseCommit, parseCommitInfo } from "./actions/parse.js";
import { serializeCommit } from "./actions/serialize.js";
import { backOff } from "./back_off.js";
import { checkpointIfDue } from "./checkpoint.js";
import { type CommitDescription, commitInfo } from "./commit_info.js";
import { conflictError, findConflict, type TransactionFootprint } from "./conflict.js";
import { decodePath, fileKey } from "./file_path.js";
import { tombstoneOf } from "./file_state.js";
import { commitPath } from "./log_path.js";
import type { Predicate } from "./predicate.js";
import { parseSchema } from "./schema.js";
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
  #base: Snapshot | undefined;
  #protocol: Protocol | undefined;
  #metadata: Metadata | undefined;
  readonly #txns = new Map<string, SetTransaction>();
  readonly #domains = new Map<string, DomainMetadata>();
  readonly #adds: AddFile[] = [];
  readonly #removes = new Map<string, RemoveFile>();
  readonly #reads: (Predicate | "everything")[] = [];
  readonly #metrics: Record<string, string> = {};
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
    const { partitionColumns } = this.metadata;
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
    this.#metadata = { ...this.metadata, ...changes };
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
    const id = newId();
    const maxAttempts = this.#options.maxAttempts ?? 100;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const base = this.#base;
      if (base !== undefined && (await this.#isRecorded(base))) {
        return { committed: false, alreadyCommitted: true, version: base.version, snapshot: base };
      }
      const commit = this.#build(id);
      if (await this.#write(commit, id)) return this.#finish(commit);
      const ours = await this.#rebase(id);
      if (ours !== undefined) return this.#finish(ours);
      await backOff(id, attempt);
    }
    throw new ConflictError(`${this.#options.operation} lost the race for a commit ${maxAttempts} times`, {
      where: { version: (this.#base?.version ?? -1) + 1 },
      remedy: "Try again when fewer writers are at work on this table.",
      transient: true,
    });
  }

  /** False when the race was lost. A write that failed may have succeeded all the same: then our commit is there. */
  async #write(commit: Commit, id: string): Promise<boolean> {
    const path = commitPath(commit.version);
    try {
      return await this.#storage.putIfAbsent(path, serializeCommit(commit));
    } catch (error) {
      const bytes = await this.#storage.read(path).catch(() => undefined);
      if (bytes !== undefined && parseCommitInfo(commit.version, bytes)?.txnId === id) return true;
      throw error;
    }
  }

  /** True when all of our applications' versions are recorded. Throws ConflictError when only some are. */
  async #isRecorded(snapshot: Snapshot): Promise<boolean> {
    if (this.#txns.size === 0) return false;
    const recorded = await snapshot.txns([...this.#txns.keys()]);
    const done = [...this.#txns.values()].filter(({ appId, version }) => (recorded.get(appId) ?? -1n) >= version);
    if (done.length === 0 || done.length === this.#txns.size) return done.length > 0;
    throw new ConflictError(`${this.#options.operation} cannot be committed: a part of it is committed already`, {
      where: { version: snapshot.version },
      actual: `recorded: ${done.map(({ appId }) => appId).join(", ")}`,
      remedy: "Read the table again and repeat the operation without that part.",
      transient: true,
    });
  }

  /** Follows the commits that came first. Answers our own commit when it turns out to be among them. */
  async #rebase(id: string): Promise<Commit | undefined> {
    const footprint = this.#footprint();
    const base = this.#base;
    if (base === undefined) {
      const bytes = await this.#storage.read(commitPath(0));
      const first = bytes && parseCommit(0, bytes);
      if (first === undefined || first.commitInfo?.txnId === id) return first;
      throw conflictError(footprint, first, "made the table");
    }
    const latest = await base.refresh();
    const winners = latest.commitsSinceCheckpoint.filter(({ version }) => version > base.version);
    const ours = winners.findIndex(({ commitInfo }) => commitInfo?.txnId === id);
    if (ours >= 0) {
      this.#base = base.withCommits(winners.slice(0, ours));
      return winners[ours];
    }
    if (!(await this.#isRecorded(latest))) {
      for (const winner of winners) {
        const reason = findConflict(footprint, winner);
        if (reason !== undefined) throw conflictError(footprint, winner, reason);
      }
    }
    this.#base = latest;
    return undefined;
  }

  async #finish(commit: Commit): Promise<CommitResult> {
    const { version } = commit;
    const snapshot = this.#base?.withCommits([commit]) ?? this.#snapshotOf(commit);
    try {
      return { committed: true, version, snapshot: await checkpointIfDue(snapshot) };
    } catch (checkpointError) {
      return { committed: true, version, snapshot, checkpointError };
    }
  }

  #build(txnId: string): Commit {
    return {
      version: (this.#base?.version ?? -1) + 1,
      commitInfo: commitInfo(this.#options, {
        readVersion: this.#base?.version,
        isolationLevel: this.#isolationLevel(),
        isBlindAppend: this.#isBlindAppend(),
        operationMetrics: { ...this.#metrics },
        txnId,
      }),
      protocol: this.#protocol,
      metadata: this.#metadata,
      txns: [...this.#txns.values()],
      domains: [...this.#domains.values()],
      removes: [...this.#removes.values()],
      adds: this.#adds,
    };
  }

  #isBlindAppend(): boolean {
    return (
      this.#reads.length === 0 &&
      this.#removes.size === 0 &&
      this.#metadata === undefined &&
      this.#protocol === undefined
    );
  }

  #isolationLevel(): IsolationLevel {
    return this.#options.isolationLevel ?? tableProperties(this.metadata.configuration).isolationLevel;
  }

  #footprint(): TransactionFootprint {
    const metadata = this.#base?.metadata ?? this.metadata;
    return {
      operation: this.#options.operation,
      isolationLevel: this.#isolationLevel(),
      schema: this.#base?.schema ?? parseSchema(metadata.schemaString),
      partitionColumns: metadata.partitionColumns,
      reads: this.#reads,
      removes: [...this.#removes.values()],
      appIds: [...this.#txns.keys()],
      domains: [...this.#domains.keys()],
      changesTable: this.#metadata !== undefined || this.#protocol !== undefined,
    };
  }

  #needFeatures(names: readonly string[]): void {
    const protocol = withFeatures(this.protocol, names);
    if (protocol !== this.protocol) this.#protocol = protocol;
  }
}
