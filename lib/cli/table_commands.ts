import { type Command, Option } from "commander";
import type { Workspace } from "../workspace.js";
import { showChanges } from "./changes.js";
import { describeTable } from "./describe.js";
import { type FoundTable, findBuiltTable, findTable } from "./find_table.js";
import { showHistory } from "./history.js";
import {
  byteSize,
  type ConstraintFlags,
  type ConvertFlags,
  constraints,
  convert,
  nameList,
  type OptimizeFlags,
  optimize,
  type PropertyFlags,
  properties,
  type RestoreFlags,
  restore,
  type VacuumFlags,
  vacuum,
} from "./maintain.js";
import { FORMATS, type Format, wholeNumber } from "./rows.js";
import { showTable } from "./show.js";

export interface LakeFlags {
  readonly landing?: string;
  readonly lake?: string;
  readonly warehouse?: string;
}

export interface RowFlags extends LakeFlags {
  readonly format: Format;
  readonly limit?: number;
}

/** What the commands are made with. */
export interface Shell {
  /** A new command with the flags that all have. */
  command(usage: string, description: string): Command;
  open(flags: LakeFlags): Workspace;
  print(text: string): void;
}

/** How rows are printed. */
export function formatOption(): Option {
  return new Option("--format <format>", "how rows are printed").choices(FORMATS).default("table");
}

/** Gives a command the flags of those that print rows. */
export function withRows(command: Command): Command {
  return command
    .addOption(formatOption())
    .option("--limit <n>", "rows; default 20 in a table, all otherwise", wholeNumber);
}

/** The commands on one table, of the lake or anywhere: those that look, then those that maintain. */
export function defineTableCommands({ command, open, print }: Shell): void {
  const built = (name: string, flags: LakeFlags) => findBuiltTable(name, () => open(flags));
  const onTable = <F extends LakeFlags>(
    made: Command,
    act: (found: Awaited<ReturnType<typeof built>>, flags: F) => Promise<string>,
  ): Command => made.action(async (name: string, flags: F) => print(await act(await built(name, flags), flags)));

  onTable(
    withRows(command("show <table>", "rows of a table"))
      .option("--version <n>", "as the table was at a version", wholeNumber)
      .option("--timestamp <instant>", "as the table was at an instant (2026-01-31T12:00:00Z)")
      .option("--as-known <day>", "of each key, the version known at the end of a day"),
    (found, flags: RowFlags & { version?: number; asKnown?: string }) => showTable(found, flags),
  );
  command("describe <table>", "its contract as a data dictionary, and what is stored").action(
    async (name: string, flags: LakeFlags) => print(await describeTable(await findTable(name, () => open(flags)))),
  );
  onTable(withRows(command("history <table>", "its commits, newest first")), ({ table }, flags: RowFlags) =>
    showHistory(table, flags.limit ?? 20, flags.format),
  );
  onTable(
    withRows(command("changes <table>", "rows that differ from those of a past version")).requiredOption(
      "--since <n>",
      "the past version",
      wholeNumber,
    ),
    (found, flags: RowFlags & { since: number }) => showChanges(found, flags.since, flags),
  );
  defineMaintenance(onTable, command);
  command("convert <folder>", "makes a folder of Parquet files a Delta table; the files stay as they are")
    .option("--partition-type <name=type>", "type of a column in folders' names; otherwise found out", several)
    .option("--name <name>", "name of the table")
    .action(async (folder: string, flags: ConvertFlags) => print(await convert(folder, flags)));
}

type OnTable = <F extends LakeFlags>(
  made: Command,
  act: (found: FoundTable & { readonly table: NonNullable<FoundTable["table"]> }, flags: F) => Promise<string>,
) => Command;

function defineMaintenance(onTable: OnTable, command: Shell["command"]): void {
  onTable(
    command("optimize <table>", "fewer and larger files, or rows clustered by columns; the rows stay the same")
      .option("--cluster-by <columns>", "sort rows by these columns (a,b); rewrites every file", nameList)
      .option("--z-order <columns>", "keep equal values of each column together; rewrites every file", nameList)
      .option("--partition <name=value>", "only this partition; may be repeated, no value means null", several)
      .option("--target-size <size>", "bytes of a file at most, for instance 128mb", byteSize)
      .option("--purge", "rewrite every file with deleted rows, and no other"),
    (found, flags: OptimizeFlags & LakeFlags) => optimize(found, flags),
  );
  onTable(
    command("vacuum <table>", "lists the files that no version within the retention needs; with --yes deletes them")
      .option("--yes", "delete; versions that need these files cannot be read any more")
      .option("--retention-hours <n>", "default: the table's own, a week", wholeNumber)
      .option("--no-retention-check", "allow less than the table's own retention; no other process may be at work"),
    (found, flags: VacuumFlags & LakeFlags) => vacuum(found, flags),
  );
  onTable(
    command("restore <table>", "brings the state of a past version back, as a new version")
      .option("--version <n>", "the version", wholeNumber)
      .option("--timestamp <instant>", "the version of an instant (2026-01-31T12:00:00Z)"),
    (found, flags: RestoreFlags & LakeFlags) => restore(found, flags),
  );
  onTable(
    command("constraints <table>", "lists the CHECK constraints; adds or drops one")
      .option("--add <name=condition>", 'for instance "positive=price > 0"; every row must satisfy it')
      .option("--drop <name>", "take a constraint away"),
    (found, flags: ConstraintFlags & LakeFlags) => constraints(found, flags),
  );
  onTable(
    command("properties <table>", "lists the table properties; sets them or takes them away")
      .option("--set <name=value>", "for instance delta.enableChangeDataFeed=true; may be repeated", several)
      .option("--unset <name>", "may be repeated", several),
    (found, flags: PropertyFlags & LakeFlags) => properties(found, flags),
  );
}

/** Gathers a flag that may be repeated. */
function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
