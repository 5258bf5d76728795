import { type Command, Option } from "commander";
import { newId, nowMillis } from "../clock.js";
import { UsageError } from "../errors.js";
import { SALES_SOURCE } from "../ingest/ingest_result.js";
import { planReset, resetLake } from "../pipeline/reset.js";
import { lockLake } from "../pipeline/run_lock.js";
import { withdraw } from "../quality/withdraw.js";
import { openWorkspace, samplesOf, type Workspace } from "../workspace.js";
import { examineWorkspace } from "./doctor.js";
import { type LabFlags, openLab } from "./lab.js";
import { defineNewTable } from "./new/command.js";
import { cleanNotebooks, cleanStream } from "./notebooks.js";
import { type Answer, EXIT, newProgram, runProgram } from "./program.js";
import { showQuarantine } from "./quarantine.js";
import type { Format } from "./rows.js";
import { askWarehouse } from "./sql.js";
import { defineTableCommands, formatOption, type LakeFlags, type RowFlags, withRows } from "./table_commands.js";

/** The command `tslake`: looks at tables and mends what went wrong. Answers the exit status. */
export function main(argv: readonly string[]): Promise<number> {
  return runProgram(define, argv);
}

function define(answer: Answer): Command {
  const program = newProgram("npx tslake")
    .description(
      "Explores and maintains Delta tables: <table> is one of the lake (silver.vendas), or the folder or s3:// address of any other. `npm run pipeline` brings the lake up to date.",
    )
    .helpCommand(false);
  const command = (usage: string, description: string): Command =>
    program
      .command(usage)
      .description(description)
      .showHelpAfterError(`Try: npx tslake ${usage.split(" ")[0]} --help`)
      .option("--lake <place>", "folder of the tables, or s3://bucket/prefix")
      .allowExcessArguments(false);
  defineTableCommands({ command, open, print });
  withRows(command("quarantine <table>", "rows that a table refused, with every reason")).action(
    async (table: string, flags: RowFlags) => print(await showQuarantine(open(flags).lake, table, flags)),
  );
  command("sql <query>", "asks the warehouse of the star schema; nothing can be changed")
    .option("--warehouse <address>", "duckdb:PATH, postgres://… or redshift://…; default warehouse.duckdb in the lake")
    .addOption(formatOption())
    .action(async (query: string, flags: LakeFlags & { format: Format }) =>
      print(await askWarehouse(open(flags).warehouse, query, flags.format)),
    );
  defineNewTable({ command, open, print });
  command("withdraw <what>", "takes a file's sales, or one by its venda_id, out of silver and gold").action(
    async (what: string, flags: LakeFlags) => print(await withdrawSales(open(flags), what)),
  );
  command("reset", "deletes a lake that was made from the samples")
    .option("--landing <dir>", "folder of arriving files")
    .option("--yes", "without it, only says what would be deleted")
    .action((flags: LakeFlags & { yes?: true }) => reset(open(flags), flags.yes === true, answer));
  defineNotebookCommands(program, answer);
  command("doctor", "looks at everything that a run needs")
    .option("--landing <dir>", "folder of arriving files")
    .option("--warehouse <address>", "of the star schema")
    .action(async (flags: LakeFlags) => doctor(open(flags), answer));
  return program;
}

function defineNotebookCommands(program: Command, answer: Answer): void {
  program
    .command("lab")
    .description("opens the notebooks in JupyterLab; JUPYTER_TOKEN is the token, 1234 by default")
    .addOption(new Option("--port <n>", "where it listens").default(8888).argParser(portNumber))
    .option("--ip <address>", "on which address", "127.0.0.1")
    .addOption(new Option("--published-on <address>", "the address from outside a container").hideHelp())
    .option("--no-browser", "opens no browser")
    .allowExcessArguments(false)
    .action(async (flags: LabFlags) => answer(await openLab(open({}).settings, flags)));
  program
    .command("notebooks")
    .description("keeps notebooks fit for version control")
    .command("clean [stream]")
    .description("takes outputs out of all notebooks, or (-) out of the one on standard input")
    .allowExcessArguments(false)
    .action(async (stream: string | undefined) => {
      if (stream === "-") return cleanStream();
      if (stream !== undefined) throw new UsageError(`clean takes all notebooks or -, not ${stream}`);
      print(await cleanNotebooks(open({}).settings.root));
    });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError("--port takes a number from 1 to 65535", { actual: text });
}

function open({ landing, lake, warehouse }: LakeFlags): Workspace {
  return openWorkspace({ cwd: process.cwd(), flags: { landing, lake, warehouse } });
}

async function withdrawSales({ lake, catalog, settings }: Workspace, what: string): Promise<string> {
  const sales = {
    source: catalog.table(SALES_SOURCE),
    silver: catalog.table("silver.vendas"),
    gold: [catalog.table("gold.vendas")],
  };
  const release = lockLake(settings.lakeFolder, commandId("withdraw"), isoNow());
  try {
    const { removed } = await withdraw(lake, sales, what);
    const lines = Object.entries(removed).map(([table, rows]) => `${table}: ${rows} rows withdrawn`);
    return [...lines, "warehouse.vendas: follows with the next npm run pipeline"].join("\n");
  } finally {
    release();
  }
}

async function reset({ settings }: Workspace, confirmed: boolean, answer: Answer): Promise<void> {
  if (settings.lake !== settings.lakeFolder) {
    throw new UsageError("reset deletes lakes on this machine only", {
      actual: settings.lake,
      remedy: "delete the objects below it with the bucket's own tools",
    });
  }
  const { lake, landing } = settings;
  const place = { lake, landing, samples: samplesOf(settings) };
  const plan = confirmed ? await resetLake(place, commandId("reset"), isoNow()) : planReset(place);
  const would = confirmed ? "" : "would be ";
  for (const [from, to] of plan.returned) print(`${would}brought back: ${to} (from ${from})`);
  for (const path of plan.deleted) print(`${would}deleted: ${path}`);
  if (confirmed) return;
  process.stderr.write("nothing was deleted; to do it: npx tslake reset --yes\n");
  answer(EXIT.usage);
}

async function doctor(workspace: Workspace, answer: Answer): Promise<void> {
  const findings = await examineWorkspace(workspace);
  const marks = { ok: "✓", warning: "!", broken: "✗" };
  for (const { about, state, text } of findings)
    print(`${marks[state]} ${about.padEnd(12)}${text.replaceAll("\n", "\n  ")}`);
  if (findings.some(({ state }) => state === "broken")) answer(EXIT.failed);
}

/** Under this name a command holds the lake's lock. */
function commandId(name: string): string {
  return `${name}-${newId().slice(0, 8)}`;
}

function isoNow(): string {
  return new Date(nowMillis()).toISOString();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
