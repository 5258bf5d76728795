import { createHash } from "node:crypto";
import fs from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import { StorageError } from "../errors.js";
import { fsyncFile, fsyncFolder, makeFolder } from "../storage/durable.js";
import { isAbsent, storageError } from "../storage/local_errors.js";
import { TEMPORARY_PREFIX } from "../storage/path.js";
import type { Storage } from "../storage/storage.js";
import { ArchivedNames, archivedName, arrivalOf, numbered } from "./archive_name.js";
import { identityAt } from "./file_identity.js";
import type { LandingFile } from "./landing.js";
import { copyFile } from "./link_file.js";
import { hashFile } from "./scan_file.js";

/** A file's place in the archive. */
export interface ArchivedFile {
  readonly name: string;
  /** Milliseconds since the epoch, as its name tells. */
  readonly arrivedAt: number;
}

/**
 * The files that a source has brought, `<lake>/bronze/_archive/<source>/YYYYMMDD_HHMMSS_<name>`: copies, which no writer of
 * the landed files reaches. Nothing in it is ever replaced. All methods throw StorageError.
 */
export class Archive {
  readonly #files: ArchiveFiles;
  #names: ArchivedNames | undefined;

  constructor(lake: Storage, source: string) {
    const folder = `bronze/_archive/${source}`;
    this.#files = isAbsolute(lake.uri) ? new LocalFiles(join(lake.uri, folder)) : new StoredFiles(lake.at(folder));
  }

  /** A local folder beside the archived files, for temporary ones; undefined when the lake is not on this machine. */
  get folder(): string | undefined {
    return this.#files.folder;
  }

  /** Where the engine can read an archived file; undefined when it must read the landed one. */
  pathOf(name: string): string | undefined {
    return this.#files.folder === undefined ? undefined : join(this.#files.folder, name);
  }

  /** The names under which files of a name are archived, in order of arrival. */
  async namesOf(name: string): Promise<readonly string[]> {
    return (await this.#listed()).of(name);
  }

  /**
   * Archives a landed file whose content is in no commit. What a killed run has archived without committing is found
   * again and used.
   * @param at milliseconds since the epoch
   * @param isFree whether no row bears an archived name
   */
  async place(
    file: LandingFile,
    sha256: string,
    at: number,
    isFree: (archived: string) => Promise<boolean>,
  ): Promise<ArchivedFile> {
    for (const name of await this.namesOf(file.name)) {
      const arrivedAt = arrivalOf(name);
      if (arrivedAt === undefined || !(await this.#holds(name, file, sha256))) continue;
      if (await isFree(name)) return { name, arrivedAt };
    }
    const first = archivedName(file.name, at);
    for (let number = 1; ; number++) {
      const name = numbered(first, number);
      const names = await this.#listed();
      if (names.isTaken(name) || !(await this.#files.add(file.path, name))) continue;
      names.add(name);
      return { name, arrivedAt: at };
    }
  }

  /** The archived files that hold a landed file's content, among those that arrived in a certain second. */
  async find(file: LandingFile, sha256: string, arrivedAt: number): Promise<readonly string[]> {
    const found: string[] = [];
    for (const name of (await this.#listed()).inSecond(arrivedAt)) {
      if (await this.#holds(name, file, sha256)) found.push(name);
    }
    return found;
  }

  /** Looks again at what is there: another process has archived files. */
  refresh(): void {
    this.#names = undefined;
  }

  /** Whether there is a file of this name and size. */
  async has(name: string, size: number): Promise<boolean> {
    return (await this.#files.size(name)) === size;
  }

  /** Makes archived files durable. */
  flush(names: readonly string[]): Promise<void> {
    return this.#files.flush(names);
  }

  /** Takes back a file that turned out not to be taken. */
  async remove(name: string): Promise<void> {
    await this.#files.remove(name);
    (await this.#listed()).delete(name);
  }

  async #holds(name: string, file: LandingFile, sha256: string): Promise<boolean> {
    return (await this.#files.size(name)) === file.identity.size && (await this.#files.sha256(name)) === sha256;
  }

  async #listed(): Promise<ArchivedNames> {
    this.#names ??= new ArchivedNames(await this.#files.names());
    return this.#names;
  }
}

interface ArchiveFiles {
  readonly folder: string | undefined;
  names(): Promise<readonly string[]>;
  /** False when the name is taken. */
  add(path: string, name: string): Promise<boolean>;
  size(name: string): Promise<number | undefined>;
  sha256(name: string): Promise<string | undefined>;
  flush(names: readonly string[]): Promise<void>;
  remove(name: string): Promise<void>;
}

class LocalFiles implements ArchiveFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async names(): Promise<readonly string[]> {
    try {
      return fs.readdirSync(this.folder).filter((name) => !name.startsWith(TEMPORARY_PREFIX));
    } catch (error) {
      if (isAbsent(error)) return [];
      throw storageError("list", dirname(this.folder), basename(this.folder), error);
    }
  }
  async add(path: string, name: string): Promise<boolean> {
    return this.#guarded("write", name, (target) => {
      makeFolder(this.folder);
      return copyFile(path, target);
    });
  }
  async size(name: string): Promise<number | undefined> {
    return this.#guarded("look at", name, (target) => identityAt(target)?.size);
  }
  sha256(name: string): Promise<string | undefined> {
    return hashFile(join(this.folder, name));
  }
  async flush(names: readonly string[]): Promise<void> {
    try {
      await Promise.all(names.map((name) => fsyncFile(join(this.folder, name))));
      if (names.length > 0) fsyncFolder(this.folder);
    } catch (error) {
      throw storageError("flush", dirname(this.folder), basename(this.folder), error);
    }
  }
  async remove(name: string): Promise<void> {
    this.#guarded("delete", name, (target) => fs.rmSync(target, { force: true }));
  }

  #guarded<T>(verb: string, name: string, action: (target: string) => T): T {
    try {
      return action(join(this.folder, name));
    } catch (error) {
      throw storageError(verb, this.folder, name, error);
    }
  }
}

/** In memory or in an object store: a file is copied there as a whole. */
class StoredFiles implements ArchiveFiles {
  readonly folder = undefined;
  readonly #storage: Storage;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  async names(): Promise<readonly string[]> {
    return (await this.#storage.list("")).map((object) => object.path);
  }
  async add(path: string, name: string): Promise<boolean> {
    let bytes: Uint8Array;
    try {
      bytes = fs.readFileSync(path);
    } catch (error) {
      throw storageError("read", dirname(path), basename(path), error);
    }
    return this.#storage.putIfAbsent(name, bytes);
  }
  async size(name: string): Promise<number | undefined> {
    return (await this.#storage.head(name))?.size;
  }
  async sha256(name: string): Promise<string | undefined> {
    const bytes = await this.#storage.read(name);
    return bytes && createHash("sha256").update(bytes).digest("hex");
  }
  async flush(names: readonly string[]): Promise<void> {
    for (const name of names) {
      if ((await this.#storage.head(name)) === undefined) throw new StorageError(`${name} is gone from the archive`);
    }
  }
  remove(name: string): Promise<void> {
    return this.#storage.delete(name);
  }
}
