import { dirname, resolve } from "node:path";

/**
 * What power loss would leave, by the system calls that strace saw (`-f -y`): bytes are safe when their file was flushed
 * after they were written, names when their folder was. Only what lies below `root` is followed.
 */
export class Disk {
  readonly #root: string;
  /** The file at each name. */
  readonly #files = new Map<string, { isFlushed: boolean }>();
  /** Names, of files and folders, that are on disk. */
  readonly #named = new Set<string>();
  /** Names that a flush of their folder would bring there. */
  readonly #unnamed = new Set<string>();
  /** Calls that have begun, by thread. */
  readonly #begun = new Map<string, string>();

  constructor(root: string) {
    this.#root = root;
  }

  /** True when bytes of the file could be lost, or there is no such file. */
  lostBytes(path: string): boolean {
    return this.#files.get(path)?.isFlushed !== true;
  }

  isNamed(path: string): boolean {
    return this.#named.has(path);
  }

  replay(line: string): void {
    const call = this.#whole(line);
    const [, name = "", rest = "", result = ""] = /^(\w+)\((.*)\)\s+= (-?\d+)/.exec(call) ?? [];
    if (name === "" || result.startsWith("-")) return;
    const paths = pathsIn(rest);
    const [first = "", second = ""] = paths;
    if (/^(open|openat|creat)$/.test(name)) this.#open(first, rest);
    else if (/^(mkdir|mkdirat)$/.test(name)) this.#unnamed.add(first);
    else if (name.startsWith("rename")) this.#rename(first, second);
    else if (name.startsWith("link")) this.#link(first, second);
    else if (name.startsWith("unlink")) this.#remove(first);
    else if (/sync$/.test(name)) this.#flush(descriptorIn(rest));
    else
      this.#write(
        name === "sendfile" ? descriptorIn(rest) : (rest.match(/\d+<([^>]*)>/g) ?? []).map(descriptorIn).at(-1),
      );
  }

  /** A call that was interrupted by another thread's stands in two lines. */
  #whole(line: string): string {
    const [, thread = "", text = ""] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const [, begun] = /^(.*) <unfinished \.\.\.>$/.exec(text) ?? [];
    if (begun !== undefined) {
      this.#begun.set(thread, begun);
      return "";
    }
    const [, resumed] = /^<\.\.\. \w+ resumed>(.*)$/.exec(text) ?? [];
    return resumed === undefined ? text : (this.#begun.get(thread) ?? "") + resumed;
  }

  #open(path: string, flags: string): void {
    if (!flags.includes("O_CREAT") || this.#files.has(path) || !path.startsWith(this.#root)) return;
    this.#files.set(path, { isFlushed: true });
    this.#unnamed.add(path);
  }

  #write(path: string | undefined): void {
    const file = this.#files.get(path ?? "");
    if (file) file.isFlushed = false;
  }

  #flush(path: string | undefined): void {
    const file = this.#files.get(path ?? "");
    if (file) file.isFlushed = true;
    for (const name of [...this.#unnamed]) {
      if (dirname(name) !== path) continue;
      this.#unnamed.delete(name);
      this.#named.add(name);
    }
  }

  #link(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file) this.#files.set(to, file);
    this.#unnamed.add(to);
  }

  #rename(from: string, to: string): void {
    this.#link(from, to);
    this.#named.delete(to);
    this.#remove(from);
  }

  #remove(path: string): void {
    this.#files.delete(path);
    this.#unnamed.delete(path);
  }
}

/** The quoted paths of a call, absolute. */
function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?:AT_FDCWD<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)].map(([, base = "/", path = ""]) =>
    resolve(base, path),
  );
}

/** The path of a call's first descriptor. */
function descriptorIn(text: string): string | undefined {
  return /^\d+<([^>]*)>/.exec(text)?.[1];
}
