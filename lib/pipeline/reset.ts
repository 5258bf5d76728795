import fs from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { TslakeError } from "../errors.js";
import { WAREHOUSE_FILES } from "../warehouse/open_warehouse.js";
import { lockLake } from "./run_lock.js";
import { hasContentOf, type Samples } from "./samples.js";

/** What belongs to a lake in its folder; anything else there is somebody's own. */
const LAKE_FOLDERS = ["bronze", "silver", "gold", "ops", "_runs", "_report", ...WAREHOUSE_FILES];
const ARCHIVE = join("bronze", "_archive");

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
export function planReset(lake: string, landing: string, samples: Samples | undefined): Reset {
  const deleted = LAKE_FOLDERS.map((name) => join(lake, name)).filter((folder) => fs.existsSync(folder));
  if (deleted.length === 0) throw new TslakeError("there is no lake to delete", { where: { path: lake } });
  const archived = filesBelow(join(lake, ARCHIVE));
  const own = archived.filter((file) => samples === undefined || !hasContentOf(samples, file));
  if (own.length === archived.length) {
    throw new TslakeError("this lake was not made from the samples", {
      where: { path: lake },
      remedy: "delete its folder yourself if you are sure",
    });
  }
  const waiting = filesBelow(landing).filter((file) => samples !== undefined && hasContentOf(samples, file));
  const taken = new Set<string>();
  return {
    deleted: [...deleted, ...waiting],
    returned: own.map((file) => [file, freeName(landing, file, taken)] as const),
  };
}

/**
 * Deletes a lake as planned, the user's files first brought back.
 * @throws TslakeError while a run works on the lake
 */
export function resetLake(lake: string, reset: Reset, runId: string, since: string): void {
  const release = lockLake(lake, runId, since);
  try {
    for (const [from, to] of reset.returned) {
      fs.mkdirSync(dirname(to), { recursive: true });
      fs.copyFileSync(from, to, fs.constants.COPYFILE_EXCL);
    }
    for (const path of reset.deleted) fs.rmSync(path, { recursive: true, force: true });
  } finally {
    release();
  }
  fs.rmSync(join(lake, "_runs"), { recursive: true, force: true });
  if (fs.existsSync(lake) && fs.readdirSync(lake).length === 0) fs.rmdirSync(lake);
}

function filesBelow(folder: string): readonly string[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : []));
}

/** Where an archived file, `YYYYMMDD_HHMMSS_<name>`, came from; another name when something is there. */
function freeName(landing: string, archived: string, taken: Set<string>): string {
  const name = basename(archived).replace(/^\d{8}_\d{6}_/, "");
  const folder = join(landing, basename(dirname(archived)));
  const extension = extname(name.endsWith(".gz") ? name.slice(0, -3) : name) + (name.endsWith(".gz") ? ".gz" : "");
  const stem = name.slice(0, name.length - extension.length);
  let path = join(folder, name);
  for (let n = 2; taken.has(path) || fs.existsSync(path); n++) path = join(folder, `${stem}_${n}${extension}`);
  taken.add(path);
  return path;
}
