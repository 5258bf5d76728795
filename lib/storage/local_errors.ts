import { StorageError } from "../errors.js";

/** The system's code of an error (`ENOENT`), or an empty text. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : "";
}

/** True when nothing is at the path, or a folder is, or something above it is no folder. */
export function isAbsent(error: unknown): boolean {
  return ["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error));
}

/** A failed system call as a StorageError that says what to do; errors of the family pass unchanged. */
export function storageError(verb: string, root: string, path: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = codeOf(cause);
  return new StorageError(
    `Could not ${verb} ${path} in ${root}: ${MEANING[code] ?? (cause instanceof Error ? cause.message : String(cause))}`,
    {
      where: { path },
      remedy: REMEDY[code],
      transient: TRANSIENT.has(code),
      cause,
    },
  );
}

const MEANING: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "the operation is not permitted",
  EROFS: "the file system is read-only",
  EMFILE: "this process has too many files open",
  ENFILE: "the system has too many files open",
  ENAMETOOLONG: "the name is too long for this file system",
  ENOTDIR: "a file stands where a folder is needed",
  EISDIR: "a folder stands where a file is needed",
};

const REMEDY: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk and run again; nothing half-written has become visible.",
  EDQUOT: "Free space within the quota and run again; nothing half-written has become visible.",
  EACCES: "Give this user permission to read and write the folder, or name another one.",
  EPERM: "Give this user permission to read and write the folder, or name another one.",
  EROFS: "Name a folder on a file system that can be written.",
  EMFILE: "Raise the limit on open files (ulimit -n) or use fewer parallel jobs.",
  ENAMETOOLONG: "Use a shorter path for the lake, or shorter partition values.",
  ENOTDIR: "Move the file away or name another folder.",
  EISDIR: "Move the folder away.",
};

const TRANSIENT = new Set(["EBUSY", "EAGAIN", "EMFILE", "ENFILE", "EINTR", "ETIMEDOUT", "ESTALE", "EIO"]);
