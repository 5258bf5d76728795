import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname, join } from "node:path";
import { codeOf } from "../storage/local_errors.js";
import { TEMPORARY_PREFIX } from "../storage/path.js";
import { removeIfAllowed } from "./temporary_files.js";

/** What a file system says that has no hard links, or none to this file. */
const NO_LINK = [
  "EXDEV",
  "EPERM",
  "EACCES",
  "ENOTSUP",
  "EOPNOTSUPP",
  "ENOSYS",
  "EMLINK",
  "EINVAL",
  "EISDIR",
  "UNKNOWN",
];

/**
 * Gives a file a second name in another folder, or a copy there where it cannot have one; never half of it, and never in
 * place of another file.
 * @returns false when something has that name already
 * @throws the error of the file system
 */
export function linkFile(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    if (!NO_LINK.includes(codeOf(error))) throw error;
  }
  return copyFile(from, to);
}

/**
 * Copies a file into another folder, so that no later write to either reaches the other; never half of it, and never in place
 * of another file. Costs little where the file system shares the bytes of copies.
 * @returns false when something has that name already
 * @throws the error of the file system
 */
export function copyFile(from: string, to: string): boolean {
  if (fs.existsSync(to)) return false;
  const temporary = join(dirname(to), `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(9).toString("base64url")}`);
  try {
    fs.copyFileSync(from, temporary, fs.constants.COPYFILE_EXCL | fs.constants.COPYFILE_FICLONE);
    try {
      fs.linkSync(temporary, to);
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      if (!NO_LINK.includes(codeOf(error))) throw error;
      if (fs.existsSync(to)) return false;
      fs.renameSync(temporary, to);
    }
    return true;
  } finally {
    removeIfAllowed(temporary);
  }
}
