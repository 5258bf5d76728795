import type { AddFile } from "../delta/actions/action.js";
import { deletionVectorFile } from "../delta/deletion_vector.js";
import { fileKey, locateFile } from "../delta/file_path.js";
import { Snapshot } from "../delta/snapshot.js";
import { DeltaError, UsageError } from "../errors.js";
import { withPresentMarks } from "./identity_columns.js";
import type { TableHandle } from "./table_handle.js";
import type { TimeTravel } from "./time_travel.js";
import { versionOf } from "./time_travel.js";

export interface RestoreResult {
  /** The table's version afterwards. */
  readonly version: number;
  /** False when the table was in that state already. */
  readonly committed: boolean;
  /** The version whose state the table has again. */
  readonly restored: number;
  readonly restoredFiles: number;
  readonly removedFiles: number;
}

/**
 * Brings rows, schema and properties of a past version back, as a new version. What applications have recorded of their
 * progress stays, and the protocol never goes down.
 * @throws DeltaError that lists the data files of that version which are gone
 * @throws ConflictError when another writer has committed meanwhile
 */
export async function restoreTable(table: TableHandle, to: TimeTravel): Promise<RestoreResult> {
  const current = await table.forWriting();
  const wanted = await versionOf(table.storage, to);
  if (wanted === undefined)
    throw new UsageError("A restore needs the version, or the instant, whose state shall come back");
  const past = await Snapshot.load(table.storage, { version: wanted, handler: current.handler });
  if (past === undefined) throw new DeltaError("The table is gone", { where: { path: table.storage.uri } });

  const [before, after] = [byKey(await current.files()), byKey(await past.files())];
  const removed = [...before].filter(([key]) => !after.has(key)).map(([, file]) => file);
  const restored = [...after].filter(([key]) => !before.has(key)).map(([, file]) => file);
  await checkPresent(past, restored);
  const metadata = changedMetadata(current, past);
  const facts = { restored: wanted, restoredFiles: restored.length, removedFiles: removed.length };
  if (removed.length + restored.length === 0 && metadata === undefined)
    return { version: current.version, committed: false, ...facts };

  const transaction = current.transaction({
    operation: "RESTORE",
    operationParameters: { ...to, version: wanted },
    isolationLevel: "Serializable",
  });
  transaction.read();
  // While the table's present properties count, which may forbid it.
  for (const file of removed) transaction.removeFile(file);
  if (metadata) transaction.updateMetadata(metadata);
  for (const file of restored) transaction.addFile({ ...file, dataChange: true });
  transaction.setMetrics({
    numRestoredFiles: restored.length,
    restoredFilesSize: bytesOf(restored),
    numRemovedFiles: removed.length,
    removedFilesSize: bytesOf(removed),
    numOfFilesAfterRestore: after.size,
    tableSizeAfterRestore: bytesOf([...after.values()]),
  });
  const result = await transaction.commit();
  table.follow(result.snapshot);
  return { version: result.version, committed: result.committed, ...facts };
}

function byKey(files: readonly AddFile[]): ReadonlyMap<string, AddFile> {
  return new Map(files.map((file) => [fileKey(file), file]));
}

function bytesOf(files: readonly AddFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}

function changedMetadata({ metadata: now }: Snapshot, { metadata: then }: Snapshot) {
  const { partitionColumns, configuration, name, description } = then;
  const schemaString = withPresentMarks(then.schemaString, now.schemaString);
  const wanted = { schemaString, partitionColumns, configuration, name, description };
  const is = {
    schemaString: now.schemaString,
    partitionColumns: now.partitionColumns,
    configuration: now.configuration,
    name: now.name,
    description: now.description,
  };
  return JSON.stringify(wanted) === JSON.stringify(is) ? undefined : wanted;
}

/** How many of the missing files an error names. */
const NAMED = 10;

async function checkPresent({ storage, version }: Snapshot, files: readonly AddFile[]): Promise<void> {
  const missing: string[] = [];
  for (const file of files) {
    const vector = file.deletionVector && deletionVectorFile(storage, file.deletionVector);
    for (const place of [locateFile(storage, file.path), ...(vector ? [vector] : [])]) {
      if ((await place.storage.head(place.path)) === undefined) missing.push(place.path);
    }
  }
  if (missing.length === 0) return;
  const named = missing.slice(0, NAMED).join(", ");
  throw new DeltaError(`Version ${version} cannot be restored: ${missing.length} of its files are gone`, {
    where: { version, path: storage.uri },
    expected: `${files.length} files that the table no longer has`,
    actual: `missing: ${named}${missing.length > NAMED ? ` and ${missing.length - NAMED} more` : ""}`,
    remedy: "Restore a version that was not vacuumed, or bring the files back from a backup.",
  });
}
