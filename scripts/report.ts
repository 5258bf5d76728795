import { relative } from "node:path";
import { newProgram, runProgram } from "../lib/cli/program.js";
import { stopwatch } from "../lib/clock.js";
import { writeReport } from "../lib/report/report.js";
import { openWorkspace } from "../lib/workspace.js";

interface Flags {
  readonly lake?: string;
}

/** Writes the lake's report. Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram(() => {
    const program = newProgram("npm run report --");
    program
      .description("Writes a static site about the lake: tables, runs, rendered notebooks.")
      .option("--lake <place>", "folder of the tables, or s3://bucket/prefix")
      .allowExcessArguments(false)
      .action(report);
    return program;
  }, argv);
}

async function report(flags: Flags): Promise<void> {
  const { INIT_CWD, npm_lifecycle_event } = process.env;
  const cwd = npm_lifecycle_event === "report" && INIT_CWD !== undefined ? INIT_CWD : process.cwd();
  const { settings, lake } = openWorkspace({ cwd, flags: { lake: flags.lake } });
  const elapsed = stopwatch();
  const { overview, written } = await writeReport({ lake, lakeFolder: settings.lakeFolder, root: settings.root });
  const seconds = (elapsed() / 1000).toFixed(2);
  process.stdout.write(`${written.length} pages written in ${seconds} s: ${relative(cwd, overview)}\n`);
}
