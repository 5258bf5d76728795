import { execFile } from "node:child_process";
import fs from "node:fs";
import { promisify } from "node:util";
import { Option } from "commander";
import { chalk } from "zx/core";
import { EXIT, newProgram, runProgram } from "../lib/cli/program.js";
import { jsonView, planJson, runJson } from "../lib/cli/run_json.js";
import { formatPlan, formatSummary, type Paint, PLAIN, type Places } from "../lib/cli/run_report.js";
import { liveView, plainView } from "../lib/cli/run_view.js";
import { describeError, UsageError } from "../lib/errors.js";
import { planPipeline } from "../lib/pipeline/plan.js";
import type { PipelineOptions } from "../lib/pipeline/prepare.js";
import { runPipeline } from "../lib/pipeline/run.js";
import { withStars } from "../lib/pipeline/stored_stars.js";
import { workspaceNotebooks } from "../lib/pipeline/workspace_notebooks.js";
import { updateReport } from "../lib/report/report.js";
import { openWorkspace, samplesOf, type Workspace } from "../lib/workspace.js";

interface Flags {
  readonly landing?: string;
  readonly lake?: string;
  readonly warehouse?: string;
  readonly date?: string;
  readonly from?: string;
  readonly to?: string;
  readonly select?: readonly string[];
  readonly fullRefresh?: true;
  readonly plan?: true;
  readonly jobs: number;
  readonly timeout: number;
  readonly memory?: number;
  readonly report: boolean;
  readonly json?: true;
}

/** Runs the notebooks whose tables are stale, in dependency order. Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram((answer) => {
    const program = newProgram("npm run pipeline --");
    program
      .description(
        "Brings the tables of the lake up to date: runs the notebooks of what is stale, in dependency order.",
      )
      .option("--landing <dir>", "folder of arriving files")
      .option("--lake <place>", "folder of the tables, or s3://bucket/prefix")
      .option(
        "--warehouse <address>",
        "duckdb:PATH, postgres://… or redshift://…; default warehouse.duckdb in the lake",
      )
      .option("--date <day>", "logical day, YYYY-MM-DD; default yesterday")
      .option("--from <day>", "first day of a range")
      .option("--to <day>", "last day of a range")
      .option("--select <expr...>", "tables: silver.vendas, +gold.gvm, bronze.*+; spaces unite, commas intersect")
      .option("--full-refresh", "rebuild; append-only tables are compared, never rewritten")
      .option("--plan", "print what would run and why; touch nothing")
      .addOption(new Option("--jobs <n>", "notebooks at a time").default(2).argParser(jobCount))
      .addOption(new Option("--timeout <minutes>", "for one notebook").default(60).argParser(minutes))
      .addOption(new Option("--memory <MB>", "for one notebook; default no limit").argParser(megabytes))
      .option("--no-report", "leave the report as it is")
      .option("--json", "one JSON object per step and a summary, on standard output")
      .allowExcessArguments(true)
      .action(async (flags: Flags) => {
        refuseArguments(program.args);
        answer(await pipeline(flags));
      });
    return program;
  }, argv);
}

function refuseArguments(words: readonly string[]): void {
  if (words.length === 0) return;
  throw new UsageError(`not a flag: ${words.join(" ")}`, {
    remedy: `tables are chosen so: npm run pipeline -- --select ${words.join(" ")}`,
  });
}

/** Reads the warehouse's address before a step has run; nothing is connected. Throws UsageError for one that is wrong. */
function refuseWrongWarehouse(workspace: Workspace): void {
  void workspace.warehouse;
}

/** A landing zone that is named by flag is there: a folder that is not would read as one without files. */
function refuseNoFolder(landing: string): void {
  const found = fs.existsSync(landing);
  if (found && fs.statSync(landing).isDirectory()) return;
  throw new UsageError("--landing names no folder", {
    where: { path: landing },
    expected: "the folder of arriving files",
    actual: found ? "a file" : "nothing of this name",
    remedy: "correct the path, or make the folder",
  });
}

async function pipeline(flags: Flags): Promise<number> {
  const cwd = startFolder();
  const { landing, lake: place, warehouse: address } = flags;
  const workspace = openWorkspace({ cwd, flags: { landing, lake: place, warehouse: address } });
  refuseWrongWarehouse(workspace);
  const { settings, catalog, lake } = workspace;
  if (landing !== undefined) refuseNoFolder(settings.landing);
  const options: PipelineOptions = {
    root: settings.root,
    landing: settings.landing,
    lake: settings.lake,
    lakeFolder: settings.lakeFolder,
    warehouse: settings.warehouse,
    timeZone: settings.timeZone,
    catalog,
    stored: withStars(lake, () => workspace.warehouse),
    notebooks: workspaceNotebooks(settings.root),
    select: flags.select ?? [],
    days: { date: flags.date, from: flags.from, to: flags.to },
    fullRefresh: flags.fullRefresh === true,
    samples: samplesOf(settings),
    mayCopySamples: settings.isShipped,
  };
  const places: Places = { cwd, lake: settings.lakeFolder, landing: settings.landing };
  const live = process.stdout.isTTY && flags.json === undefined;
  const paint = live ? terminalPaint() : PLAIN;
  if (flags.plan) {
    const plan = await planPipeline(options);
    print(flags.json ? planJson(plan) : formatPlan(plan, places, paint));
    return EXIT.done;
  }
  const view = flags.json
    ? jsonView(process.stdout)
    : live
      ? liveView(process.stdout, paint)
      : plainView(process.stdout, paint);
  const abort = new AbortController();
  const restore = onInterrupt(() => abort.abort());
  try {
    const summary = await runPipeline({
      ...options,
      jobs: flags.jobs,
      timeLimit: flags.timeout * 60_000,
      memoryLimit: flags.memory,
      recorder: lake,
      observer: view,
      signal: abort.signal,
      revision: () => gitRevision(settings.root),
    });
    view.close();
    const report = flags.report ? await writtenReport(workspace, summary.runId) : undefined;
    print(flags.json ? runJson(summary, options) : formatSummary(summary, { ...places, report }, paint));
    return { succeeded: EXIT.done, failed: EXIT.failed, interrupted: EXIT.interrupted }[summary.status];
  } finally {
    view.close();
    restore();
  }
}

/** The report brought up to date: where it is. A run that has done its work has succeeded also where that fails. */
async function writtenReport({ settings, lake }: Workspace, runId: string): Promise<string | undefined> {
  try {
    const { lakeFolder, landing, root } = settings;
    const { overview } = await updateReport({ lake, lakeFolder, landing, root }, runId);
    return overview;
  } catch (error) {
    process.stderr.write(`! the report is not up to date: ${describeError(error)}\n`);
    return undefined;
  }
}

/** Where the user stands: npm starts scripts in the package's folder and says where it was called. */
function startFolder(): string {
  const { INIT_CWD, npm_lifecycle_event } = process.env;
  return npm_lifecycle_event === "pipeline" && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
}

/** The first signal ends the run in order, the second at once. */
function onInterrupt(abort: () => void): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  let count = 0;
  const handle = (): void => {
    if (count++ > 0) process.exit(EXIT.interrupted);
    abort();
  };
  for (const signal of signals) process.on(signal, handle);
  // A reader that goes away (`| head`) does not end the run.
  const listeners = process.stdout.listeners("error");
  process.stdout.removeAllListeners("error").on("error", () => undefined);
  return () => {
    for (const signal of signals) process.off(signal, handle);
    process.stdout.removeAllListeners("error");
    for (const listener of listeners) process.stdout.on("error", (error) => listener(error));
  };
}

const GIT_MILLIS = 5_000;

/** The commit of the workspace's code, `-dirty` when it was edited; undefined without git, or where it takes too long. */
async function gitRevision(root: string): Promise<string | undefined> {
  try {
    const argv = ["--no-optional-locks", "describe", "--always", "--dirty"];
    const git = promisify(execFile)("git", argv, { cwd: root, timeout: GIT_MILLIS, windowsHide: true });
    git.child.stdin?.end();
    return (await git).stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}

function terminalPaint(): Paint {
  return { good: chalk.green, bad: chalk.red, warn: chalk.yellow, faint: chalk.dim };
}

function jobCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 64) return count;
  throw new UsageError("--jobs is not a number of notebooks", {
    expected: "a whole number from 1 to 64",
    actual: text,
  });
}

function minutes(text: string): number {
  const count = Number(text);
  if (count > 0 && count <= 10_000) return count;
  throw new UsageError("--timeout is not a time", { expected: "minutes, more than 0 and up to 10000", actual: text });
}

function megabytes(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 256) return count;
  throw new UsageError("--memory is not an amount of memory", {
    expected: "whole megabytes, 256 or more",
    actual: text,
  });
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
