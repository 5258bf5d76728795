import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { join } from "node:path";
import { nowMillis } from "../clock.js";
import { makeFolder } from "../storage/durable.js";
import { storageError } from "../storage/local_errors.js";
import { TEMPORARY_PREFIX } from "../storage/path.js";

/** A crashed run's leftovers are removed once they are this old. */
const ABANDONED_MILLIS = 24 * 3600 * 1000;

/** Files that live as long as one ingest: unzipped, or rewritten for the engine. */
export class TemporaryFiles {
  readonly #folder: string;
  readonly #made: string[] = [];
  #cleaned = false;

  /** @param folder made when it is first needed */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * A path at which nothing is yet.
   * @throws StorageError when the folder cannot be made
   */
  path(extension: string): string {
    try {
      makeFolder(this.#folder);
    } catch (error) {
      throw storageError("make", this.#folder, ".", error);
    }
    if (!this.#cleaned) removeAbandoned(this.#folder);
    this.#cleaned = true;
    const path = join(
      this.#folder,
      `${TEMPORARY_PREFIX}${process.pid}-${randomBytes(9).toString("base64url")}${extension}`,
    );
    this.#made.push(path);
    return path;
  }

  /** Removes every file whose path was handed out; one that cannot be removed now is abandoned. */
  removeAll(): void {
    for (const path of this.#made.splice(0)) removeIfAllowed(path);
  }
}

/** Writes text through a buffer to a new file, whose lines nobody needs before it is closed. */
export class TextFile {
  readonly #folder: string;
  readonly #path: string;
  readonly #descriptor: number;
  #pending: string[] = [];
  #size = 0;

  /** @throws StorageError when it cannot be made */
  constructor(folder: string, path: string) {
    this.#folder = folder;
    this.#path = path;
    this.#descriptor = this.#guarded(() => fs.openSync(path, "wx"));
  }

  /** @throws StorageError */
  write(text: string): void {
    this.#pending.push(text);
    this.#size += text.length;
    if (this.#size >= 1 << 20) this.#flush();
  }

  /** @throws StorageError */
  close(): void {
    try {
      this.#flush();
    } finally {
      fs.closeSync(this.#descriptor);
    }
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(""), "utf8");
    this.#pending = [];
    this.#size = 0;
    this.#guarded(() => writeAll(this.#descriptor, bytes));
  }

  #guarded<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw storageError("write", this.#folder, this.#path, error);
    }
  }
}

/** Writes all of the bytes at the file's position. */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += fs.writeSync(descriptor, bytes, written);
}

/** The folder may be one for everybody's temporary files: those of others stay. */
function removeAbandoned(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!name.startsWith(TEMPORARY_PREFIX)) continue;
    const path = join(folder, name);
    const stat = fs.lstatSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && nowMillis() - stat.mtimeMs > ABANDONED_MILLIS) removeIfAllowed(path);
  }
}

/** Removes a file; one that cannot be removed now is abandoned. */
export function removeIfAllowed(path: string): void {
  try {
    fs.unlinkSync(path);
  } catch {
    // It is gone, or somebody else's.
  }
}
