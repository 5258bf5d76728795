import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { StorageError, UsageError } from "../../errors.js";

/** A file of the workspace, by its path from the root. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Creates files and replaces one, or, when anything fails, leaves everything as it was.
 * @throws UsageError for a file that is there already; StorageError when a file cannot be written
 */
export function writeNewFiles(root: string, created: readonly NewFile[], replaced: NewFile): void {
  const there = created.find(({ path }) => fs.existsSync(join(root, path)));
  if (there !== undefined) throw alreadyThere(there.path);
  const made: string[] = [];
  let writing = replaced.path;
  try {
    for (const { path, text } of created) {
      writing = path;
      const folder = fs.mkdirSync(dirname(join(root, path)), { recursive: true });
      if (folder !== undefined) made.push(folder);
      fs.writeFileSync(join(root, path), text, { flag: "wx" });
      made.push(join(root, path));
    }
    writing = replaced.path;
    const temporary = join(root, `${replaced.path}.${process.pid}.tmp`);
    made.push(temporary);
    fs.writeFileSync(temporary, replaced.text);
    fs.renameSync(temporary, join(root, replaced.path));
  } catch (cause) {
    for (const path of made.reverse()) fs.rmSync(path, { recursive: true, force: true });
    throw new StorageError("the new files cannot be written; nothing was changed", {
      where: { path: join(root, writing) },
      cause,
    });
  }
}

/** TypeScript in the workspace's format. Without the formatter, which is a package of development, it stays as it is. */
export function formatted(root: string, file: NewFile): NewFile {
  const biome = findBiome(root);
  if (biome === undefined) return file;
  const { status, stdout } = spawnSync(
    process.execPath,
    [biome, "check", "--write", `--stdin-file-path=${file.path}`, "--log-level=error"],
    { cwd: root, input: file.text, encoding: "utf8" },
  );
  return status === 0 && stdout !== "" ? { ...file, text: stdout } : file;
}

/** The refusal of a name that is in use. */
export function alreadyThere(path: string): UsageError {
  return new UsageError(`${path} is there already`, {
    remedy: "choose another name, or delete what belongs to that table: contract, line in the index, notebook, test",
  });
}

function findBiome(root: string): string | undefined {
  try {
    return createRequire(join(root, "package.json")).resolve("@biomejs/biome/bin/biome");
  } catch {
    return undefined;
  }
}
