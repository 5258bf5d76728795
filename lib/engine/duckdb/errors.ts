import { StorageError } from "../../errors.js";

/** What DuckDB answered when it read or wrote a file. */
export function storageError(message: string, path: string, cause: unknown): StorageError {
  const answer = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(message, {
    where: { path },
    remedy: /no space left|out of disk|ENOSPC/i.test(answer) ? "make room on the disk" : undefined,
    cause,
  });
}
