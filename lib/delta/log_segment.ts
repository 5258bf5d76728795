import { DeltaError } from "../errors.js";
import type { ObjectMeta, Storage } from "../storage/storage.js";
import { type LastCheckpointHint, readLastCheckpoint } from "./last_checkpoint.js";
import { LOG_FOLDER, LOG_PREFIX, parseLogPath, versionPrefix } from "./log_path.js";

/** A commit file in the log's listing. */
export interface CommitFile extends ObjectMeta {
  readonly version: number;
}

/** A complete checkpoint: one file (which may name sidecars), or all parts of it in order. */
export interface CheckpointFiles {
  readonly version: number;
  readonly parts: readonly ObjectMeta[];
  /** Actions in it, where `_last_checkpoint` says so. */
  readonly actions: number | undefined;
}

/** The files that make up a version of the table: the newest checkpoint at or below it and all commits after that. */
export interface LogSegment {
  readonly version: number;
  readonly checkpoint: CheckpointFiles | undefined;
  /** Ascending, without gaps, ending at `version` (empty when the checkpoint is of that version). */
  readonly commits: readonly CommitFile[];
  /** The commit file of `version` itself, when the log still has it. */
  readonly last: CommitFile | undefined;
}

/**
 * Lists the log of a version (default: the newest). Undefined when there is no table here. Throws DeltaError when the
 * version does not exist, or when commits are missing that it needs.
 */
export async function listLogSegment(storage: Storage, version?: number): Promise<LogSegment | undefined> {
  const hint = await readLastCheckpoint(storage);
  if (hint !== undefined && (version === undefined || hint.version <= version)) {
    const files = await listFrom(storage, hint.version, version);
    const checkpoint = newestCheckpoint(files, hint);
    if (checkpoint !== undefined) return segmentOf(storage, files, checkpoint, version);
  }
  const files = await listFrom(storage, 0, version);
  if (isEmpty(files) && (version === undefined || isEmpty(await listFrom(storage, 0)))) return undefined;
  return segmentOf(storage, files, newestCheckpoint(files, hint), version);
}

/** The commits after a version, ascending. Throws DeltaError when one between them is missing. */
export async function listCommitsAfter(storage: Storage, version: number): Promise<readonly CommitFile[]> {
  const { commits } = await listFrom(storage, version + 1);
  checkContiguous(storage, commits, version + 1);
  return commits;
}

/** Every commit file that the log still holds, ascending; there may be gaps. */
export async function listCommits(storage: Storage, from = 0): Promise<readonly CommitFile[]> {
  return (await listFrom(storage, from)).commits;
}

interface Listing {
  readonly commits: CommitFile[];
  readonly checkpoints: {
    readonly version: number;
    readonly part: number;
    readonly parts: number;
    readonly id: string;
    readonly file: ObjectMeta;
  }[];
}

async function listFrom(storage: Storage, from: number, to = Number.MAX_SAFE_INTEGER): Promise<Listing> {
  const listing: Listing = { commits: [], checkpoints: [] };
  for (const object of await storage.list(LOG_PREFIX, { startAfter: versionPrefix(from) })) {
    const file = object.path.lastIndexOf("/") === LOG_FOLDER.length ? parseLogPath(object.path) : undefined;
    if (file === undefined || file.version > to) continue;
    if (file.kind === "commit") listing.commits.push({ ...object, version: file.version });
    else listing.checkpoints.push({ part: 1, parts: 1, id: "", ...file, file: object });
  }
  return listing;
}

function isEmpty({ commits, checkpoints }: Listing): boolean {
  return commits.length === 0 && checkpoints.length === 0;
}

/** A checkpoint counts only when all of its parts are there; several of one version differ in their parts or names. */
function newestCheckpoint(listing: Listing, hint: LastCheckpointHint | undefined): CheckpointFiles | undefined {
  const groups = new Map<string, Listing["checkpoints"]>();
  for (const entry of listing.checkpoints) {
    const key = `${entry.version}/${entry.parts}/${entry.id}`;
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  const complete = [...groups.values()].filter((group) => group.length === group[0]?.parts);
  const newest = complete.sort((a, b) => (b[0]?.version ?? 0) - (a[0]?.version ?? 0))[0];
  const version = newest?.[0]?.version;
  if (newest === undefined || version === undefined) return undefined;
  const parts = [...newest].sort((a, b) => a.part - b.part).map((entry) => entry.file);
  return { version, parts, actions: hint?.version === version ? hint.size : undefined };
}

async function segmentOf(
  storage: Storage,
  listing: Listing,
  checkpoint: CheckpointFiles | undefined,
  version: number | undefined,
): Promise<LogSegment> {
  const first = checkpoint === undefined ? 0 : checkpoint.version + 1;
  const commits = listing.commits.filter((commit) => commit.version >= first);
  const newest = commits.at(-1)?.version ?? checkpoint?.version ?? -1;
  if (version !== undefined && version !== newest) throw await noSuchVersion(storage, version);
  if (checkpoint === undefined && (commits[0]?.version ?? -1) !== 0) throw incomplete(storage, commits[0]?.version);
  checkContiguous(storage, commits, first);
  const last = listing.commits.at(-1);
  return { version: newest, checkpoint, commits, last: last?.version === newest ? last : undefined };
}

function checkContiguous(storage: Storage, commits: readonly CommitFile[], first: number): void {
  for (const [index, commit] of commits.entries()) {
    const expected = first + index;
    if (commit.version === expected) continue;
    throw new DeltaError(`The log has a gap: commit ${expected} is missing although commit ${commit.version} exists`, {
      where: { path: storage.uri, version: expected, file: `${versionPrefix(expected)}.json` },
      remedy: "Restore the missing file; without it the table's state is unknown.",
    });
  }
}

async function noSuchVersion(storage: Storage, version: number): Promise<DeltaError> {
  const { commits, checkpoints } = await listFrom(storage, 0);
  const [first] = commits;
  const starts = [...(first?.version === 0 ? [first] : []), ...checkpoints].map((file) => file.version);
  if (starts.length === 0) return incomplete(storage, first?.version);
  const [oldest, newest] = [Math.min(...starts), Math.max(commits.at(-1)?.version ?? 0, ...starts)];
  return new DeltaError(`The table has no version ${version}`, {
    where: { path: storage.uri },
    expected: oldest === newest ? `version ${oldest}` : `version ${oldest} to ${newest}`,
    actual: String(version),
    remedy: "Choose a version that the table's history lists.",
  });
}

function incomplete(storage: Storage, oldest: number | undefined): DeltaError {
  return new DeltaError("The log is incomplete: it has no checkpoint to start from and its first commits are gone", {
    where: { path: storage.uri },
    expected: "commit 0 or a complete checkpoint",
    actual: oldest === undefined ? "no commit" : `the oldest commit is ${oldest}`,
  });
}
