import fs from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { StorageError, TslakeError } from "../errors.js";
import { identityAt } from "../ingest/file_identity.js";
import { linkFile } from "../ingest/link_file.js";
import { fsyncFile, fsyncFolder, makeFolder } from "../storage/durable.js";
import { codeOf, storageError } from "../storage/local_errors.js";
import { WAREHOUSE_FILES } from "../warehouse/open_warehouse.js";
import { lockLake, lockOf } from "./run_lock.js";
import { hasContentOf, listFiles, type Samples } from "./samples.js";

/** What belongs to a lake in its folder; anything else there is somebody's own. */
const LAKE_FOLDERS = ["silver", "gold", "ops", "_runs", "_report", ...WAREHOUSE_FILES, "bronze"];
const ARCHIVE = "_archive";

/** A lake that may have been made from the samples, and where its files came from: absolute folders. */
export interface ResetPlace {
  readonly lake: string;
  readonly landing: string;
  readonly samples: Samples | undefined;
}

/** What starting afresh does. */
export interface Reset {
  /** Absolute paths that are deleted: the lake's folders, and samples that still wait in the landing zone. */
  readonly deleted: readonly string[];
  /** Files of the user's own that go back to the landing zone, out of the archive: from, to. */
  readonly returned: readonly (readonly [string, string])[];
}

/**
 * What deleting a lake made from the samples would do. Files that the lake has taken beside the samples are not lost.
 * @throws TslakeError when there is no lake, or it has taken no sample
 */
export function planReset({ lake, landing, samples }: ResetPlace): Reset {
  const deleted = LAKE_FOLDERS.map((name) => join(lake, name)).filter((folder) => fs.existsSync(folder));
  if (deleted.length === 0) throw new TslakeError("there is no lake to delete", { where: { path: lake } });
  const filesIn = (folder: string): readonly string[] => listFiles(folder).map((path) => join(folder, path));
  const archived = filesIn(join(lake, "bronze", ARCHIVE));
  const own = archived.filter((file) => samples === undefined || !hasContentOf(samples, file));
  if (own.length === archived.length) {
    throw new TslakeError("this lake was not made from the samples", {
      where: { path: lake },
      remedy: "delete its folder yourself if you are sure",
    });
  }
  const waiting = filesIn(landing).filter((file) => samples !== undefined && hasContentOf(samples, file));
  const taken = new Set<string>();
  return {
    deleted: [...deleted, ...waiting],
    returned: own.map((file) => [file, freeName(landing, file, taken)] as const),
  };
}

/**
 * Deletes a lake, the user's files first brought back for good; no run can begin before all is gone. What is planned is
 * what the lake holds once no run works on it. The samples in the archive, by which such a lake is known, go last: one that
 * was killed can be done again.
 * @throws TslakeError as `planReset`, and while a run works on the lake; StorageError when a file cannot be brought back: then
 * nothing is deleted
 */
export async function resetLake(place: ResetPlace, runId: string, since: string): Promise<Reset> {
  const { lake } = place;
  const lock = lockOf(lake);
  const runs = dirname(lock);
  // A lock would make the folder of a lake that is not there.
  planReset(place);
  const release = lockLake(lake, runId, since);
  try {
    const reset = planReset(place);
    for (const [from, to] of reset.returned) await bringBack(from, to);
    const returned = reset.returned.map(([from]) => from);
    const records = pathsIn(runs).filter((path) => path !== lock);
    const tables = pathsIn(join(lake, "bronze")).filter((path) => basename(path) !== ARCHIVE);
    const others = reset.deleted.filter((path) => path !== runs);
    for (const path of [...records, ...tables, ...returned, ...others]) {
      await fs.promises.rm(path, { recursive: true, force: true });
    }
    return reset;
  } finally {
    release();
    removeIfEmpty(runs);
    removeIfEmpty(lake);
  }
}

function pathsIn(folder: string): readonly string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder).map((name) => join(folder, name)) : [];
}

async function bringBack(from: string, to: string): Promise<void> {
  try {
    makeFolder(dirname(to));
    if (!isSameFile(from, to) && !linkFile(from, to))
      throw new StorageError("another file is there now", { where: { path: to } });
    await fsyncFile(to);
    fsyncFolder(dirname(to));
  } catch (error) {
    throw storageError("bring back", dirname(to), basename(to), error);
  }
}

/** A run that waited for the lock may have it by now, and files in the folder. */
function removeIfEmpty(folder: string): void {
  try {
    fs.rmdirSync(folder);
  } catch (error) {
    if (!["ENOTEMPTY", "EEXIST", "ENOENT"].includes(codeOf(error))) throw error;
  }
}

/** Where an archived file, `YYYYMMDD_HHMMSS_<name>`, came from; another name when something is there. */
function freeName(landing: string, archived: string, taken: Set<string>): string {
  const name = basename(archived).replace(/^\d{8}_\d{6}_/, "");
  const folder = join(landing, basename(dirname(archived)));
  const extension = extname(name.endsWith(".gz") ? name.slice(0, -3) : name) + (name.endsWith(".gz") ? ".gz" : "");
  const stem = name.slice(0, name.length - extension.length);
  let path = join(folder, name);
  const isFree = (): boolean => !taken.has(path) && (!fs.existsSync(path) || isSameFile(archived, path));
  for (let n = 2; !isFree(); n++) path = join(folder, `${stem}_${n}${extension}`);
  taken.add(path);
  return path;
}

/** Whether both are names of one file, as after a reset that was killed. */
function isSameFile(one: string, other: string): boolean {
  return identityAt(one)?.file === identityAt(other)?.file;
}
