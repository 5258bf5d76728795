import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Lake } from "../../lib/lake/lake.js";
import { openWorkspace } from "../../lib/workspace.js";

const SAMPLES = join("samples", "landing");
/** What arrives after the first run: files of every source, so that every table gets a second version. */
const LATER = /_06\.|_late\.|_revisado/;

/**
 * The lake that the pipeline itself makes of the samples in two runs, the second of which finds late events and sales,
 * and from which one file's sales are then withdrawn.
 */
export function runPipeline(folder: string): Lake {
  const flags = { lake: join(folder, "lake"), landing: join(folder, "landing") };
  arrive(flags.landing, (name) => !LATER.test(name));
  run("pipeline", ["--landing", flags.landing, "--lake", flags.lake, "--date", "2023-05-31"]);
  arrive(flags.landing, (name) => LATER.test(name));
  run("pipeline", ["--landing", flags.landing, "--lake", flags.lake, "--date", "2023-06-30"]);
  const archived = readdirSync(join(flags.lake, "bronze", "_archive", "vendas")).find((name) => name.includes("2014"));
  run("tslake", ["withdraw", String(archived), "--lake", flags.lake]);
  return openWorkspace({ cwd: process.cwd(), flags }).lake;
}

function arrive(landing: string, wanted: (name: string) => boolean): void {
  for (const source of readdirSync(SAMPLES)) {
    mkdirSync(join(landing, source), { recursive: true });
    for (const name of readdirSync(join(SAMPLES, source)).filter(wanted)) {
      cpSync(join(SAMPLES, source, name), join(landing, source, name));
    }
  }
}

function run(command: "pipeline" | "tslake", argv: readonly string[]): void {
  const env = { ...process.env, TSLAKE_NOW: "2023-07-15T12:00:00Z" };
  execFileSync(process.execPath, [`bin/${command}.js`, ...argv], { env, stdio: ["ignore", "pipe", "pipe"] });
}
