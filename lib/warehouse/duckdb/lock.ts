import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DuckDBInstance } from "@duckdb/node-api";
import { stopwatch } from "../../clock.js";
import { StorageError } from "../../errors.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import { otherLoadRuns, PATIENCE_SECONDS } from "../other_load.js";

/** Milliseconds between two looks at a lock that another process holds. */
const PAUSE = 250;

/** What DuckDB says of a file that is empty, short, spoiled or something else, as opposed to one that it cannot open or read. */
const NO_DATABASE = /not a valid DuckDB database|could not read enough bytes|corrupt database file/i;

/** Loads of this process, by the file that they load: the next waits for the one before. */
const queues = new Map<string, Promise<void>>();

/**
 * Makes this the only load of a file. DuckDB's own lock of a small database beside it is held meanwhile: the operating
 * system lets go of it when the process ends, however that is. A load of another process is waited for.
 * @returns gives the lock back
 * @throws WarehouseError, transient, when another process loads the file for longer than `PATIENCE_SECONDS`
 * @throws StorageError when the lock cannot be made
 */
export async function lockFile(path: string): Promise<() => void> {
  const before = queues.get(path) ?? Promise.resolve();
  let done: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    done = resolve;
  });
  queues.set(
    path,
    before.then(() => held),
  );
  await before;
  try {
    const instance = await heldLock(`${path}.lock`);
    return () => {
      instance.closeSync();
      done();
    };
  } catch (error) {
    done();
    throw error;
  }
}

async function heldLock(file: string): Promise<DuckDBInstance> {
  const waited = stopwatch();
  for (;;) {
    try {
      return await openLock(file);
    } catch (cause) {
      if (!isLocked(cause)) throw lockError(file, cause);
      if (waited() >= PATIENCE_SECONDS * 1000) throw otherLoadRuns(file, holderOf(cause));
    }
    await sleep(PAUSE);
  }
}

/** A database that was left half made is filled again in its place: who holds the file by then keeps holding it. */
async function openLock(file: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file);
  } catch (error) {
    if (!(error instanceof Error && NO_DATABASE.test(error.message))) throw error;
    await fill(file).catch((cause: unknown) => {
      throw new Error(error.message, { cause });
    });
    return DuckDBInstance.create(file);
  }
}

async function fill(file: string): Promise<void> {
  await fs.writeFile(file, await emptyDatabase());
}

async function emptyDatabase(): Promise<Buffer> {
  const folder = newFolder(tmpdir());
  try {
    const path = join(folder, "empty.duckdb");
    (await DuckDBInstance.create(path)).closeSync();
    return await fs.readFile(path);
  } finally {
    removeFolder(folder);
  }
}

function lockError(file: string, cause: unknown): StorageError {
  return new StorageError("the warehouse cannot be locked", {
    where: { path: file },
    expected: "a small file that may be written",
    remedy: "see to the rights and the room there; while nothing loads the warehouse, it may be deleted",
    cause,
  });
}

/** Whether DuckDB was refused a file because another process has it open. */
export function isLocked(error: unknown): boolean {
  return (
    error instanceof Error &&
    /could not set lock on file|conflicting lock|being used by another process/i.test(error.message)
  );
}

/** Who has the file open, as DuckDB says it. */
export function holderOf(error: unknown): string {
  const [, holder] = /held in (.+? \(PID \d+\))/.exec(error instanceof Error ? error.message : "") ?? [];
  return holder ?? "another process";
}
