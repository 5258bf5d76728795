import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

/**
 * Runs a large script that finds these names beside the language's own. V8's compiled form of it is kept in the cache of the
 * `node_modules` that it lies in, written when this process ends: with what it has used of the script, and when nobody waits.
 * It more than halves the time of the next process; where it cannot be kept, nothing is.
 */
export function runCompiled(file: string, names: Readonly<Record<string, unknown>>): void {
  const source = `(function (${Object.keys(names).join(", ")}) {${readFileSync(file, "utf8")}\n})`;
  const name = `plotly-${source.length}-${process.version}-${process.arch}.v8`;
  const place = join(nodeModulesOf(file), ".cache", "tslake", name);
  const cachedData = read(place);
  const script = new Script(source, { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const run = script.runInThisContext() as (...values: readonly unknown[]) => void;
  run(...Object.values(names));
  if (cachedData === undefined || script.cachedDataRejected) process.once("exit", () => keep(place, script));
}

function keep(place: string, script: Script): void {
  try {
    mkdirSync(dirname(place), { recursive: true });
    const temporary = `${place}.${process.pid}`;
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, place);
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}

function read(place: string): Buffer | undefined {
  try {
    return readFileSync(place);
  } catch {
    return undefined;
  }
}

function nodeModulesOf(file: string): string {
  const name = "node_modules";
  return file.slice(0, file.lastIndexOf(name) + name.length);
}
