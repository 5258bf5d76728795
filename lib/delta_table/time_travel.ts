import { history } from "../delta/history.js";
import { DeltaError, UsageError } from "../errors.js";
import type { Storage } from "../storage/storage.js";

/** A past state of a table: a version, or the newest one that was committed up to an instant (ISO text). */
export interface TimeTravel {
  readonly version?: number;
  readonly timestamp?: string;
}

/**
 * The version that is asked for; undefined for the newest. An instant stands for the newest version committed at or before.
 * @throws DeltaError when the log holds no commit that old
 */
export async function versionOf(storage: Storage, { version, timestamp }: TimeTravel): Promise<number | undefined> {
  if (version !== undefined && timestamp !== undefined)
    throw new UsageError("A past state is named by its version or by an instant, not by both");
  if (timestamp === undefined) return version;
  const millis = Date.parse(timestamp);
  if (Number.isNaN(millis))
    throw new UsageError("A past state's instant cannot be understood", {
      expected: "an ISO instant such as 2026-01-31T12:00:00Z",
      actual: timestamp,
    });
  const commits = await history(storage);
  const found = commits.find((commit) => commit.timestamp <= millis);
  if (found !== undefined || commits.length === 0) return found?.version;
  throw new DeltaError("The log holds no version that old", {
    where: { path: storage.uri },
    expected: `${new Date(commits.at(-1)?.timestamp ?? 0).toISOString()} or later`,
    actual: timestamp,
  });
}
