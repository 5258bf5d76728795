import { compareUtf8, joinPath } from "./path.js";
import type { Location, ObjectMeta, Storage } from "./storage.js";

export interface OverlayOptions {
  /** Read, never written. */
  readonly base: Storage;
  /** Takes all writes; what it holds stands in front of the base. Nobody else writes to it. */
  readonly upper: Storage;
  /** Objects that the base gets later, in milliseconds since the epoch, are not seen: it stays as it was. Default: all are. */
  readonly until?: number;
}

/** Below this folder of the upper storage stands a mark for each object of the base that was deleted. */
const DELETED = "_deleted";
const NOTHING = new Uint8Array();

/**
 * A storage that begins with everything that another one holds, and leaves that one as it is: a clone made without reading
 * or copying anything. An engine is led to where each object lies. Log entries of the base that come later are not seen, so
 * tables keep the version that they had; files that are deleted from the base meanwhile are missed.
 */
export class OverlayStorage implements Storage {
  readonly uri: string;
  readonly #base: Storage;
  readonly #upper: Storage;
  readonly #until: number;
  /** This storage's place below the root of the overlay. */
  readonly #folder: string;
  readonly #root: Root;

  constructor({ base, upper, until = Number.POSITIVE_INFINITY }: OverlayOptions, root = new Root(upper), folder = "") {
    this.uri = upper.uri;
    this.#base = base;
    this.#upper = upper;
    this.#until = until;
    this.#root = root;
    this.#folder = folder;
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    return (await this.#front(path))?.read(path);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    return (await this.#front(path))?.readRange(path, start, end);
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    return (await this.#front(path))?.head(path);
  }

  async list(prefix: string, options: { readonly startAfter?: string } = {}): Promise<readonly ObjectMeta[]> {
    const [own, below, entries] = await Promise.all([
      this.#upper.list(prefix, options),
      this.#base.list(prefix, options),
      this.#root.entries(),
    ]);
    const seen = below.filter(
      ({ path, modifiedAt }) => modifiedAt <= this.#until && !entries.has(joinPath(this.#folder, path)),
    );
    if (own.length === 0) return seen;
    return [...own.filter(({ path }) => !this.#isMark(path)), ...seen].sort((a, b) => compareUtf8(a.path, b.path));
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    await this.#upper.put(path, bytes);
    await this.#appeared(path);
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    if ((await this.head(path)) !== undefined) return false;
    const written = await this.#upper.putIfAbsent(path, bytes);
    if (written) await this.#appeared(path);
    return written;
  }

  async delete(path: string): Promise<void> {
    const inBase = (await this.#base.head(path)) !== undefined;
    if (inBase) await this.#root.mark(joinPath(this.#folder, path));
    await this.#upper.delete(path);
    if (!inBase) await this.#root.forget(joinPath(this.#folder, path));
  }

  async locate(path: string, purpose: "read" | "write" = "write"): Promise<Location> {
    if (purpose === "write") return this.#upper.locate(path, "write");
    const entry = await this.#root.entry(joinPath(this.#folder, path));
    return (entry === undefined ? this.#base : this.#upper).locate(path, "read");
  }

  async settle(path: string): Promise<number> {
    const size = await this.#upper.settle(path);
    await this.#appeared(path);
    return size;
  }

  at(folder: string): Storage {
    const options = { base: this.#base.at(folder), upper: this.#upper.at(folder), until: this.#until };
    return new OverlayStorage(options, this.#root, joinPath(this.#folder, folder));
  }

  /** The storage whose object of this path is seen, if any. */
  async #front(path: string): Promise<Storage | undefined> {
    const entry = await this.#root.entry(joinPath(this.#folder, path));
    if (entry !== undefined) return entry === "own" ? this.#upper : undefined;
    if (this.#until === Number.POSITIVE_INFINITY) return this.#base;
    const meta = await this.#base.head(path);
    return meta !== undefined && meta.modifiedAt <= this.#until ? this.#base : undefined;
  }

  #appeared(path: string): Promise<void> {
    return this.#root.add(joinPath(this.#folder, path));
  }

  #isMark(path: string): boolean {
    return this.#folder === "" && path.startsWith(`${DELETED}/`);
  }
}

type Entry = "own" | "deleted";

/** What the upper storage holds, by path: known without looking, because nobody else writes there. */
class Root {
  readonly #upper: Storage;
  #known: Promise<Map<string, Entry>> | undefined;

  constructor(upper: Storage) {
    this.#upper = upper;
  }

  entries(): Promise<ReadonlyMap<string, Entry>> {
    return this.#entries();
  }

  async entry(path: string): Promise<Entry | undefined> {
    return (await this.#entries()).get(path);
  }

  async add(path: string): Promise<void> {
    const entries = await this.#entries();
    if (entries.get(path) === "deleted") await this.#upper.delete(`${DELETED}/${path}`);
    entries.set(path, "own");
  }

  async mark(path: string): Promise<void> {
    await this.#upper.put(`${DELETED}/${path}`, NOTHING);
    (await this.#entries()).set(path, "deleted");
  }

  async forget(path: string): Promise<void> {
    (await this.#entries()).delete(path);
  }

  #entries(): Promise<Map<string, Entry>> {
    this.#known ??= this.#upper.list("").then((objects) => {
      const entries = new Map<string, Entry>();
      const marks = objects.filter(({ path }) => path.startsWith(`${DELETED}/`));
      for (const { path } of marks) entries.set(path.slice(DELETED.length + 1), "deleted");
      for (const { path } of objects) if (!path.startsWith(`${DELETED}/`)) entries.set(path, "own");
      return entries;
    });
    return this.#known;
  }
}
