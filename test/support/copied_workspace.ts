import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** The workspace's own packages: a copy has its own. */
const OWN = ["tslake", "tslake-cli"];

/** What a command printed, and its exit status. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A copy of the workspace in a temporary folder, without data, the installed packages by links: what is done to it leaves this
 * one alone. The folder's name has a space and an accent, as people's have.
 */
export class WorkspaceCopy {
  readonly root: string;

  constructor() {
    this.root = mkdtempSync(join(tmpdir(), "tslake workspace á-"));
    const listed = spawnSync("git", ["-c", "safe.directory=*", "ls-files", "-coz", "--exclude-standard"], {
      cwd: ROOT,
      encoding: "utf8",
    });
    // Files that are deleted but not yet committed are listed, too.
    for (const file of listed.stdout.split("\0").filter((name) => name !== "" && existsSync(join(ROOT, name)))) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true });
      cpSync(join(ROOT, file), join(this.root, file));
    }
    this.#linkPackages();
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Runs a program of the workspace (`npm`, `npx`, `node` or one of its packages') without a shell. */
  run(command: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Outcome> {
    const [program = "", ...argv] = command;
    return new Promise((done, refuse) => {
      const child = spawn(program, argv, {
        cwd: this.root,
        env: { ...this.#environment(), ...environment },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const printed = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const) {
        child[name].setEncoding("utf8").on("data", (text: string) => {
          printed[name] += text;
        });
      }
      child.on("error", refuse);
      child.on("close", (status) => done({ status, ...printed }));
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** That of a person at a terminal: nothing that this process tells its tests. */
  #environment(): NodeJS.ProcessEnv {
    const kept = Object.entries(process.env).filter(
      ([name]) => !/^(TSLAKE_|VITEST|npm_|NODE_(ENV|OPTIONS)|INIT_CWD|FORCE_COLOR|TEST$|TZ$)/.test(name),
    );
    return {
      ...Object.fromEntries(kept),
      PATH: [join(this.root, "node_modules", ".bin"), process.env["PATH"]].join(delimiter),
      npm_config_update_notifier: "false",
      NO_COLOR: "1",
    };
  }

  #linkPackages(): void {
    const modules = join(ROOT, "node_modules");
    const bin = this.path("node_modules", ".bin");
    mkdirSync(bin, { recursive: true });
    for (const name of readdirSync(modules)) {
      if (name === ".cache" || name === ".bin" || OWN.includes(name)) continue;
      symlinkSync(join(modules, name), this.path("node_modules", name));
    }
    for (const name of readdirSync(join(modules, ".bin"))) {
      if (name !== "tslake") symlinkSync(join(modules, ".bin", name), join(bin, name));
    }
    symlinkSync("../lib", this.path("node_modules", "tslake"));
    symlinkSync("../bin", this.path("node_modules", "tslake-cli"));
    symlinkSync("../tslake-cli/tslake.js", join(bin, "tslake"));
  }
}
