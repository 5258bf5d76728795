import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CellDiagnostic } from "./check.js";

/** Results that are kept. */
const KEPT = 20;

/** A module to be checked. */
interface Source {
  readonly path: string;
  readonly code: string;
}

/**
 * A digest of everything that decides the result: the cells, the library, the compiler's settings and all package versions.
 * Undefined when cells import files beside them, which it does not cover.
 */
export async function checkKey(root: string, sources: readonly Source[]): Promise<string | undefined> {
  if (sources.some(({ code }) => /\bfrom\s*["']\.|\b(import|require)\s*\(?\s*["']\./.test(code))) return undefined;
  const library = (await readdir(join(root, "lib"), { recursive: true })).filter((file) => /\.(ts|json)$/.test(file));
  const files = ["tsconfig.json", "package-lock.json", ...library.map((file) => join("lib", file)).sort()];
  const contents = await Promise.all(files.map((file) => readFile(join(root, file)).catch(() => "")));
  const digest = createHash("sha256");
  for (const [index, content] of contents.entries()) digest.update(`${files[index]}\0`).update(content);
  for (const { path, code } of sources) digest.update(`${path}\0${code}\0`);
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
  const file = join(folder, `${key}.json`);
  const known = await readFile(file, "utf8")
    .then(JSON.parse)
    .catch(() => undefined);
  if (Array.isArray(known)) return known as CellDiagnostic[];
  const diagnostics = await compute();
  await keep(folder, file, diagnostics).catch(() => undefined);
  return diagnostics;
}

async function keep(folder: string, file: string, diagnostics: readonly CellDiagnostic[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(diagnostics));
  await rename(temporary, file);
  const entries = (await readdir(folder))
    .map((entry) => join(folder, entry))
    .filter((entry) => entry.endsWith(".json"));
  const aged = await Promise.all(entries.map(async (entry) => ({ entry, time: (await stat(entry)).mtimeMs })));
  for (const { entry } of aged.sort((a, b) => b.time - a.time).slice(KEPT)) await rm(entry, { force: true });
}
