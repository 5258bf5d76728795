import { nowMillis } from "../clock.js";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { StructType } from "../types.js";
import type {
  AddFile,
  Commit,
  CommitInfo,
  DomainMetadata,
  Metadata,
  PartitionValues,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";
import { CheckpointReader } from "./checkpoint_reader.js";
import { tableSchema } from "./column_mapping.js";
import { findCommitInfo, readCommitInfo, readCommits, readCommitsFrom } from "./commit_reader.js";
import { factsFilter, fileFilter } from "./data_skipping.js";
import { type ActiveFiles, applyCommits, applyRemoves } from "./file_state.js";
import type { ParquetHandler } from "./handler.js";
import { type CheckpointFiles, listCommitsAfter, listLogSegment } from "./log_segment.js";
import { CheckpointBase, committedAt, type LogState, protocolAndMetadata } from "./log_state.js";
import { parquetHandler } from "./parquet_handler.js";
import type { Predicate } from "./predicate.js";
import { type FileStats, parseStats } from "./stats.js";
import { StatsScanner } from "./stats_scan.js";
import { type CommitChanges, changesBetween } from "./table_changes.js";
import { checkReadable } from "./table_features.js";
import { type TableProperties, tableProperties } from "./table_properties.js";
import { Transaction, type TransactionOptions } from "./transaction.js";

const DAY_MILLIS = 86_400_000;

export interface LoadOptions {
  /** Default: the newest. */
  readonly version?: number;
  /** Reads and writes checkpoints. Default: plain JavaScript. */
  readonly handler?: ParquetHandler;
}

/**
 * One version of a table. Loading reads the commits since the newest checkpoint; what stands in the checkpoint itself
 * (files, transactions, domains) is read when it is first asked for. A snapshot never changes; `refresh` makes a newer one.
 */
export class Snapshot {
  readonly storage: Storage;
  readonly handler: ParquetHandler;
  readonly version: number;
  /** Milliseconds since the epoch at which this version was committed, as its commit says. */
  readonly timestamp: number;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly #state: LogState;
  /** When this was known to be a version of the table. */
  readonly #seenAt = nowMillis();
  #schema: StructType | undefined;
  #properties: TableProperties | undefined;
  #files: Promise<ActiveFiles> | undefined;

  private constructor(storage: Storage, handler: ParquetHandler, state: LogState) {
    this.storage = storage;
    this.handler = handler;
    this.version = state.version;
    this.timestamp = state.timestamp;
    this.protocol = state.protocol;
    this.metadata = state.metadata;
    this.#state = state;
    checkReadable(state.protocol, state.metadata, state.version);
  }

  /**
   * Loads a version of the table at the storage's root; undefined when there is no table. Throws DeltaError when the
   * version does not exist or the log is damaged, UnsupportedFeatureError when the table needs what this engine lacks.
   */
  static async load(storage: Storage, options: LoadOptions = {}): Promise<Snapshot | undefined> {
    const handler = options.handler ?? parquetHandler;
    const segment = await listLogSegment(storage, options.version);
    if (segment === undefined) return undefined;
    const commits = await readCommits(storage, segment.commits);
    const reader = segment.checkpoint && new CheckpointReader(storage, handler, segment.checkpoint);
    const { protocol, metadata } = await protocolAndMetadata(commits, reader, segment.version);
    const newest = commits.at(-1)?.commitInfo ?? (segment.last && (await readCommitInfo(storage, segment.last)));
    return new Snapshot(storage, handler, {
      version: segment.version,
      timestamp: committedAt(newest) ?? segment.last?.modifiedAt ?? segment.checkpoint?.parts[0]?.modifiedAt ?? 0,
      commitInfo: newest,
      protocol,
      metadata,
      checkpoint: segment.checkpoint,
      commits,
      base: new CheckpointBase(reader),
      known: undefined,
    });
  }

  get schema(): StructType {
    this.#schema ??= tableSchema(this.metadata);
    return this.#schema;
  }

  get partitionColumns(): readonly string[] {
    return this.metadata.partitionColumns;
  }

  get properties(): TableProperties {
    this.#properties ??= tableProperties(this.metadata.configuration);
    return this.#properties;
  }

  /** The newest version: this snapshot itself when nothing was committed since, otherwise the new commits are read. */
  async refresh(): Promise<Snapshot> {
    // Clean-up removes only commits of former days, so what was the newest version today has all that followed.
    if (Math.floor(nowMillis() / DAY_MILLIS) === Math.floor(this.#seenAt / DAY_MILLIS)) {
      return this.withCommits(await readCommitsFrom(this.storage, this.version + 1));
    }
    const files = await listCommitsAfter(this.storage, this.version);
    return files.length === 0 ? this : this.withCommits(await readCommits(this.storage, files));
  }

  /** This snapshot with the commits that follow it, which the caller has read or written. */
  withCommits(commits: readonly Commit[]): Snapshot {
    const newest = commits.at(-1);
    if (newest === undefined) return this;
    const state = this.#state;
    const last = <K extends "protocol" | "metadata">(kind: K): Commit[K] =>
      commits.findLast((commit) => commit[kind])?.[kind];
    const snapshot = new Snapshot(this.storage, this.handler, {
      ...state,
      version: newest.version,
      timestamp: committedAt(newest.commitInfo) ?? state.timestamp,
      commitInfo: newest.commitInfo,
      protocol: last("protocol") ?? state.protocol,
      metadata: last("metadata") ?? state.metadata,
      commits: [...state.commits, ...commits],
      known: this.#files === undefined ? state.known : { files: this.#files, commits: state.commits.length },
    });
    if (snapshot.metadata === this.metadata) {
      snapshot.#schema = this.#schema;
      snapshot.#properties = this.#properties;
    }
    return snapshot;
  }

  /** The snapshot of a table that its first commit has just made. */
  static ofFirstCommit(storage: Storage, handler: ParquetHandler, commit: Commit): Snapshot {
    const { protocol, metadata } = commit;
    if (protocol === undefined || metadata === undefined)
      throw new DeltaError("A table's first commit needs protocol and metadata");
    return new Snapshot(storage, handler, {
      version: 0,
      timestamp: commit.commitInfo?.timestamp ?? 0,
      commitInfo: commit.commitInfo,
      protocol,
      metadata,
      checkpoint: undefined,
      commits: [commit],
      base: new CheckpointBase(undefined),
      known: undefined,
    });
  }

  /** This version standing on a checkpoint of it that has just been written: forgets the commits before. */
  async withCheckpoint(checkpoint: CheckpointFiles): Promise<Snapshot> {
    const reader = new CheckpointReader(this.storage, this.handler, checkpoint);
    const base = new CheckpointBase(reader, { adds: await this.#activeFiles(), txns: await this.allTxns() });
    return new Snapshot(this.storage, this.handler, {
      ...this.#state,
      checkpoint,
      base,
      commits: [],
      known: undefined,
    });
  }

  /** The table's data files, or those of them that may hold rows which match. */
  async files(condition?: Predicate): Promise<readonly AddFile[]> {
    if (condition === undefined) return [...(await this.#activeFiles()).values()];
    const isKnown = this.#files !== undefined || this.#state.known !== undefined;
    const candidates = isKnown ? await this.#activeFiles() : await this.#candidates(condition);
    return [...candidates.values()].filter(fileFilter(condition, this.schema, this.partitionColumns));
  }

  /** The files, without those of the checkpoint that the condition excludes: so large tables are not held in memory. */
  async #candidates(condition: Predicate): Promise<ActiveFiles> {
    const { base, commits } = this.#state;
    const mayMatch = factsFilter(condition, this.schema, this.partitionColumns);
    const scanner = new StatsScanner(this.schema.fields.every(({ type }) => typeof type === "string"));
    // One object for all files: there may be a million.
    let stats: FileStats | undefined;
    const facts = { partitionValues: {} as PartitionValues, stats: () => stats };
    const matching = await base.addsMatching((partitionValues, bytes, start, end) => {
      facts.partitionValues = partitionValues;
      stats = bytes === null ? undefined : scanner.read(bytes, start, end);
      return mayMatch(facts);
    });
    return applyCommits(matching, commits);
  }

  /** Rows in the table, as the files' statistics tell; undefined when one of them does not. */
  async numRecords(): Promise<bigint | undefined> {
    let sum = 0n;
    for (const file of await this.files()) {
      const records = parseStats(file.stats)?.numRecords;
      if (records === undefined) return undefined;
      sum += records - BigInt(file.deletionVector?.cardinality ?? 0);
    }
    return sum;
  }

  /** How far an application got, by its last `txn` action; undefined when it never committed. */
  async txn(appId: string): Promise<bigint | undefined> {
    return (await this.txns([appId])).get(appId);
  }

  /** How far each of these applications got; those that never committed are absent. One pass over the log for all. */
  async txns(appIds: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    const found = new Map<string, bigint>();
    const missing = new Set(appIds);
    const { commits } = this.#state;
    for (let i = commits.length - 1; i >= 0 && missing.size > 0; i--) {
      for (const { appId, version } of commits[i]?.txns ?? []) if (missing.delete(appId)) found.set(appId, version);
    }
    if (missing.size === 0) return found;
    const recorded = await this.#state.base.txns([...missing]);
    for (const appId of missing) {
      const version = recorded.get(appId)?.version;
      if (version !== undefined) found.set(appId, version);
    }
    return found;
  }

  /** The configuration text of a metadata domain; undefined when it has none. */
  async domainMetadata(domain: string): Promise<string | undefined> {
    const found = (await this.domains()).get(domain);
    return found === undefined || found.removed ? undefined : found.configuration;
  }

  /** Every domain's newest action, also of those that were removed. */
  async domains(): Promise<ReadonlyMap<string, DomainMetadata>> {
    const domains = new Map(await this.#state.base.domains());
    for (const commit of this.#state.commits) for (const domain of commit.domains) domains.set(domain.domain, domain);
    return domains;
  }

  /** Every application's newest `txn` action: for checkpoints, and costly where there are many. */
  async allTxns(): Promise<ReadonlyMap<string, SetTransaction>> {
    const txns = new Map(await this.#state.base.txns());
    for (const commit of this.#state.commits) for (const txn of commit.txns) txns.set(txn.appId, txn);
    return txns;
  }

  /** The files that were removed and not yet dropped from the log. */
  async tombstones(): Promise<readonly RemoveFile[]> {
    return [...applyRemoves(await this.#state.base.removes(), this.#state.commits).values()];
  }

  /** The commits since the newest checkpoint, ascending. */
  get commitsSinceCheckpoint(): readonly Commit[] {
    return this.#state.commits;
  }

  /** The newest checkpoint that this snapshot was loaded from. */
  get checkpoint(): CheckpointFiles | undefined {
    return this.#state.checkpoint;
  }

  /**
   * What was committed after a version, up to this one, commit by commit; undefined when the log no longer holds all
   * of these commits. Throws DeltaError when the version is newer than this snapshot.
   */
  addedSince(version: number): Promise<readonly CommitChanges[] | undefined> {
    return changesBetween(this.storage, version, this.version, this.#state.commits);
  }

  /** What the commit of a version up to this one says of itself; undefined when it says nothing, or the log no longer holds it. */
  async commitInfo(version: number): Promise<CommitInfo | undefined> {
    if (version === this.version) return this.#state.commitInfo;
    const known = this.#state.commits.find((commit) => commit.version === version);
    return known ? known.commitInfo : findCommitInfo(this.storage, version);
  }

  /** A new commit on top of this version. Throws UnsupportedFeatureError when this engine must not write to the table. */
  transaction(options: TransactionOptions): Transaction {
    return Transaction.on(this, options);
  }

  async #activeFiles(): Promise<ActiveFiles> {
    const { base, commits, known } = this.#state;
    this.#files ??= known
      ? known.files.then((files) => applyCommits(files, commits.slice(known.commits)))
      : base.adds().then((files) => applyCommits(files, commits));
    // A failure (a disk that is busy) is not remembered.
    this.#files.catch(() => {
      this.#files = undefined;
    });
    return this.#files;
  }
}
