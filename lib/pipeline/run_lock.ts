import fs from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import { StorageError, TslakeError } from "../errors.js";
import { codeOf } from "../storage/local_errors.js";

/** Who holds a lake. */
interface Holder {
  readonly runId: string;
  readonly pid: number;
  readonly host: string;
  /** ISO instant. */
  readonly since: string;
}

/** A sign of life is given this often. */
const HEARTBEAT_MILLIS = 5_000;
/** A holder that gave no sign of life for this long is gone. */
const SILENCE_MILLIS = 120_000;

/**
 * Makes a run the only one on its lake, so that people see one orderly run. What keeps tables correct is not this lock but
 * their commits: after a crash, or with a notebook open in an editor, nothing is lost or doubled without it.
 *
 * The lock is the file `_runs/lock`; a holder whose process has ended is replaced.
 * @returns gives the lock back
 * @throws TslakeError that says who holds the lake; StorageError when the lake's folder cannot be written
 */
export function lockLake(lake: string, runId: string, since: string): () => void {
  const lock = lockOf(lake);
  const folder = dirname(lock);
  const mine = join(folder, `.lock-${runId}`);
  const holder: Holder = { runId, pid: process.pid, host: hostname(), since };
  try {
    fs.mkdirSync(folder, { recursive: true });
    fs.writeFileSync(mine, `${JSON.stringify(holder)}\n`);
  } catch (cause) {
    throw new StorageError("the lake's folder cannot be written", { where: { path: lake }, cause });
  }
  try {
    while (!isLinked(mine, lock)) removeIfAbandoned(lock, mine, lake);
  } finally {
    fs.rmSync(mine, { force: true });
  }
  const heartbeat = setInterval(() => beat(lock, holder), HEARTBEAT_MILLIS);
  heartbeat.unref();
  return () => {
    clearInterval(heartbeat);
    if (readHolder(lock)?.runId === runId) fs.rmSync(lock, { force: true });
  };
}

/** The file that is a lake's lock. */
export function lockOf(lake: string): string {
  return join(lake, "_runs", "lock");
}

/** The id of the run that a lake's lock names, whether it lives or not; undefined when there is none. */
export function lockedBy(lake: string): string | undefined {
  return readHolder(lockOf(lake))?.runId;
}

/** The id of the run that holds a lake and has given a sign of life lately; undefined when there is none. */
export function holderOf(lake: string, nowMillis: number): string | undefined {
  const written = fs.statSync(lockOf(lake), { throwIfNoEntry: false });
  if (written === undefined || nowMillis - written.mtimeMs > SILENCE_MILLIS) return undefined;
  return lockedBy(lake);
}

function isLinked(mine: string, lock: string): boolean {
  try {
    fs.linkSync(mine, lock);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // A file system without hard links.
    return isCopied(mine, lock);
  }
}

function isCopied(mine: string, lock: string): boolean {
  try {
    fs.copyFileSync(mine, lock, fs.constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw new StorageError("the lake cannot be locked", { where: { path: lock }, cause: error });
  }
}

/** @throws TslakeError when the holder is alive */
function removeIfAbandoned(lock: string, mine: string, lake: string): void {
  const holder = readHolder(lock);
  const written = fs.statSync(lock, { throwIfNoEntry: false });
  if (written === undefined) return;
  // Both times are the file system's: the clocks of two machines need not agree.
  fs.utimesSync(mine, 0, 0);
  fs.appendFileSync(mine, "\n");
  const silence = fs.statSync(mine).mtimeMs - written.mtimeMs;
  const alive = holder === undefined ? silence < HEARTBEAT_MILLIS : isAlive(holder) && silence < SILENCE_MILLIS;
  if (alive) {
    const who = holder === undefined ? "another run" : `run ${holder.runId} (process ${holder.pid} on ${holder.host})`;
    throw new TslakeError(`${who} is working on this lake${holder === undefined ? "" : ` since ${holder.since}`}`, {
      where: { path: lake },
      remedy: "wait for its end, or end it, then try again",
    });
  }
  const aside = `${mine}-aside`;
  try {
    fs.renameSync(lock, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  // Somebody else was quicker and this is the new holder's: give it back.
  if (readHolder(aside)?.runId !== holder?.runId) isLinked(aside, lock);
  fs.rmSync(aside, { force: true });
}

function isAlive(holder: Holder): boolean {
  if (holder.host !== hostname()) return true;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

function beat(lock: string, holder: Holder): void {
  // A machine that slept may find that its lock was taken over.
  if (readHolder(lock)?.runId !== holder.runId) return;
  try {
    fs.writeFileSync(lock, `${JSON.stringify(holder)}\n`);
  } catch {
    // The lock is a courtesy: a run goes on without it.
  }
}

function readHolder(lock: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(fs.readFileSync(lock, "utf8"));
    return typeof value === "object" && value !== null && "runId" in value ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}
