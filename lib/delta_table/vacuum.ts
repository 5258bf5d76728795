import { nowMillis } from "../clock.js";
import type { AddFile, RemoveFile } from "../delta/actions/action.js";
import { deletionVectorFile } from "../delta/deletion_vector.js";
import { locateFile } from "../delta/file_path.js";
import type { JsonObject } from "../delta/json.js";
import { LOG_FOLDER } from "../delta/log_path.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import type { ObjectMeta, Storage } from "../storage/storage.js";
import type { TableHandle } from "./table_handle.js";

export interface VacuumOptions {
  /** False deletes; by default vacuum only tells what it would delete. */
  readonly dryRun?: boolean;
  /** Files removed from the table, or made, within so many hours stay; default `delta.deletedFileRetentionDuration`. */
  readonly retentionHours?: number;
  /** False allows a shorter retention than the table's own: then readers of older versions, and writers at work, may fail. */
  readonly enforceRetention?: boolean;
}

export interface VacuumResult {
  /** Paths below the table's folder, in order. */
  readonly files: readonly string[];
  readonly bytes: number;
  readonly dryRun: boolean;
  /** The table's version afterwards. */
  readonly version: number;
}

const HOUR = 3_600_000;

/**
 * Deletes the files in the table's folder that no version within the retention needs: data files, deletion vectors and
 * change files. Files of unknown origin that are younger than the retention stay, for they may belong to a commit that
 * is being made; so does everything hidden: names that begin with `_` or `.`, but for partitions and change files. Folders
 * that are empty then go, unless files came into them within the retention.
 * @throws UsageError for a retention shorter than the table's, unless that is allowed
 */
export async function vacuumTable(table: TableHandle, options: VacuumOptions = {}): Promise<VacuumResult> {
  const { dryRun = true, enforceRetention = true } = options;
  const snapshot = await table.forWriting();
  const usual = snapshot.properties.deletedFileRetention;
  const retention = options.retentionHours === undefined ? usual : options.retentionHours * HOUR;
  if (!(retention >= 0)) throw new UsageError("A retention is a number of hours", { expected: "0 or more" });
  if (enforceRetention && retention < usual) throw tooShort(retention, usual);

  const before = nowMillis() - retention;
  const doomed = await unneeded(snapshot, before);
  const bytes = doomed.reduce((sum, { size }) => sum + size, 0);
  const result = { files: doomed.map(({ path }) => path), bytes, dryRun };
  if (dryRun) return { ...result, version: snapshot.version };

  await record(table, "VACUUM START", {
    parameters: {
      retentionCheckEnabled: enforceRetention,
      defaultRetentionMillis: usual,
      ...(options.retentionHours === undefined ? {} : { specifiedRetentionMillis: retention }),
    },
    metrics: { numFilesToDelete: doomed.length, sizeOfDataToDelete: bytes },
  });
  const folders = await oldFolders(snapshot, before);
  let deleted = 0;
  try {
    for (const { path } of doomed) {
      await snapshot.storage.delete(path);
      deleted++;
    }
    for (const folder of folders) await snapshot.storage.removeFolder?.(folder);
  } catch (error) {
    await record(table, "VACUUM END", ended("FAILED", deleted, doomed));
    throw error;
  }
  return { ...result, version: await record(table, "VACUUM END", ended("COMPLETED", deleted, doomed)) };
}

/** Old files that neither the table nor a tombstone within the retention names. */
async function unneeded(snapshot: Snapshot, before: number): Promise<readonly ObjectMeta[]> {
  const { storage, partitionColumns } = snapshot;
  const kept = (await snapshot.tombstones()).filter(({ deletionTimestamp = 0 }) => deletionTimestamp >= before);
  const needed = new Set([...(await snapshot.files()), ...kept].flatMap((file) => pathsOf(storage, file)));
  const listed = await storage.list("");
  return listed.filter(
    ({ path, modifiedAt }) => modifiedAt < before && !needed.has(path) && !isHidden(path, partitionColumns),
  );
}

/**
 * Folders into which nobody has put a file within the retention, the inmost first. Those that are empty by then go, too: a
 * writer that finds its folder gone makes it again.
 */
async function oldFolders({ storage, partitionColumns }: Snapshot, before: number): Promise<readonly string[]> {
  const folders = (await storage.folders?.()) ?? [];
  return folders
    .filter(({ path, modifiedAt }) => modifiedAt < before && !isHidden(`${path}/`, partitionColumns))
    .map(({ path }) => path)
    .reverse();
}

/** The files below the table's folder that an action names. */
function pathsOf(storage: Storage, file: AddFile | RemoveFile): readonly string[] {
  const vector = file.deletionVector && deletionVectorFile(storage, file.deletionVector);
  const places = [locateFile(storage, file.path), ...(vector ? [vector] : [])];
  return places.filter((place) => place.storage === storage).map(({ path }) => path);
}

/** Staged by this engine's writes, and left behind by those that were interrupted. */
const STAGING = "_staging/";

/** Names that other engines hide, too (Hadoop's rule, with Delta's exceptions), in any folder of the path. */
function isHidden(path: string, partitionColumns: readonly string[]): boolean {
  if (path.startsWith(`${LOG_FOLDER}/`)) return true;
  if (path.startsWith(STAGING)) return false;
  return path
    .split("/")
    .some(
      (name) =>
        /^[._]/.test(name) &&
        !/^_(?:change_data|delta_index)/.test(name) &&
        !partitionColumns.some((column) => name.startsWith(`${column}=`)),
    );
}

interface VacuumRecord {
  readonly parameters: JsonObject;
  readonly metrics: Readonly<Record<string, number>>;
}

function ended(status: "COMPLETED" | "FAILED", deleted: number, doomed: readonly ObjectMeta[]): VacuumRecord {
  const folders = new Set(doomed.map(({ path }) => path.slice(0, path.lastIndexOf("/") + 1)));
  return { parameters: { status }, metrics: { numDeletedFiles: deleted, numVacuumedDirectories: folders.size } };
}

/** A commit that changes nothing but the table's history. */
async function record(table: TableHandle, operation: string, { parameters, metrics }: VacuumRecord): Promise<number> {
  const transaction = (await table.forWriting()).transaction({ operation, operationParameters: parameters });
  transaction.setMetrics(metrics);
  const { snapshot, version } = await transaction.commit();
  table.follow(snapshot);
  return version;
}

function tooShort(retention: number, usual: number): UsageError {
  return new UsageError("The retention is shorter than the table's own, which readers and writers count on", {
    expected: `${usual / HOUR} hours or more (delta.deletedFileRetentionDuration)`,
    actual: `${retention / HOUR} hours`,
    remedy:
      "If nobody reads older versions or writes now, allow it (--no-retention-check, enforceRetention: false); for good, set the property.",
  });
}
