import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fsyncFile, fsyncFolder, makeFolder } from "./durable.js";
import { removeLeftovers } from "./leftovers.js";
import { codeOf, isAbsent, storageError } from "./local_errors.js";
import { checkPath, compareUtf8, TEMPORARY_PREFIX } from "./path.js";
import { renameIfAbsent, renameReplacing } from "./rename.js";
import type { FolderMeta, Location, ObjectMeta, Storage } from "./storage.js";

export interface LocalStorageOptions {
  /** False for file systems without hard links (exFAT, some network shares); found out by itself when left out. */
  readonly hardLinks?: boolean;
}

/**
 * Objects up to this size are read and written by synchronous calls: each hop to the thread pool costs more than the
 * call itself, and a Delta log is made of small files.
 */
const SMALL_BYTES = 1 << 20;

/**
 * Files below a folder. A write goes to a temporary file in the same folder, is flushed to disk, gets its name in one
 * step, and then the folder is flushed: readers never see half a file, and what was acknowledged survives power loss.
 */
export class LocalStorage implements Storage {
  readonly uri: string;
  #hardLinks: boolean;

  /** @param root a folder, relative to the working directory or absolute; made by the first write. */
  constructor(root: string, options: LocalStorageOptions = {}) {
    this.uri = resolve(root);
    this.#hardLinks = options.hardLinks ?? true;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#absentIsUndefined("read", path, async (file) => {
      const stat = fs.statSync(file);
      if (!stat.isFile()) return undefined;
      return stat.size <= SMALL_BYTES ? fs.readFileSync(file) : await fs.promises.readFile(file);
    });
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    return this.#absentIsUndefined("read", path, async (file) => {
      const buffer = Buffer.allocUnsafe(Math.max(0, end - start));
      const read = buffer.length <= SMALL_BYTES ? fillNow : fillLater;
      return buffer.subarray(0, await read(file, buffer, start));
    });
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    return this.#absentIsUndefined("look at", path, async (file) => {
      const stat = fs.statSync(file);
      return stat.isFile() ? { path, size: stat.size, modifiedAt: Math.floor(stat.mtimeMs) } : undefined;
    });
  }

  async list(prefix: string, options: { readonly startAfter?: string } = {}): Promise<readonly ObjectMeta[]> {
    const folder = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    if (folder !== "") checkPath(folder.slice(0, -1));
    const found: ObjectMeta[] = [];
    try {
      this.#walk(folder, prefix, options.startAfter, found);
    } catch (error) {
      throw storageError("list", this.uri, prefix, error);
    }
    return found.sort((a, b) => compareUtf8(a.path, b.path));
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#write(path, bytes, async (temporary, file) => {
      await renameReplacing(temporary, file);
      return true;
    });
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (fs.existsSync(this.#file(path))) return false;
    return this.#write(path, bytes, async (temporary, file) => {
      if (!this.#hardLinks) return renameIfAbsent(temporary, file);
      try {
        fs.linkSync(temporary, file);
        return true;
      } catch (error) {
        const code = codeOf(error);
        if (code === "EEXIST") return false;
        if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EISDIR", "UNKNOWN"].includes(code)) throw error;
        this.#hardLinks = false;
        return renameIfAbsent(temporary, file);
      }
    });
  }

  async delete(path: string): Promise<void> {
    await this.#absentIsUndefined("delete", path, async (file) => {
      fs.unlinkSync(file);
      fsyncFolder(dirname(file));
      return undefined;
    });
  }

  async locate(path: string, purpose: "read" | "write" = "write"): Promise<Location> {
    const file = this.#file(path);
    if (purpose === "read") return { url: file };
    try {
      makeFolder(dirname(file));
    } catch (error) {
      throw storageError("write", this.uri, path, error);
    }
    return { url: file };
  }

  async settle(path: string): Promise<number> {
    const file = this.#file(path);
    try {
      const size = await fsyncFile(file);
      fsyncFolder(dirname(file));
      return size;
    } catch (error) {
      throw storageError("flush", this.uri, path, error);
    }
  }

  at(folder: string): Storage {
    return new LocalStorage(this.#file(folder), { hardLinks: this.#hardLinks });
  }

  async folders(): Promise<readonly FolderMeta[]> {
    const found: FolderMeta[] = [];
    const walk = (above: string): void => {
      for (const entry of entriesOf(join(this.uri, above))) {
        if (!entry.isDirectory()) continue;
        const path = above + entry.name;
        const stat = fs.statSync(join(this.uri, path), { throwIfNoEntry: false });
        if (stat) found.push({ path, modifiedAt: Math.floor(stat.mtimeMs) });
        walk(`${path}/`);
      }
    };
    try {
      walk("");
    } catch (error) {
      throw storageError("list", this.uri, "", error);
    }
    return found;
  }

  async removeFolder(path: string): Promise<void> {
    const folder = this.#file(path);
    try {
      fs.rmdirSync(folder);
      fsyncFolder(dirname(folder));
    } catch (error) {
      if (isAbsent(error) || ["ENOTEMPTY", "EEXIST"].includes(codeOf(error))) return;
      throw storageError("delete", this.uri, path, error);
    }
  }

  #file(path: string): string {
    checkPath(path);
    return join(this.uri, path);
  }

  async #absentIsUndefined<T>(
    verb: string,
    path: string,
    action: (file: string) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const file = this.#file(path);
    try {
      return await action(file);
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw storageError(verb, this.uri, path, error);
    }
  }

  async #write(
    path: string,
    bytes: Uint8Array,
    publish: (temporary: string, file: string) => Promise<boolean>,
  ): Promise<boolean> {
    const file = this.#file(path);
    // Not from clock.ts: nobody ever sees these names, and a fixed seed must not make two processes share one.
    const temporary = join(dirname(file), `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(9).toString("base64url")}`);
    try {
      makeFolder(dirname(file));
      try {
        await writeFlushed(temporary, bytes);
        removeLeftovers(temporary);
        const published = await publish(temporary, file);
        if (published) fsyncFolder(dirname(file));
        return published;
      } finally {
        fs.rmSync(temporary, { force: true });
      }
    } catch (error) {
      throw storageError("write", this.uri, path, error);
    }
  }

  #walk(folder: string, prefix: string, startAfter: string | undefined, found: ObjectMeta[]): void {
    for (const entry of entriesOf(join(this.uri, folder))) {
      const path = folder + entry.name;
      if (entry.isDirectory()) {
        const below = `${path}/`;
        if (below.startsWith(prefix) || prefix.startsWith(below)) this.#walk(below, prefix, startAfter, found);
        continue;
      }
      if (!path.startsWith(prefix) || entry.name.startsWith(TEMPORARY_PREFIX)) continue;
      if (startAfter !== undefined && compareUtf8(path, startAfter) <= 0) continue;
      const stat = fs.statSync(join(this.uri, path), { throwIfNoEntry: false });
      if (stat?.isFile()) found.push({ path, size: stat.size, modifiedAt: Math.floor(stat.mtimeMs) });
    }
  }
}

/** Reads into a buffer from a place of a file on, as far as the file goes; answers how many bytes were read. */
function fillNow(file: string, buffer: Buffer, start: number): number {
  const descriptor = fs.openSync(file, "r");
  try {
    let filled = 0;
    while (filled < buffer.length) {
      const bytes = fs.readSync(descriptor, buffer, filled, buffer.length - filled, start + filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    return filled;
  } finally {
    fs.closeSync(descriptor);
  }
}

async function fillLater(file: string, buffer: Buffer, start: number): Promise<number> {
  const handle = await fs.promises.open(file, "r");
  try {
    let filled = 0;
    while (filled < buffer.length) {
      const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return filled;
  } finally {
    await handle.close();
  }
}

function entriesOf(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

async function writeFlushed(file: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > SMALL_BYTES) {
    await fs.promises.writeFile(file, bytes, { flag: "wx", flush: true });
    return;
  }
  const descriptor = fs.openSync(file, "wx");
  try {
    for (let written = 0; written < bytes.length; ) written += fs.writeSync(descriptor, bytes, written);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
