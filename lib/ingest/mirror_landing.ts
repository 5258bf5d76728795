import fs from "node:fs";
import { join } from "node:path";
import { storageError } from "../storage/local_errors.js";

/**
 * Gives a clone a landing zone of its own, with copies of the files that wait now: all of them, or none when it fails. Taking
 * them from there, or writing to them, leaves the original ones as they are. A landing zone that the clone has already stays.
 * @throws StorageError
 */
export function mirrorLanding(landing: string, clone: string): void {
  if (fs.existsSync(clone)) return;
  const partial = `${clone}.${process.pid}.tmp`;
  try {
    fs.mkdirSync(partial, { recursive: true });
    if (fs.existsSync(landing)) mirrorFolder(landing, partial);
    fs.renameSync(partial, clone);
  } catch (error) {
    fs.rmSync(partial, { recursive: true, force: true });
    if (!fs.existsSync(clone)) throw storageError("copy", landing, clone, error);
  }
}

/** What ingestion puts beside the sources' folders, such as refused files, stays behind. */
const OTHERS = /^[._]/;

/** A file keeps its age, by which it is taken or left. */
const COPY = { mode: fs.constants.COPYFILE_FICLONE, preserveTimestamps: true };

function mirrorFolder(from: string, to: string): void {
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    if (OTHERS.test(entry.name)) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) {
      fs.mkdirSync(target);
      mirrorFolder(source, target);
    } else if (entry.isFile()) fs.cpSync(source, target, COPY);
  }
}
