import fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { nowMillis } from "../clock.js";
import { StorageError } from "../errors.js";
import { checkPath, compareUtf8, joinPath } from "./path.js";
import type { Location, ObjectMeta, Storage } from "./storage.js";
import { newFolder } from "./temporary_folder.js";

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedAt: number;
}

/** What all storages of one root share. */
interface Shared {
  readonly objects: Map<string, StoredObject>;
  /** Made when an engine first asks for a location; removed when the process ends. */
  folder: string | undefined;
}

/** A folder of a memory storage, or all of it. */
class MemoryFolder implements Storage {
  readonly uri: string;
  readonly #prefix: string;
  readonly #shared: Shared;

  constructor(uri: string, prefix: string, shared: Shared) {
    this.uri = uri;
    this.#prefix = prefix;
    this.#shared = shared;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#shared.objects.get(this.#key(path))?.bytes.slice();
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    return this.#shared.objects.get(this.#key(path))?.bytes.slice(start, end);
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    const object = this.#shared.objects.get(this.#key(path));
    return object && { path, size: object.bytes.length, modifiedAt: object.modifiedAt };
  }

  async list(prefix: string, options: { readonly startAfter?: string } = {}): Promise<readonly ObjectMeta[]> {
    const root = this.#prefix === "" ? "" : `${this.#prefix}/`;
    const found: ObjectMeta[] = [];
    for (const [key, { bytes, modifiedAt }] of this.#shared.objects) {
      if (!key.startsWith(root + prefix)) continue;
      const path = key.slice(root.length);
      if (options.startAfter !== undefined && compareUtf8(path, options.startAfter) <= 0) continue;
      found.push({ path, size: bytes.length, modifiedAt });
    }
    return found.sort((a, b) => compareUtf8(a.path, b.path));
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    this.#shared.objects.set(this.#key(path), { bytes: bytes.slice(), modifiedAt: nowMillis() });
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if (this.#shared.objects.has(this.#key(path))) return false;
    await this.put(path, bytes);
    return true;
  }

  async delete(path: string): Promise<void> {
    this.#shared.objects.delete(this.#key(path));
    if (this.#shared.folder !== undefined) fs.rmSync(join(this.#shared.folder, this.#key(path)), { force: true });
  }

  async locate(path: string): Promise<Location> {
    const file = join(this.#folder(), this.#key(path));
    fs.mkdirSync(dirname(file), { recursive: true });
    const object = this.#shared.objects.get(this.#key(path));
    if (object !== undefined) fs.writeFileSync(file, object.bytes);
    return { url: file };
  }

  async settle(path: string): Promise<number> {
    const file = join(this.#folder(), this.#key(path));
    if (!fs.existsSync(file)) {
      throw new StorageError(`Nothing was written at the location of ${path} in ${this.uri}`, { where: { path } });
    }
    const bytes = fs.readFileSync(file);
    await this.put(path, bytes);
    return bytes.length;
  }

  at(folder: string): Storage {
    return new MemoryFolder(`${this.uri}/${folder}`, this.#key(folder), this.#shared);
  }

  #key(path: string): string {
    checkPath(path);
    return joinPath(this.#prefix, path);
  }

  #folder(): string {
    this.#shared.folder ??= newFolder(tmpdir());
    return this.#shared.folder;
  }
}

/** Objects in this process's memory: for tests, examples and scratch lakes. `locate` backs them by a temporary folder. */
export class MemoryStorage extends MemoryFolder {
  constructor(name = "lake") {
    super(`memory:${name}`, "", { objects: new Map(), folder: undefined });
  }
}
