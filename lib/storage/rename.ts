import fs from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stopwatch } from "../clock.js";
import { codeOf, isAbsent } from "./local_errors.js";
import { TEMPORARY_PREFIX } from "./path.js";

/** After this long a lock belongs to a crashed writer. */
const STALE_LOCK_MILLIS = 30_000;

/** Windows refuses to replace a file that somebody has open at this moment: try again for a second. */
export async function renameReplacing(temporary: string, file: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      fs.renameSync(temporary, file);
      return;
    } catch (error) {
      if (!["EPERM", "EBUSY", "EACCES"].includes(codeOf(error)) || process.platform !== "win32" || attempt >= 20)
        throw error;
      await sleep(50);
    }
  }
}

/**
 * For file systems without hard links: a lock file, made exclusively, guards "look, then rename". Who was held up so long
 * that others took the lock for a dead writer's finds that it is no longer his.
 */
export async function renameIfAbsent(temporary: string, file: string): Promise<boolean> {
  const lock = join(dirname(file), `${TEMPORARY_PREFIX}lock-${basename(file)}`);
  const token = basename(temporary);
  let waited = stopwatch();
  while (!fs.existsSync(file)) {
    if (!takeLock(lock, token)) {
      await sleep(20);
      if (waited() <= STALE_LOCK_MILLIS) continue;
      fs.rmSync(lock, { force: true });
      waited = stopwatch();
      continue;
    }
    try {
      if (fs.existsSync(file)) return false;
      if (!holdsLock(lock, token)) continue;
      await renameReplacing(temporary, file);
      return true;
    } finally {
      if (holdsLock(lock, token)) fs.rmSync(lock, { force: true });
    }
  }
  return false;
}

function takeLock(lock: string, token: string): boolean {
  try {
    fs.writeFileSync(lock, token, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw error;
  }
}

function holdsLock(lock: string, token: string): boolean {
  try {
    return fs.readFileSync(lock, "utf8") === token;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}
