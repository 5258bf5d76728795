import { DuckDBInstance } from "@duckdb/node-api";
import { StorageError, WarehouseError } from "../../errors.js";

/** Loads of this process, by the file that they load: the next waits for the one before. */
const queues = new Map<string, Promise<void>>();

/**
 * Makes this the only load of a file. DuckDB's own lock of a small database beside it is held meanwhile: the operating
 * system lets go of it when the process ends, however that is.
 * @returns gives the lock back
 * @throws WarehouseError, transient, while another process loads the file
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
    const instance = await DuckDBInstance.create(`${path}.lock`);
    return () => {
      instance.closeSync();
      done();
    };
  } catch (cause) {
    done();
    throw lockError(path, cause);
  }
}

function lockError(path: string, cause: unknown): Error {
  if (!isLocked(cause)) return new StorageError("the warehouse cannot be locked", { where: { path }, cause });
  return new WarehouseError("another load of this warehouse is running", {
    where: { path },
    actual: holderOf(cause),
    remedy: "wait for its end, then try again",
    transient: true,
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
