import { ConflictError } from "../errors.js";
import type { StructType } from "../types.js";
import type { AddFile, Commit, RemoveFile } from "./actions/action.js";
import { fileFilter } from "./data_skipping.js";
import { fileKey } from "./file_path.js";
import type { Predicate } from "./predicate.js";
import type { IsolationLevel } from "./table_properties.js";

/** What a transaction read and what it is about to write: all that decides whether it can follow another commit. */
export interface TransactionFootprint {
  readonly isolationLevel: IsolationLevel;
  /** The schema of the version that was read. */
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  /** What was read of the table; empty for a blind append. */
  readonly reads: readonly (Predicate | "everything")[];
  /** Keys of the files, of the version that was read, which may hold what was read of it. */
  readonly readFiles: ReadonlySet<string>;
  /** Keys of the files, of commits that came first, whose rows must come after this transaction: see `laterFiles`. */
  readonly laterFiles: ReadonlySet<string>;
  readonly removes: readonly RemoveFile[];
  readonly appIds: readonly string[];
  readonly domains: readonly string[];
  /** Whether the transaction changes the metadata, and whether files of the former metadata fit the new one. */
  readonly metadataChange: "none" | "compatible" | "incompatible";
}

/**
 * Why a transaction cannot be committed after `winner`, a commit that came first; undefined when it can. The rules are
 * those of delta-spark's ConflictChecker, but for the last one:
 * - Nobody follows a change of protocol or metadata, of the same application's progress, or of the same domain.
 * - Appends follow appends, and so do metadata changes, unless they make demands on the rows.
 * - Nobody removes a file twice, nor follows a commit that removed rows of a file that was read; files that were only
 *   rearranged still hold what was read.
 * - Whoever read rows cannot follow a commit that added rows among those, unless it was a blind append and the level is
 *   WriteSerializable: then the order "this transaction, then the append" explains the result.
 * - Nobody follows a commit that removed rows of such an append: no order explains a commit that comes after the append and
 *   may have to come before this transaction, which comes before the append.
 */
export function findConflict(ours: TransactionFootprint, winner: Commit): string | undefined {
  if (winner.protocol !== undefined) return "it changed the table's protocol";
  if (winner.metadata !== undefined) return "it changed the table's metadata";
  const app = winner.txns.find(({ appId }) => ours.appIds.includes(appId));
  if (app !== undefined) return `it recorded progress of the same application, ${app.appId}`;
  const domain = winner.domains.find((one) => ours.domains.includes(one.domain));
  if (domain !== undefined) return `it changed the same metadata domain, ${domain.domain}`;
  const added = winner.adds.filter((add) => add.dataChange);
  if (ours.metadataChange === "incompatible" && added.length > 0) return "it added data of the former schema";
  return removeConflict(ours, winner) ?? addConflict(ours, winner, added);
}

function removeConflict(ours: TransactionFootprint, winner: Commit): string | undefined {
  const removed = new Set(winner.removes.map(fileKey));
  const removedTwice = ours.removes.find((remove) => removed.has(fileKey(remove)));
  if (removedTwice !== undefined) return `it removed a file that this transaction removes too, ${removedTwice.path}`;
  const changed = winner.removes.filter((remove) => remove.dataChange);
  const removedRead = changed.find((remove) => ours.readFiles.has(fileKey(remove)));
  if (removedRead !== undefined) return `it removed a file that this transaction read, ${removedRead.path}`;
  const removedLater = changed.find((remove) => ours.laterFiles.has(fileKey(remove)));
  return (
    removedLater && `it removed rows that were appended among those that this transaction read, ${removedLater.path}`
  );
}

function addConflict(ours: TransactionFootprint, winner: Commit, added: readonly AddFile[]): string | undefined {
  if (mayComeLater(ours, winner)) return undefined;
  const addedRead = added.find(readFilter(ours));
  return addedRead && `it added rows among those that this transaction read, in ${addedRead.path}`;
}

/**
 * The keys of the files of a commit without a conflict whose rows must come after the transaction: those of an append of
 * rows among those that were read, and what became of these files when somebody rearranged them.
 */
export function laterFiles(ours: TransactionFootprint, winner: Commit): readonly string[] {
  const isLater =
    winner.removes.some((remove) => ours.laterFiles.has(fileKey(remove))) ||
    (mayComeLater(ours, winner) && winner.adds.some(readFilter(ours)));
  return isLater ? winner.adds.map(fileKey) : [];
}

function mayComeLater(ours: TransactionFootprint, winner: Commit): boolean {
  const { isolationLevel, metadataChange } = ours;
  return (
    isolationLevel === "WriteSerializable" && metadataChange === "none" && winner.commitInfo?.isBlindAppend === true
  );
}

/** The error that says who won. */
export function conflictError(operation: string, winner: Commit, reason: string): ConflictError {
  const info = winner.commitInfo;
  const run = info?.tslake?.["runId"];
  const who = [
    info?.operation ?? "an unknown operation",
    info?.engineInfo && `by ${info.engineInfo}`,
    run && `in run ${String(run)}`,
  ];
  return new ConflictError(`${operation} cannot be committed: version ${winner.version} came first and ${reason}`, {
    where: { version: winner.version },
    actual: `version ${winner.version}: ${who.filter(Boolean).join(" ")}`,
    remedy: "Read the table again and repeat the operation.",
    transient: true,
  });
}

function readFilter(ours: TransactionFootprint): (file: AddFile) => boolean {
  if (ours.reads.includes("everything")) return () => true;
  const filters = ours.reads.flatMap((read) =>
    read === "everything" ? [] : [fileFilter(read, ours.schema, ours.partitionColumns)],
  );
  return (file) => filters.some((filter) => filter(file));
}
