import fs from "node:fs";

/** Calls by which a process changes what lies on the disk. */
const CHANGING = [
  "copyFileSync",
  "fsyncSync",
  "linkSync",
  "mkdirSync",
  "openSync",
  "renameSync",
  "rmSync",
  "unlinkSync",
  "writeFileSync",
  "writeSync",
] as const;

type Call = (typeof CHANGING)[number];
type Fs = Record<Call, (...args: unknown[]) => unknown>;

/** What a hook sees of a call: its name and the paths or flags that it was given. */
export interface SeenCall {
  readonly name: Call;
  readonly args: readonly unknown[];
  /** Number among all changing calls, from 1. */
  readonly number: number;
}

export interface Hooks {
  readonly before?: (call: SeenCall) => void;
  readonly after?: (call: SeenCall) => void;
}

/** Runs an action while hooks see every call that changes the disk; what they throw, the caller gets. */
export async function withHooks<T>(hooks: Hooks, action: () => Promise<T>): Promise<T> {
  const patched = fs as unknown as Fs;
  const originals = CHANGING.map((name) => [name, patched[name]] as const);
  let number = 0;
  for (const [name, original] of originals) {
    patched[name] = (...args) => {
      if (name === "openSync" && (args[1] ?? "r") === "r") return original.apply(fs, args);
      const call = { name, args, number: ++number };
      hooks.before?.(call);
      const result = original.apply(fs, args);
      hooks.after?.(call);
      return result;
    };
  }
  try {
    return await action();
  } finally {
    for (const [name, original] of originals) patched[name] = original;
  }
}

/** Thrown by every call of a process that has been killed. */
class Killed extends Error {}

/**
 * Runs an action as a process that is killed right before or after its n-th change of the disk: from then on it changes
 * nothing, whatever it tries to clean up.
 * @returns whether it came to that call
 */
export async function killedAt(n: number, when: "before" | "after", action: () => Promise<unknown>): Promise<boolean> {
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Killed(`killed ${when} call ${n}`);
  };
  const hooks: Hooks = {
    before: ({ number }) => {
      if (dead || (when === "before" && number === n)) die();
    },
    after: ({ number }) => {
      if (when === "after" && number === n) die();
    },
  };
  await withHooks(hooks, action).catch((error: unknown) => {
    if (!dead) throw error;
  });
  return dead;
}
