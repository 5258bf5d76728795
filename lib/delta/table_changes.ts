import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { AddFile, Commit, CommitInfo, RemoveFile } from "./actions/action.js";
import { readCommits } from "./commit_reader.js";
import { listCommits } from "./log_segment.js";

/** What one commit changed in the table's rows; files that were only rearranged are left out. */
export interface CommitChanges {
  readonly version: number;
  readonly commitInfo: CommitInfo | undefined;
  readonly added: readonly AddFile[];
  /** Empty when the commit only added rows. */
  readonly removed: readonly RemoveFile[];
}

/** The changes after version `since`, up to and with `until`; `known` are commits that need not be read again. */
export async function changesBetween(
  storage: Storage,
  since: number,
  until: number,
  known: readonly Commit[],
): Promise<readonly CommitChanges[] | undefined> {
  if (since > until) {
    throw new DeltaError(`The table has no version ${since} yet`, {
      expected: `a version up to ${until}`,
      actual: String(since),
    });
  }
  const from = known[0]?.version;
  const commits = from !== undefined && from <= since + 1 ? known : await readRange(storage, since + 1, until);
  const wanted = commits.filter(({ version }) => version > since && version <= until);
  if (wanted.length !== until - since) return undefined;
  return wanted.map(({ version, commitInfo, adds, removes }) => ({
    version,
    commitInfo,
    added: adds.filter(({ dataChange }) => dataChange),
    removed: removes.filter(({ dataChange }) => dataChange),
  }));
}

async function readRange(storage: Storage, from: number, to: number): Promise<readonly Commit[]> {
  const files = (await listCommits(storage, from)).filter(({ version }) => version <= to);
  return files.length === to - from + 1 ? readCommits(storage, files) : [];
}
