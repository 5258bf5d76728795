import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import { basename, resolve } from "node:path";
import { build } from "esbuild";

/** A TypeScript file of the tests that runs in processes of its own. */
export class ChildScript {
  readonly #bundle: string;

  private constructor(bundle: string) {
    this.#bundle = bundle;
  }

  /** @param entry its path from the project's root */
  static async of(entry: string): Promise<ChildScript> {
    // Below node_modules, so that the bundle finds the packages that stay outside of it.
    const bundle = resolve(`node_modules/.cache/tslake-test/${basename(entry, ".ts")}-${process.pid}.cjs`);
    const options = { bundle: true, platform: "node", packages: "external" } as const;
    await build({ ...options, entryPoints: [resolve(entry)], outfile: bundle, logLevel: "error" });
    return new ChildScript(bundle);
  }

  /** The command that starts it. */
  command(...args: readonly string[]): readonly string[] {
    return [process.execPath, this.#bundle, ...args];
  }

  /** Starts it; what it says goes to the test's own output. */
  start(args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(process.execPath, [this.#bundle, ...args], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, ...environment },
    });
  }

  /** Runs it to its end. Throws when it fails. */
  async run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const { code, signal } = await ended(this.start(args, environment));
    if (code !== 0) throw new Error(`${basename(this.#bundle)} ended with ${signal ?? `status ${code}`}`);
  }

  remove(): void {
    fs.rmSync(this.#bundle, { force: true });
  }
}

/** How a process ended. */
export function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("exit", (code, signal) => done({ code, signal }));
  });
}
