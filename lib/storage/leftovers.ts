import fs from "node:fs";
import { dirname, join } from "node:path";
import { TEMPORARY_PREFIX } from "./path.js";

/** Unfinished files of this age belong to no living writer. */
const LEFT_MILLIS = 86_400_000;

/** Folders in which this process has looked. */
const swept = new Set<string>();

/**
 * Removes the unfinished files that killed writers have left beside a file, once in each folder. How old they are is told by
 * the file, which has just been written: the file system's clock decides, not this machine's.
 */
export function removeLeftovers(file: string): void {
  const folder = dirname(file);
  if (swept.has(folder)) return;
  swept.add(folder);
  const names = fs.readdirSync(folder).filter((name) => name.startsWith(TEMPORARY_PREFIX));
  const now = fs.statSync(file).mtimeMs;
  for (const path of names.map((name) => join(folder, name))) {
    const modified = fs.statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? now;
    if (modified < now - LEFT_MILLIS) fs.rmSync(path, { force: true });
  }
}
