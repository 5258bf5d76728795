import { newId, nowMillis } from "../clock.js";
import { ConflictError } from "../errors.js";
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
import { parseCommit, parseCommitInfo } from "./actions/parse.js";
import { serializeCommit } from "./actions/serialize.js";
import { backOff } from "./back_off.js";
import { checkpointIfDue } from "./checkpoint.js";
import { commitInfo } from "./commit_info.js";
import { conflictError, findConflict, laterFiles, type TransactionFootprint } from "./conflict.js";
import { fileKey } from "./file_path.js";
import { commitPath } from "./log_path.js";
import { isCompatibleChange } from "./metadata_change.js";
import { type Predicate, predicate } from "./predicate.js";
import { trackRows } from "./row_tracking.js";
import { parseSchema } from "./schema.js";
import type { Snapshot } from "./snapshot.js";
import { type IsolationLevel, tableProperties } from "./table_properties.js";
import type { CommitResult, TransactionOptions } from "./transaction.js";

/** What a transaction will write, and what of the table it has read. */
export interface StagedChanges {
  /** Undefined where they stay as they are. */
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  readonly txns: ReadonlyMap<string, SetTransaction>;
  readonly domains: ReadonlyMap<string, DomainMetadata>;
  readonly adds: readonly AddFile[];
  readonly changeFiles: readonly AddCdcFile[];
  readonly removes: readonly RemoveFile[];
  readonly reads: readonly (Predicate | "everything")[];
  readonly metrics: Readonly<Record<string, string>>;
}

/** Brings staged changes into the log as the next version, whichever that is by then. Used once. */
export class Committer {
  readonly #storage: Storage;
  /** The version that the transaction read; undefined for the one that makes the table. */
  readonly #read: Snapshot | undefined;
  /** The version that the commit is going to follow. */
  #base: Snapshot | undefined;
  readonly #changes: StagedChanges;
  readonly #options: TransactionOptions;
  readonly #snapshotOf: (first: Commit) => Snapshot;
  /** Keys of files of commits that came first and yet must come later. */
  readonly #laterFiles = new Set<string>();
  /** Tells our commit from those of others. */
  readonly #id = newId();

  constructor(
    storage: Storage,
    read: Snapshot | undefined,
    changes: StagedChanges,
    options: TransactionOptions,
    snapshotOf: (first: Commit) => Snapshot,
  ) {
    this.#storage = storage;
    this.#read = read;
    this.#base = read;
    this.#changes = changes;
    this.#options = options;
    this.#snapshotOf = snapshotOf;
  }

  /** See `Transaction.commit`. */
  async commit(): Promise<CommitResult> {
    const maxAttempts = this.#options.maxAttempts ?? 100;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const base = this.#base;
      if (base !== undefined && (await this.#isRecorded(base))) {
        return { committed: false, alreadyCommitted: true, version: base.version, snapshot: base };
      }
      const commit = await this.#build();
      if (await this.#write(commit)) return this.#finish(commit);
      const ours = await this.#rebase();
      if (ours !== undefined) return this.#finish(ours);
      await backOff(this.#id, attempt);
    }
    throw new ConflictError(`${this.#options.operation} lost the race for a commit ${maxAttempts} times`, {
      where: { version: (this.#base?.version ?? -1) + 1 },
      remedy: "Try again when fewer writers are at work on this table.",
      transient: true,
    });
  }

  /** False when the race was lost. A write that failed may have succeeded all the same: the log tells. */
  async #write(commit: Commit): Promise<boolean> {
    const path = commitPath(commit.version);
    try {
      return await this.#storage.putIfAbsent(path, serializeCommit(commit));
    } catch (error) {
      const bytes = await this.#storage.read(path).catch(() => undefined);
      if (bytes === undefined) throw error;
      return parseCommitInfo(commit.version, bytes)?.txnId === this.#id;
    }
  }

  /** True when all of our applications' versions are recorded. Throws ConflictError when only some are. */
  async #isRecorded(snapshot: Snapshot): Promise<boolean> {
    const { txns } = this.#changes;
    if (txns.size === 0) return false;
    const recorded = await snapshot.txns([...txns.keys()]);
    const done = [...txns.values()].filter(({ appId, version }) => (recorded.get(appId) ?? -1n) >= version);
    if (done.length === 0 || done.length === txns.size) return done.length > 0;
    throw new ConflictError(`${this.#options.operation} cannot be committed: a part of it is committed already`, {
      where: { version: snapshot.version },
      actual: `recorded: ${done.map(({ appId }) => appId).join(", ")}`,
      remedy: "Read the table again and repeat the operation without that part.",
      transient: true,
    });
  }

  /** Follows the commits that came first. Answers our own commit when it turns out to be among them. */
  async #rebase(): Promise<Commit | undefined> {
    const base = this.#base;
    if (base === undefined) {
      const bytes = await this.#storage.read(commitPath(0));
      const first = bytes && parseCommit(0, bytes);
      if (first === undefined || first.commitInfo?.txnId === this.#id) return first;
      throw conflictError(this.#options.operation, first, "made the table");
    }
    const latest = await base.refresh();
    const winners = latest.commitsSinceCheckpoint.filter(({ version }) => version > base.version);
    const ours = winners.findIndex(({ commitInfo }) => commitInfo?.txnId === this.#id);
    if (ours >= 0) {
      this.#base = base.withCommits(winners.slice(0, ours));
      return winners[ours];
    }
    if (!(await this.#isRecorded(latest))) await this.#checkConflicts(winners);
    this.#base = latest;
    return undefined;
  }

  async #checkConflicts(winners: readonly Commit[]): Promise<void> {
    const footprint = await this.#footprint(winners);
    for (const winner of winners) {
      const reason = findConflict(footprint, winner);
      if (reason !== undefined) throw conflictError(this.#options.operation, winner, reason);
      for (const key of laterFiles(footprint, winner)) this.#laterFiles.add(key);
    }
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

  async #build(): Promise<Commit> {
    const { protocol, txns, domains, changeFiles, removes, metrics } = this.#changes;
    const version = (this.#base?.version ?? -1) + 1;
    const { adds, domain, preserved } = await trackRows(this.#base, this.#changes, version);
    const { metadata, inCommitTimestamp } = timed(this.#base, this.#changes.metadata, version);
    return {
      version,
      commitInfo: commitInfo(this.#options, {
        inCommitTimestamp,
        readVersion: this.#read?.version,
        isolationLevel: this.#isolationLevel(),
        isBlindAppend: this.#isBlindAppend(),
        operationMetrics: { ...metrics },
        txnId: this.#id,
        ...(preserved !== undefined && { tags: { "delta.rowTracking.preserved": String(preserved) } }),
      }),
      protocol,
      metadata,
      txns: [...txns.values()],
      domains: [...domains.values(), ...(domain ? [domain] : [])],
      removes,
      adds,
      ...(changeFiles.length > 0 && { cdc: changeFiles }),
    };
  }

  #isBlindAppend(): boolean {
    const { reads, removes, metadata, protocol } = this.#changes;
    return reads.length === 0 && removes.length === 0 && metadata === undefined && protocol === undefined;
  }

  #isolationLevel(): IsolationLevel {
    const metadata = this.#changes.metadata ?? this.#read?.metadata;
    return this.#options.isolationLevel ?? tableProperties(metadata?.configuration ?? {}).isolationLevel;
  }

  async #footprint(winners: readonly Commit[]): Promise<TransactionFootprint> {
    const { reads, removes, txns, domains } = this.#changes;
    const before = this.#read?.metadata;
    const after = this.#changes.metadata;
    const needsFiles = winners.some((winner) => winner.removes.some(({ dataChange }) => dataChange));
    return {
      isolationLevel: this.#isolationLevel(),
      schema: this.#read?.schema ?? parseSchema(after?.schemaString ?? ""),
      partitionColumns: before?.partitionColumns ?? [],
      reads,
      readFiles: new Set(needsFiles ? (await this.#readFiles()).map(fileKey) : []),
      laterFiles: this.#laterFiles,
      removes,
      appIds: [...txns.keys()],
      domains: [...domains.keys()],
      metadataChange:
        before === undefined || after === undefined
          ? "none"
          : isCompatibleChange(before, after)
            ? "compatible"
            : "incompatible",
    };
  }

  /** The files of the version that was read which may hold what was read of it. */
  async #readFiles(): Promise<readonly AddFile[]> {
    const { reads } = this.#changes;
    if (this.#read === undefined || reads.length === 0) return [];
    const conditions = reads.flatMap((read) => (read === "everything" ? [] : [read]));
    return this.#read.files(conditions.length < reads.length ? undefined : predicate.or(...conditions));
  }
}

const TIMED = "delta.enableInCommitTimestamps";

/**
 * The time that a commit gets where the table keeps times in its commits (protocol, "In-Commit Timestamps"): later than the
 * one before. The commit that begins with it says so in its metadata.
 */
function timed(base: Snapshot | undefined, metadata: Metadata | undefined, version: number) {
  const isTimed = (of: Metadata | undefined): boolean => of?.configuration[TIMED]?.toLowerCase() === "true";
  if (!isTimed(metadata ?? base?.metadata)) return { metadata, inCommitTimestamp: undefined };
  const inCommitTimestamp = Math.max(nowMillis(), (base?.timestamp ?? 0) + 1);
  if (metadata === undefined || base === undefined || isTimed(base.metadata)) return { metadata, inCommitTimestamp };
  const configuration = {
    ...metadata.configuration,
    "delta.inCommitTimestampEnablementVersion": String(version),
    "delta.inCommitTimestampEnablementTimestamp": String(inCommitTimestamp),
  };
  return { metadata: { ...metadata, configuration }, inCommitTimestamp };
}
