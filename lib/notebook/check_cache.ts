import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { CellDiagnostic } from "./check.js";

/** Results that are kept. */
const KEPT = 20;

/** A notebook's import or require of a file beside it, as its JSON shows it. */
const RELATIVE_IMPORT = /\b(from|import|require)\s*\(?\s*\\?["'`]\.{1,2}\//;

/**
 * A digest of everything that decides the result: the notebooks, the library, the compiler's settings and all package
 * versions. Undefined when cells import files beside them, which it does not cover.
 *
 * Reads synchronously: for some hundred small files that is several times faster.
 */
export function checkKey(root: string, notebooks: readonly string[]): string | undefined {
  const digest = createHash("sha256");
  const sources = readdirSync(join(root, "lib"), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(ts|json)$/.test(file))
    .map((file) => join("lib", file))
    .sort();
  for (const file of ["tsconfig.json", "package-lock.json", ...sources]) {
    digest
      .update(`${file}\0`)
      .update(readIfThere(join(root, file)))
      .update("\0");
  }
  for (const path of notebooks) {
    const content = readIfThere(path);
    if (RELATIVE_IMPORT.test(content)) return undefined;
    digest.update(`${relative(root, path)}\0${content}\0`);
  }
  return digest.digest("hex");
}

/** The result kept under a key, or a new one, which is kept. A cache that cannot be used costs time, nothing else. */
export async function cached(
  root: string,
  key: string | undefined,
  compute: () => Promise<CellDiagnostic[]>,
): Promise<CellDiagnostic[]> {
  if (key === undefined) return compute();
  const folder = join(root, "node_modules", ".cache", "tslake", "check");
  const known = parse(readIfThere(join(folder, `${key}.json`)));
  if (known !== undefined) return known;
  const diagnostics = await compute();
  try {
    keep(folder, `${key}.json`, diagnostics);
  } catch {
    // Nothing is kept.
  }
  return diagnostics;
}

function keep(folder: string, name: string, diagnostics: readonly CellDiagnostic[]): void {
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `.${name}.${process.pid}`);
  writeFileSync(temporary, JSON.stringify(diagnostics));
  renameSync(temporary, join(folder, name));
  const results = readdirSync(folder).map((entry) => join(folder, entry));
  const aged = results.map((file) => ({ file, time: statSync(file).mtimeMs })).sort((a, b) => b.time - a.time);
  for (const { file } of aged.slice(KEPT)) rmSync(file, { force: true });
}

function parse(text: string): CellDiagnostic[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
