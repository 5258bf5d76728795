import fs from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./local_errors.js";

/** Flushes a file's bytes to disk; answers its size in bytes. */
export async function fsyncFile(file: string): Promise<number> {
  // Windows flushes only through a handle that may write.
  const handle = await fs.promises.open(file, process.platform === "win32" ? "r+" : "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** Flushes a folder's list of names, where the platform can (Windows cannot open folders and needs no flush). */
export function fsyncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Folders of which this process knows that their names, and those of all folders above, are on disk. */
const durableFolders = new Set<string>();

/**
 * Makes a folder with all those above it, durably. A folder that is there may have been made a moment ago by a process
 * that has not flushed its name yet, or never will: the first time it is flushed here, too.
 * @param folder an absolute path
 */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) {
    if (durableFolders.has(folder)) return;
  } else {
    const first = fs.mkdirSync(folder, { recursive: true });
    // They may have been there before.
    for (let made = folder; first !== undefined && made.length >= first.length; made = dirname(made)) {
      durableFolders.delete(made);
    }
  }
  for (let named = folder; !durableFolders.has(named) && named !== dirname(named); named = dirname(named)) {
    flushName(named);
    durableFolders.add(named);
  }
}

function flushName(folder: string): void {
  try {
    fsyncFolder(dirname(folder));
  } catch (error) {
    // Above the lake there can be folders that this user may not read; they were not made for the lake.
    if (!["EACCES", "EPERM"].includes(codeOf(error))) throw error;
  }
}
