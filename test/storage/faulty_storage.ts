import { StorageError } from "../../lib/errors.js";
import type { Location, ObjectMeta, Storage } from "../../lib/storage/storage.js";

/**
 * `fail-before`: the call does nothing and throws. `fail-after`: it does its work, then throws. Both once; later calls
 * work. `crash-before`, `crash-after`: the same, and every later call throws, as if the process had died there.
 */
export type Fault = "fail-before" | "fail-after" | "crash-before" | "crash-after";

const FAULTS: readonly Fault[] = ["fail-before", "fail-after", "crash-before", "crash-after"];

/** Counts the calls of all storages of one root and spoils the n-th of them. */
class Faults {
  calls = 0;
  isDead = false;
  /** The n-th call (from 1) is spoiled; undefined only counts. */
  readonly at: number | undefined;
  readonly fault: Fault;

  constructor(at: number | undefined, fault: Fault) {
    this.at = at;
    this.fault = fault;
  }

  async around<T>(name: string, path: string, work: () => Promise<T>): Promise<T> {
    this.calls++;
    if (this.isDead) throw this.#error("the process is dead", name, path);
    if (this.calls !== this.at) return work();
    this.isDead = this.fault.startsWith("crash");
    if (this.fault.endsWith("after")) await work();
    throw this.#error(this.fault, name, path);
  }

  #error(what: string, name: string, path: string): StorageError {
    return new StorageError(`injected: ${what}, at call ${this.calls}, ${name} ${path}`, { where: { path } });
  }
}

/** A storage that fails at its n-th call: for proving that an operation leaves the old state or the new one. */
export class FaultyStorage implements Storage {
  readonly uri: string;
  readonly #inner: Storage;
  readonly #faults: Faults;

  /** @param at the call to spoil, from 1; undefined spoils none but counts. */
  constructor(inner: Storage, at?: number, fault: Fault = "fail-before", faults = new Faults(at, fault)) {
    this.uri = inner.uri;
    this.#inner = inner;
    this.#faults = faults;
  }

  /** Calls so far, including those of storages made by `at`. */
  get calls(): number {
    return this.#faults.calls;
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#faults.around("read", path, () => this.#inner.read(path));
  }

  readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    return this.#faults.around("readRange", path, () => this.#inner.readRange(path, start, end));
  }

  head(path: string): Promise<ObjectMeta | undefined> {
    return this.#faults.around("head", path, () => this.#inner.head(path));
  }

  list(prefix: string, options?: { readonly startAfter?: string }): Promise<readonly ObjectMeta[]> {
    return this.#faults.around("list", prefix, () => this.#inner.list(prefix, options));
  }

  put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#faults.around("put", path, () => this.#inner.put(path, bytes));
  }

  putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    return this.#faults.around("putIfAbsent", path, () => this.#inner.putIfAbsent(path, bytes));
  }

  delete(path: string): Promise<void> {
    return this.#faults.around("delete", path, () => this.#inner.delete(path));
  }

  locate(path: string, purpose?: "read" | "write"): Promise<Location> {
    return this.#faults.around("locate", path, () => this.#inner.locate(path, purpose));
  }

  settle(path: string): Promise<number> {
    return this.#faults.around("settle", path, () => this.#inner.settle(path));
  }

  at(folder: string): Storage {
    return new FaultyStorage(this.#inner.at(folder), undefined, this.#faults.fault, this.#faults);
  }
}

/**
 * Runs an operation once for every storage call that it makes and every kind of fault, each time on a fresh storage.
 * `verify` sees the storage without faults, and whether the operation was acknowledged.
 */
export async function forEveryFault(
  prepare: () => Promise<Storage>,
  operation: (storage: Storage) => Promise<unknown>,
  verify: (storage: Storage, outcome: { readonly acknowledged: boolean; readonly story: string }) => Promise<void>,
): Promise<number> {
  const counting = new FaultyStorage(await prepare());
  await operation(counting);
  let runs = 0;
  for (const fault of FAULTS) {
    for (let at = 1; at <= counting.calls; at++) {
      const inner = await prepare();
      const acknowledged = await operation(new FaultyStorage(inner, at, fault)).then(
        () => true,
        () => false,
      );
      await verify(inner, { acknowledged, story: `${fault} at call ${at} of ${counting.calls}` });
      runs++;
    }
  }
  return runs;
}
