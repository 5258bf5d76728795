import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import { join, resolve } from "node:path";
import { Option } from "commander";
import { newProgram, runProgram } from "../lib/cli/program.js";
import { UsageError } from "../lib/errors.js";
import { openWorkspace } from "../lib/workspace.js";
import { measure } from "./measure.js";
import { compare } from "./table.js";
import { type Place, TASKS, type Task } from "./tasks.js";

interface Flags {
  readonly workdir?: string;
  readonly scale: number;
  readonly rounds: number;
  readonly prepare?: true;
}

/**
 * `npm run bench -- TASK --workdir DIR` measures one task in this process and prints a line of JSON; without a task all are
 * measured, each in processes of its own, beside what they are compared with.
 */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram((answer) => {
    const program = newProgram("npm run bench --");
    const tasks = Object.entries(TASKS).map(([name, { description }]) => `  ${name.padEnd(16)} ${description}`);
    program
      .description("Measures tslake beside plain nodejs-polars and prints a table; with a task, one line of JSON.")
      .argument("[task]", "one of the tasks below")
      .option("--workdir <dir>", "folder of the data, made there if need be; default: a temporary one that is kept")
      .addOption(new Option("--scale <x>", "size of the data that is made").default(1).argParser(positive))
      .addOption(new Option("--rounds <n>", "runs of each task").default(3).argParser(positive))
      .option("--prepare", "only make what the task finds ready: histories, once for all runs")
      .addHelpText("after", `\nTasks, at scale 1:\n${tasks.join("\n")}`)
      .action(async (task: string | undefined, flags: Flags) => {
        const root = openWorkspace({ cwd: process.cwd() }).settings.root;
        const workdir = resolve(flags.workdir ?? join(os.tmpdir(), `tslake-bench-${flags.scale}`));
        if (task === undefined) answer(await compare({ root, workdir, scale: flags.scale, rounds: flags.rounds }));
        else if (flags.prepare) await taskOf(task).prepare?.(placeOf(task, root, workdir));
        else await measureOne(task, root, workdir);
      });
    return program;
  }, argv);
}

/** What the task needs is made in another process, whose memory must not count. */
async function measureOne(name: string, root: string, workdir: string): Promise<void> {
  const task = taskOf(name);
  const place = placeOf(name, root, workdir);
  if (task.prepare) {
    const argv = [join(root, "bench", "main.js"), name, "--workdir", workdir, "--prepare"];
    execFileSync(process.execPath, argv, { stdio: ["ignore", "ignore", "inherit"] });
  }
  try {
    const measurement = await measure("tslake", name, () => task.run(place));
    process.stdout.write(`${JSON.stringify(measurement)}\n`);
  } finally {
    fs.rmSync(place.work, { recursive: true, force: true });
  }
}

function placeOf(name: string, root: string, workdir: string): Place {
  return { root, workdir, work: join(workdir, "out", `tslake-${name}-${process.pid}`) };
}

function taskOf(name: string): Task {
  const task = TASKS[name];
  if (task) return task;
  throw new UsageError(`no task ${name}`, { expected: `one of ${Object.keys(TASKS).join(", ")}`, actual: name });
}

function positive(text: string): number {
  const number = Number(text);
  if (number > 0) return number;
  throw new UsageError("not a positive number", { expected: "a number above 0", actual: text });
}
