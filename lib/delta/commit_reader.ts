import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { Commit } from "./actions/action.js";
import { parseCommit } from "./actions/parse.js";
import { commitPath } from "./log_path.js";
import type { CommitFile } from "./log_segment.js";

/** Reads and parses commit files, in order. Throws DeltaError when one is damaged, or has gone since it was listed. */
export async function readCommits(storage: Storage, files: readonly CommitFile[]): Promise<readonly Commit[]> {
  return Promise.all(files.map(async ({ version }) => parseCommit(version, await readCommitFile(storage, version))));
}

export async function readCommitFile(storage: Storage, version: number): Promise<Uint8Array> {
  const file = commitPath(version);
  const bytes = await storage.read(file);
  if (bytes !== undefined) return bytes;
  throw new DeltaError(`The commit ${file} is listed but cannot be found`, {
    where: { version, file },
    transient: true,
  });
}
