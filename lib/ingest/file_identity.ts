import fs from "node:fs";
import { isAbsent } from "../storage/local_errors.js";

/** What changes when a file is replaced or written to: if it is equal, so is the content. */
export interface FileIdentity {
  /** Device and number of the file. */
  readonly file: string;
  /** Bytes. */
  readonly size: number;
  /** Nanoseconds since the epoch. */
  readonly modifiedAt: bigint;
}

export function identify(stat: fs.BigIntStats): FileIdentity {
  return { file: `${stat.dev}:${stat.ino}`, size: Number(stat.size), modifiedAt: stat.mtimeNs };
}

/** Whether the file at the path is still the one that was seen; false when it cannot be looked at. */
export function isUnchanged(path: string, seen: FileIdentity): boolean {
  let now: FileIdentity | undefined;
  try {
    now = identityAt(path);
  } catch {
    return false;
  }
  return now !== undefined && now.file === seen.file && now.size === seen.size && now.modifiedAt === seen.modifiedAt;
}

/** The identity of a file; undefined when nothing is there. */
export function identityAt(path: string): FileIdentity | undefined {
  try {
    return identify(fs.lstatSync(path, { bigint: true }));
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}
