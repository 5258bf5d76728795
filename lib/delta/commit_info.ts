import { nowMillis } from "../clock.js";
import type { CommitInfo } from "./actions/action.js";
import { type JsonObject, stringifyJson } from "./json.js";

/** Recorded as `engineInfo` in every commit; the version is the library's. */
export const ENGINE_INFO = "tslake/0.1.0";

/** What a caller tells about a commit, for people to read. */
export interface CommitDescription {
  /** As other engines name it: `WRITE`, `MERGE`, `DELETE`, `OPTIMIZE`, `CREATE TABLE`. */
  readonly operation: string;
  /** Values that are no text are recorded as JSON. */
  readonly operationParameters?: JsonObject;
  /** A person's note, shown by `history`. */
  readonly userMetadata?: string;
  /** Facts of this project about the commit (run, step, sources), shown by `history`. Nothing decides by them. */
  readonly tslake?: JsonObject;
}

type Facts = Required<Pick<CommitInfo, "isolationLevel" | "isBlindAppend" | "operationMetrics" | "txnId">> & {
  readonly readVersion: number | undefined;
  readonly inCommitTimestamp: number | undefined;
  readonly tags?: Readonly<Record<string, string>>;
};

/** The commitInfo action of a commit made now. */
export function commitInfo(description: CommitDescription, facts: Facts): CommitInfo {
  const { operation, operationParameters = {}, userMetadata, tslake } = description;
  const { readVersion, inCommitTimestamp, isolationLevel, isBlindAppend, operationMetrics, txnId, tags } = facts;
  const parameters = Object.entries(operationParameters).map(([name, value]) => [
    name,
    typeof value === "string" ? value : stringifyJson(value),
  ]);
  return {
    ...(inCommitTimestamp !== undefined && { inCommitTimestamp }),
    timestamp: nowMillis(),
    operation,
    operationParameters: Object.fromEntries(parameters),
    ...(readVersion !== undefined && { readVersion }),
    isolationLevel,
    isBlindAppend,
    operationMetrics,
    ...(tags !== undefined && { tags }),
    engineInfo: ENGINE_INFO,
    txnId,
    ...(userMetadata !== undefined && { userMetadata }),
    ...(tslake !== undefined && { tslake }),
  };
}
