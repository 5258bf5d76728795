import type { Storage } from "../storage/storage.js";
import { readCommitInfo } from "./commit_reader.js";
import type { JsonObject } from "./json.js";
import { listCommits } from "./log_segment.js";

/** One commit, as `DESCRIBE HISTORY` shows it. */
export interface HistoryEntry {
  readonly version: number;
  /** Milliseconds since the epoch: the in-commit timestamp, else the commit's own, else the file's. */
  readonly timestamp: number;
  readonly operation: string | undefined;
  readonly operationParameters: JsonObject;
  readonly operationMetrics: Readonly<Record<string, string>>;
  readonly readVersion: number | undefined;
  readonly isBlindAppend: boolean | undefined;
  readonly engineInfo: string | undefined;
  readonly userMetadata: string | undefined;
  /** This project's own facts about the commit: run, step, sources. */
  readonly tslake: JsonObject;
}

/** The commits that the log still holds, newest first. Throws DeltaError when one of them is damaged. */
export async function history(
  storage: Storage,
  { limit = Number.POSITIVE_INFINITY }: { readonly limit?: number } = {},
): Promise<readonly HistoryEntry[]> {
  const files = [...(await listCommits(storage))].reverse().slice(0, limit);
  return Promise.all(
    files.map(async (file) => {
      const info = (await readCommitInfo(storage, file)) ?? {};
      return {
        version: file.version,
        timestamp: info.inCommitTimestamp ?? info.timestamp ?? file.modifiedAt,
        operation: info.operation,
        operationParameters: info.operationParameters ?? {},
        operationMetrics: info.operationMetrics ?? {},
        readVersion: info.readVersion,
        isBlindAppend: info.isBlindAppend,
        engineInfo: info.engineInfo,
        userMetadata: info.userMetadata,
        tslake: info.tslake ?? {},
      };
    }),
  );
}
