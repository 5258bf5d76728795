import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { Commit, CommitInfo } from "./actions/action.js";
import { parseCommit, parseCommitInfo } from "./actions/parse.js";
import { commitPath } from "./log_path.js";
import type { CommitFile } from "./log_segment.js";

/** Reads and parses commit files, in order. Throws DeltaError when one is damaged, or has gone since it was listed. */
export async function readCommits(storage: Storage, files: readonly CommitFile[]): Promise<readonly Commit[]> {
  return Promise.all(files.map(async ({ version }) => parseCommit(version, await readCommitFile(storage, version))));
}

/** The commits from a version on, one after the other, until there is no next one: without a listing of the log. */
export async function readCommitsFrom(storage: Storage, version: number): Promise<readonly Commit[]> {
  const commits: Commit[] = [];
  for (let next = version; ; next++) {
    const bytes = await storage.read(commitPath(next));
    if (bytes === undefined) return commits;
    commits.push(parseCommit(next, bytes));
  }
}

/** The commitInfo of a commit; of a large file only the beginning is read, where most engines put it. */
export async function readCommitInfo(
  storage: Storage,
  { version, path, size }: CommitFile,
): Promise<CommitInfo | undefined> {
  if (size > HEAD_BYTES) {
    const head = await storage.readRange(path, 0, HEAD_BYTES);
    const end = head?.indexOf(LINE_FEED) ?? -1;
    const info = head && end > 0 ? parseCommitInfo(version, head.subarray(0, end)) : undefined;
    if (info !== undefined) return info;
  }
  return parseCommitInfo(version, await readCommitFile(storage, version));
}

/** The commitInfo of one commit, without a listing of the log; undefined also where the log does not hold that commit. */
export async function findCommitInfo(storage: Storage, version: number): Promise<CommitInfo | undefined> {
  const file = await storage.head(commitPath(version));
  return file && readCommitInfo(storage, { ...file, version });
}

const HEAD_BYTES = 1 << 16;
const LINE_FEED = 10;

async function readCommitFile(storage: Storage, version: number): Promise<Uint8Array> {
  const file = commitPath(version);
  const bytes = await storage.read(file);
  if (bytes !== undefined) return bytes;
  throw new DeltaError(`The commit ${file} is listed but cannot be found`, {
    where: { version, file },
    transient: true,
  });
}
