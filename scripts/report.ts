import fs from "node:fs";
import { relative } from "node:path";
import { InvalidArgumentError, Option } from "commander";
import { EXIT, newProgram, runProgram } from "../lib/cli/program.js";
import { stopwatch } from "../lib/clock.js";
import { reportFolder, writeReport } from "../lib/report/report.js";
import { serveReport } from "../lib/report/serve.js";
import { openWorkspace } from "../lib/workspace.js";

interface Flags {
  readonly landing?: string;
  readonly lake?: string;
  readonly serve?: true;
  readonly host?: string;
  readonly port: number;
}

/** Writes the lake's report, and serves it. Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram((answer) => {
    const program = newProgram("npm run report --");
    program
      .description("Writes a static site about the lake: tables, lineage, runs, notebooks as they ran.")
      .option("--landing <dir>", "folder of arriving files: rejected ones are shown")
      .option("--lake <place>", "folder of the tables, or s3://bucket/prefix")
      .option("--serve", "serve it, with the progress of a run, until interrupted")
      .option("--host <address>", "of this machine, to serve at; default 127.0.0.1")
      .addOption(new Option("--port <n>", "to serve at").default(4040).argParser(portNumber))
      .allowExcessArguments(false)
      .action(async (flags: Flags) => answer(await report(flags)));
    return program;
  }, argv);
}

async function report(flags: Flags): Promise<number> {
  const { INIT_CWD, npm_lifecycle_event } = process.env;
  const cwd = npm_lifecycle_event === "report" && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
  const workspace = openWorkspace({ cwd, flags: { landing: flags.landing, lake: flags.lake } });
  const { lakeFolder, landing, root } = workspace.settings;
  const elapsed = stopwatch();
  const { overview, written } = await writeReport({
    lake: workspace.lake,
    lakeFolder,
    landing,
    root,
    warehouse: () => workspace.warehouse,
  });
  print(`${relative(cwd, overview)}: ${written.length} files written in ${(elapsed() / 1000).toFixed(2)} s`);
  if (!flags.serve) return EXIT.done;
  const folder = fs.realpathSync(reportFolder(lakeFolder));
  const { host, port } = flags;
  const served = await serveReport({ folder, lakeFolder, port, ...(host !== undefined && { host }) });
  print(`served at ${served.url}, until Ctrl-C`);
  await new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, done);
  });
  await served.close();
  return EXIT.done;
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError("It is a whole number from 0 to 65535.");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
