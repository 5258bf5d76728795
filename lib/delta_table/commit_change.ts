import type { JsonObject } from "../delta/json.js";
import type { Predicate } from "../delta/predicate.js";
import type { Snapshot } from "../delta/snapshot.js";
import type { FileChange } from "./row_changes.js";
import type { Evolution } from "./schema_evolution.js";
import type { TableHandle } from "./table_handle.js";

/** What a caller may say about any write. */
export interface CommitOptions {
  /** The write is done once: a commit with a version of this application that is recorded already does nothing. */
  readonly txn?: { readonly appId: string; readonly version: bigint | number };
  /** A note for people, shown by `history`. */
  readonly userMetadata?: string;
}

/** What a write did. */
export interface TableWrite {
  /** Version of the table after the write. */
  readonly version: number;
  /** False when there was nothing to change, or when the application's version is recorded already. */
  readonly committed: boolean;
  /** Counts, as in the commit's `operationMetrics`. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What a commit says beside its files. */
export interface Operation {
  readonly operation: "WRITE" | "DELETE" | "UPDATE" | "MERGE";
  readonly operationParameters: JsonObject;
  readonly metrics: Readonly<Record<string, number>>;
  /** What of the table decided the change: nothing for an append. */
  readonly read?: Predicate | "everything";
  readonly evolution?: Evolution;
  readonly options: CommitOptions;
}

/** Commits staged files on top of the version that they were made for. An application's version that is recorded is not committed again. */
export async function commitChange(
  table: TableHandle,
  snapshot: Snapshot,
  change: Omit<FileChange, "counts">,
  { operation, operationParameters, metrics, read, evolution, options }: Operation,
): Promise<TableWrite> {
  const { txn, userMetadata } = options;
  const isIdle = change.staged.files.length + change.removed.length === 0 && evolution?.metadata === undefined;
  if (isIdle && txn === undefined && operation !== "WRITE")
    return { version: snapshot.version, committed: false, metrics };
  const transaction = snapshot.transaction({
    operation,
    operationParameters,
    ...(userMetadata === undefined ? {} : { userMetadata }),
  });
  if (evolution?.metadata !== undefined) transaction.updateMetadata(evolution.metadata);
  if (read !== undefined) transaction.read(read === "everything" ? undefined : read);
  if (txn !== undefined) transaction.setTransaction(txn.appId, txn.version);
  for (const file of change.removed) transaction.removeFile(file);
  for (const file of change.hidden ?? []) transaction.addFile(file);
  for (const file of change.staged.files) transaction.addFile(file);
  for (const file of change.changeFiles ?? []) transaction.addChangeFile(file);
  transaction.setMetrics(metrics);
  const result = await transaction.commit();
  table.follow(result.snapshot);
  return { version: result.version, committed: result.committed, metrics };
}

/** True when the application's version is recorded already, so that nothing has to be staged for it. */
export async function isDone(snapshot: Snapshot, { txn }: CommitOptions): Promise<boolean> {
  return txn !== undefined && ((await snapshot.txn(txn.appId)) ?? -1n) >= BigInt(txn.version);
}
