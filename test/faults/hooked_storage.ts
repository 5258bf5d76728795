import { StorageError } from "../../lib/errors.js";
import type { Storage } from "../../lib/storage/storage.js";

/** One call of a storage, or of one made from it by `at`. */
export interface StorageCall {
  /** Among all calls, from 1. */
  readonly number: number;
  readonly name: string;
  readonly path: string;
  /** Whether it changes what is stored. */
  readonly writes: boolean;
}

export interface StorageHooks {
  /** What it throws, the caller gets; the call is not made then. */
  readonly before?: (call: StorageCall) => unknown;
  readonly after?: (call: StorageCall) => unknown;
}

/** A storage whose every call is seen by hooks. */
export function hooked(storage: Storage, hooks: StorageHooks, counter = { calls: 0 }): Storage {
  return new Proxy(storage, {
    get(target, name: keyof Storage) {
      const member = target[name];
      if (typeof member !== "function") return member;
      if (name === "at") return (folder: string) => hooked(target.at(folder), hooks, counter);
      return async (path: string, ...rest: readonly unknown[]) => {
        const writes = ["put", "putIfAbsent", "delete", "settle"].includes(name);
        const call = { number: ++counter.calls, name, path, writes };
        await hooks.before?.(call);
        const result: unknown = await Reflect.apply(member, target, [path, ...rest]);
        await hooks.after?.(call);
        return result;
      };
    },
  });
}

/**
 * `fails`: the call throws, with its work undone (`before`) or done (`after`); later calls work. `crashes`: the same, and
 * every later call throws too, as if the process had died there.
 */
export type Fault = "fails before" | "fails after" | "crashes before" | "crashes after";

/** A call that goes wrong. */
export interface Accident {
  readonly call: StorageCall;
  readonly fault: Fault;
}

/** Everything that can go wrong at these calls: each write in four ways, each read in one. */
export function accidentsAt(calls: readonly StorageCall[]): readonly Accident[] {
  const faults = ["fails before", "fails after", "crashes before", "crashes after"] as const;
  return calls.flatMap((call) => (call.writes ? faults : faults.slice(0, 1)).map((fault) => ({ call, fault })));
}

/** A storage in which this happens. */
export function spoiled(storage: Storage, { call, fault }: Accident): Storage {
  let isDead = false;
  const strike = (seen: StorageCall, when: "before" | "after"): void => {
    if (seen.number === call.number && fault.endsWith(when)) {
      isDead = fault.startsWith("crashes");
      throw new StorageError(`injected: ${seen.name} ${seen.path} ${fault}`, { where: { path: seen.path } });
    }
    if (isDead && when === "before") throw new StorageError("injected: the process is dead");
  };
  return hooked(storage, { before: (seen) => strike(seen, "before"), after: (seen) => strike(seen, "after") });
}

export function describeAccident({ call, fault }: Accident): string {
  return `${fault} at call ${call.number}, ${call.name} ${call.path}`;
}
