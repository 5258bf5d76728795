import fs from "node:fs";
import { dirname } from "node:path";
import { codeOf } from "./local_errors.js";

/** Flushes a file's bytes to disk; answers its size in bytes. */
export async function fsyncFile(file: string): Promise<number> {
  // Windows flushes only through a handle that may write.
  const handle = await fs.promises.open(file, process.platform === "win32" ? "r+" : "r");
  try {
    await handle.sync();
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

/** Flushes a folder's list of names, where the platform can (Windows cannot open folders and needs no flush). */
export function fsyncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } catch (error) {
    if (!["EINVAL", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
  } finally {
    fs.closeSync(descriptor);
  }
}

/** Makes a folder with all those above it, durably. */
export function makeFolder(folder: string): void {
  if (fs.existsSync(folder)) return;
  const first = fs.mkdirSync(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    fsyncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
