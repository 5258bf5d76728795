import { ConflictError } from "../errors.js";
import type { StructType } from "../types.js";
import type { AddFile, Commit, RemoveFile } from "./actions/action.js";
import { fileFilter } from "./data_skipping.js";
import { fileKey } from "./file_path.js";
import type { Predicate } from "./predicate.js";
import type { IsolationLevel } from "./table_properties.js";

/** What a transaction read and what it is about to write: all that decides whether it can follow another commit. */
export interface TransactionFootprint {
  readonly operation: string;
  readonly isolationLevel: IsolationLevel;
  /** The schema of the version that was read. */
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** What was read of the table; empty for a blind append. */
  readonly reads: readonly (Predicate | "everything")[];
  readonly removes: readonly RemoveFile[];
  readonly appIds: readonly string[];
  readonly domains: readonly string[];
  /** True when the transaction changes protocol or metadata. */
  readonly changesTable: boolean;
}

/**
 * Why a transaction cannot be committed after `winner`, a commit that came first; undefined when it can (protocol's
 * conflict rules as delta-spark has them). Appends follow appends. Whoever read or removed files cannot follow a commit
 * that removed them, nor one that added rows among those read, unless it was a blind append and the isolation level is
 * WriteSerializable: then the order "this transaction, then the append" explains the result.
 */
export function findConflict(ours: TransactionFootprint, winner: Commit): string | undefined {
  if (winner.protocol !== undefined) return "it changed the table's protocol";
  if (winner.metadata !== undefined) return "it changed the table's metadata";
  const app = winner.txns.find(({ appId }) => ours.appIds.includes(appId));
  if (app !== undefined) return `it recorded progress of the same application, ${app.appId}`;
  const domain = winner.domains.find((one) => ours.domains.includes(one.domain));
  if (domain !== undefined) return `it changed the same metadata domain, ${domain.domain}`;
  const added = winner.adds.filter((add) => add.dataChange);
  if (ours.changesTable && added.length > 0) return "it added data of the former schema";
  const removed = new Map(winner.removes.map((remove) => [fileKey(remove), remove]));
  const removedTwice = ours.removes.find((remove) => removed.has(fileKey(remove)));
  if (removedTwice !== undefined) return `it removed a file that this transaction removes too, ${removedTwice.path}`;
  const wasRead = readFilter(ours);
  const removedRead = winner.removes.find((remove) => remove.dataChange && wasRead(asAdd(remove)));
  if (removedRead !== undefined) return `it removed a file that this transaction read, ${removedRead.path}`;
  if (ours.isolationLevel === "WriteSerializable" && winner.commitInfo?.isBlindAppend === true) return undefined;
  const addedRead = added.find(wasRead);
  if (addedRead !== undefined) return `it added rows among those that this transaction read, in ${addedRead.path}`;
  return undefined;
}

/** The error that says who won. */
export function conflictError(
  ours: Pick<TransactionFootprint, "operation">,
  winner: Commit,
  reason: string,
): ConflictError {
  const info = winner.commitInfo;
  const run = info?.tslake?.["runId"];
  const who = [
    info?.operation ?? "an unknown operation",
    info?.engineInfo && `by ${info.engineInfo}`,
    run && `in run ${String(run)}`,
  ];
  return new ConflictError(
    `${ours.operation} cannot be committed: version ${winner.version} came first and ${reason}`,
    {
      where: { version: winner.version },
      actual: `version ${winner.version}: ${who.filter(Boolean).join(" ")}`,
      remedy: "Read the table again and repeat the operation.",
      transient: true,
    },
  );
}

function readFilter(ours: TransactionFootprint): (file: AddFile) => boolean {
  if (ours.reads.includes("everything")) return () => true;
  const filters = ours.reads.flatMap((read) =>
    read === "everything" ? [] : [fileFilter(read, ours.schema, ours.partitionColumns)],
  );
  return (file) => filters.some((filter) => filter(file));
}

/** A tombstone without partition values and statistics matches every predicate, except through its partition. */
function asAdd(remove: RemoveFile): AddFile {
  return { ...remove, partitionValues: remove.partitionValues ?? {}, size: remove.size ?? 0, modificationTime: 0 };
}
