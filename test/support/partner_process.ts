import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, openSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The folder of the process that all sessions with other engines share: its socket, and the log of what it prints. */
    partners: string;
  }
}

/** Starts the process of other engines (see partner_session.py), if there is a Python for it, and ends it with the run. */
export async function setup({ provide }: TestProject): Promise<(() => Promise<void>) | undefined> {
  const python = process.env["TSLAKE_TEST_PYTHON"];
  if (python === undefined || python === "") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "tslake-partners-"));
  const log = openSync(join(folder, "log"), "a");
  // In a process group of its own, since it has to outlive an interrupted run by the moment that it takes to clean up.
  const child = spawn(python, ["test/support/partner_session.py", folder], {
    stdio: ["pipe", log, log],
    detached: true,
  });
  const ended = once(child, "close");
  while (!existsSync(join(folder, "socket")) && child.exitCode === null) await pause(20);
  provide("partners", folder);
  return async () => {
    child.stdin?.end();
    await ended;
  };
}
