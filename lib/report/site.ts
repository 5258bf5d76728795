import fs from "node:fs";
import { dirname, join } from "node:path";
import { StorageError } from "../errors.js";
import type { Html } from "./html.js";

/** The site's folder. A file whose content would stay the same is not touched. */
export class Site {
  readonly folder: string;
  /** Paths of the files that the site has now, below its folder. */
  readonly #kept = new Set<string>();
  readonly #written: string[] = [];

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Paths of the files that were made or changed. */
  get written(): readonly string[] {
    return this.#written;
  }

  has(path: string): boolean {
    return this.#kept.has(path) || fs.existsSync(join(this.folder, path));
  }

  /** @throws StorageError when the file cannot be written */
  write(path: string, content: Html | string): void {
    const text = typeof content === "string" ? content : content.text;
    this.#kept.add(path);
    if (this.read(path) === text) return;
    const file = join(this.folder, path);
    const temporary = `${file}.${process.pid}.tmp`;
    try {
      fs.mkdirSync(dirname(file), { recursive: true });
      fs.writeFileSync(temporary, text);
      fs.renameSync(temporary, file);
    } catch (cause) {
      fs.rmSync(temporary, { force: true });
      throw new StorageError("the report cannot be written", { where: { path: file }, cause });
    }
    this.#written.push(path);
  }

  /** The content of a file; undefined when there is none. */
  read(path: string): string | undefined {
    try {
      return fs.readFileSync(join(this.folder, path), "utf8");
    } catch {
      return undefined;
    }
  }

  /** Keeps a file as it is. */
  keep(path: string): void {
    this.#kept.add(path);
  }

  /**
   * Removes pages that this object has neither written nor kept: of tables and runs that are no more.
   * @param stays paths that another process may have written meanwhile
   */
  prune(stays: (path: string) => boolean): void {
    const entries = fs.readdirSync(this.folder, { recursive: true, withFileTypes: true });
    for (const entry of entries) {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(this.folder.length + 1).replaceAll("\\", "/");
      if (entry.isFile() && path.endsWith(".html") && !this.#kept.has(path) && !stays(path))
        fs.rmSync(file, { force: true });
    }
  }
}
