import { DeltaError } from "../errors.js";
import type {
  Commit,
  CommitInfo,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";
import type { RowCondition } from "./checkpoint_pruning.js";
import type { CheckpointReader } from "./checkpoint_reader.js";
import type { ActiveFiles } from "./file_state.js";
import type { CheckpointFiles } from "./log_segment.js";

/** What a snapshot was made from. */
export interface LogState {
  readonly version: number;
  readonly timestamp: number;
  /** Of this version's own commit, as far as the log holds it. */
  readonly commitInfo: CommitInfo | undefined;
  readonly protocol: Protocol;
  readonly metadata: Metadata;
  readonly checkpoint: CheckpointFiles | undefined;
  readonly commits: readonly Commit[];
  readonly base: CheckpointBase;
  /** The files after the first `commits` commits, when an older snapshot has worked them out. */
  readonly known: { readonly files: Promise<ActiveFiles>; readonly commits: number } | undefined;
}

/** What a checkpoint holds, read once each and shared by all snapshots that stand on it. */
export class CheckpointBase {
  readonly #reader: CheckpointReader | undefined;
  #adds: ActiveFiles | undefined;
  #domains: ReadonlyMap<string, DomainMetadata> | undefined;
  #txns: ReadonlyMap<string, SetTransaction> | undefined;

  constructor(
    reader: CheckpointReader | undefined,
    known?: { readonly adds: ActiveFiles; readonly txns: ReadonlyMap<string, SetTransaction> },
  ) {
    this.#reader = reader;
    this.#adds = known?.adds;
    if (known !== undefined && known.txns.size <= KEPT_TXNS) this.#txns = known.txns;
  }

  async adds(): Promise<ActiveFiles> {
    this.#adds ??= (await this.#reader?.adds()) ?? new Map();
    return this.#adds;
  }

  /** At least the files that may satisfy a condition: of a large checkpoint no others are kept in memory. */
  async addsMatching(mayMatch: RowCondition): Promise<ActiveFiles> {
    return this.#adds ?? (await this.#reader?.adds(mayMatch)) ?? new Map();
  }

  async domains(): Promise<ReadonlyMap<string, DomainMetadata>> {
    this.#domains ??= (await this.#reader?.domains()) ?? new Map();
    return this.#domains;
  }

  async removes(): Promise<ReadonlyMap<string, RemoveFile>> {
    return (await this.#reader?.removes()) ?? new Map();
  }

  /** Of these applications (and perhaps others), or of all. */
  async txns(appIds?: readonly string[]): Promise<ReadonlyMap<string, SetTransaction>> {
    if (this.#txns !== undefined || this.#reader === undefined) return this.#txns ?? new Map();
    const txns = await this.#reader.txns(appIds);
    if (appIds === undefined && txns.size <= KEPT_TXNS) this.#txns = txns;
    return txns;
  }
}

/** More transactions than this are not kept in memory but looked up in the checkpoint. */
const KEPT_TXNS = 20_000;

/** The newest protocol and metadata actions. Throws DeltaError when the log has none. */
export async function protocolAndMetadata(
  commits: readonly Commit[],
  reader: CheckpointReader | undefined,
  version: number,
) {
  let protocol = commits.findLast((commit) => commit.protocol)?.protocol;
  let metadata = commits.findLast((commit) => commit.metadata)?.metadata;
  if ((protocol === undefined || metadata === undefined) && reader !== undefined) {
    const base = await reader.protocolAndMetadata();
    protocol ??= base.protocol;
    metadata ??= base.metadata;
  }
  if (protocol === undefined)
    throw new DeltaError("The log holds no protocol action, which every table needs", { where: { version } });
  if (metadata === undefined)
    throw new DeltaError("The log holds no metaData action, which every table needs", { where: { version } });
  return { protocol, metadata };
}

/** When a commit says that it was made, in milliseconds since the epoch. */
export function committedAt(info: CommitInfo | undefined): number | undefined {
  return info?.inCommitTimestamp ?? info?.timestamp;
}
