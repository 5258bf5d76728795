import { mkdirSync, readdirSync, rmdirSync, rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";

const swept = new Set<string>();
/** Those that were not removed yet. */
const folders = new Set<string>();
let number = 0;

/**
 * A new folder of this process below `parent`; it goes with the process, if not before. What killed processes of this
 * machine have left there is removed first.
 */
export function newFolder(parent: string): string {
  if (!swept.has(parent)) removeLeftFolders(parent);
  swept.add(parent);
  if (number === 0) process.once("exit", () => folders.forEach(removeFolder));
  const folder = join(parent, `tslake-${hostname()}-${process.pid}-${number++}`);
  mkdirSync(folder, { recursive: true });
  folders.add(folder);
  return folder;
}

/** Removes a folder of this process. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 });
  folders.delete(folder);
}

/** Removes a folder if nothing is in it. */
export function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Others use it too.
  }
}

function removeLeftFolders(parent: string): void {
  for (const name of entries(parent)) {
    if (isLeft(name)) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

function entries(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function isLeft(name: string): boolean {
  const [, host, pid] = /^tslake-(.*)-(\d+)-\d+$/.exec(name) ?? [];
  if (host !== hostname() || Number(pid) === process.pid) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
