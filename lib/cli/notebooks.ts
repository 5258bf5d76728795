import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { listNotebooks } from "../notebook/check.js";
import { clearOutputs, formatNotebook } from "../notebook/document.js";
import { parseNotebook } from "../notebook/validate.js";

/** Takes outputs, counts and records of runs out of the workspace's notebooks. Answers which were changed. */
export async function cleanNotebooks(root: string): Promise<string> {
  const changed: string[] = [];
  for (const path of await listNotebooks(join(root, "notebooks"))) {
    const text = await readFile(path, "utf8");
    const clean = cleaned(text, path);
    if (clean === text) continue;
    await writeFile(path, clean);
    changed.push(relative(root, path));
  }
  return changed.length === 0 ? "no notebook has outputs" : changed.map((path) => `cleaned: ${path}`).join("\n");
}

/** Cleans the notebook on standard input, as git's filter does; what is no notebook comes out as it went in. */
export function cleanStream(): void {
  const text = readFileSync(0, "utf8");
  let clean = text;
  try {
    clean = cleaned(text, "standard input");
  } catch {
    // A notebook in the middle of a merge, say: git wants it as it is.
  }
  process.stdout.write(clean);
}

function cleaned(text: string, path: string): string {
  return formatNotebook(clearOutputs(parseNotebook(text, path)));
}
