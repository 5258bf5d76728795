import fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { explore } from "../../run.js";
import type { MimeBundle } from "../document.js";

/**
 * Lets the notebook of this process explore a clone of the lake, unless `TSLAKE_COMMIT` is 1. The clone is a folder that
 * begins empty, so it costs nothing, and goes when the kernel ends.
 * @returns what the reader is told of it
 */
export function beginExploration(root: string): MimeBundle {
  if (process.env["TSLAKE_COMMIT"] === "1") {
    return banner("TSLAKE_COMMIT is 1: what this notebook writes goes to the lake itself.");
  }
  const folder = makeClone(root);
  process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
  // The file system's own clock, which the files of the lake have too.
  explore({ folder, until: fs.statSync(folder).mtimeMs });
  return banner(
    "This notebook works on a clone of the lake: what it writes stays in the clone and goes with the kernel. To write to the lake itself, start Lab with TSLAKE_COMMIT=1, or use npm run pipeline.",
  );
}

/** In the workspace, or among the temporary files where it cannot be written; the name begins with this process's id. */
function makeClone(root: string): string {
  const clones = join(root, ".tslake", "clones");
  try {
    fs.mkdirSync(clones, { recursive: true });
    removeLeftovers(clones);
    return fs.mkdtempSync(join(clones, `${process.pid}-`));
  } catch {
    return fs.mkdtempSync(join(tmpdir(), "tslake-clone-"));
  }
}

/** Clones whose kernels were killed. */
function removeLeftovers(clones: string): void {
  for (const name of fs.readdirSync(clones)) {
    if (!isRunning(Number.parseInt(basename(name), 10)))
      fs.rmSync(join(clones, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function banner(text: string): MimeBundle {
  const style = "border-left: 4px solid #0072b2; padding: 0.4em 0.8em; opacity: 0.85";
  return { "text/plain": text, "text/html": `<div style="${style}">${text}</div>` };
}
