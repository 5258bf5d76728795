import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import { Lake } from "../../lib/lake/lake.js";
import { LocalStorage } from "../../lib/storage/local.js";
import * as tables from "../../lib/tables/index.js";
import { newFolder } from "./steps.js";

/** How a pipeline ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A pipeline as a process, leader of its own group. */
export interface Started {
  readonly child: ChildProcess;
  readonly end: Promise<Ended>;
}

/** Starts the pipeline on the lake and landing zone of a folder, default those of the settings, from a workspace. */
export function startPipeline(folder: string | undefined, argv: readonly string[], workspace = process.cwd()): Started {
  const places = folder === undefined ? [] : ["--lake", join(folder, "lake"), "--landing", join(folder, "landing")];
  const child = spawn(process.execPath, [resolve("bin/pipeline.js"), ...places, ...argv], {
    cwd: workspace,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("TSLAKE_"))),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.on("data", (chunk: Buffer) => {
      text[name] += chunk.toString();
    });
  }
  const end = new Promise<Ended>((done, failed) => {
    child.once("error", failed);
    child.once("close", (status, signal) => done({ status, signal, ...text }));
  });
  return { child, end };
}

/** Runs the pipeline to its end. */
export function runPipeline(folder: string | undefined, argv: readonly string[], workspace?: string): Promise<Ended> {
  return startPipeline(folder, argv, workspace).end;
}

/** Kills a process, with all that it has started or without. */
export function kill({ child }: Started, whole: boolean): void {
  const family = whole ? descendants(child.pid ?? 0) : [];
  for (const pid of [child.pid ?? 0, ...family]) send(pid, "SIGKILL");
}

/** Ids of the processes that work on a lake, on systems that tell. */
export function workersOn(folder: string): readonly number[] {
  return processes().filter((pid) =>
    readIfThere(`/proc/${pid}/environ`).includes(`TSLAKE_LAKE=${join(folder, "lake")}`),
  );
}

/** A workspace of its own, with the samples, whose notebooks can be changed. */
export function newWorkspace(): string {
  const root = newFolder();
  for (const name of ["package.json", "tsconfig.json", "notebooks"])
    cpSync(name, join(root, name), { recursive: true });
  for (const name of ["node_modules", "lib", "samples"]) symlinkSync(resolve(name), join(root, name), "junction");
  return root;
}

/** The lake that a pipeline has made in a folder. */
export function lakeIn(folder: string): Lake {
  const catalog = new Catalog([tables.bronze, tables.silver, tables.gold].flatMap((layer) => Object.values(layer)));
  return new Lake({ storage: new LocalStorage(join(folder, "lake")), catalog, timeZone: "America/Sao_Paulo" });
}

function descendants(pid: number): readonly number[] {
  const parents = new Map(processes().map((one) => [one, parentOf(one)]));
  const found = [pid];
  for (const ancestor of found)
    found.push(...[...parents].filter(([, parent]) => parent === ancestor).map(([one]) => one));
  return found.slice(1);
}

function processes(): readonly number[] {
  try {
    return readdirSync("/proc")
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    return [];
  }
}

function parentOf(pid: number): number {
  const [, parent] = /\) \S (\d+)/.exec(readIfThere(`/proc/${pid}/stat`)) ?? [];
  return Number(parent ?? 0);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended.
  }
}
