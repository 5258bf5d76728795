import type { Command } from "commander";
import type { Workspace } from "../../workspace.js";
import type { Shell } from "../table_commands.js";
import { type NewTable, type NewTableOptions, newTable } from "./new_table.js";

/** The command that makes a new table. */
export function defineNewTable({ command, open, print }: Shell): Command {
  return command("new <table>", "makes contract, notebook and test of a table; they run as they are")
    .option("--from <tables...>", "tables that it is made from: bronze.clientes")
    .option("--landing <patterns...>", "files that a bronze table takes: 'clientes*.csv'")
    .option("--sample <file>", "CSV, NDJSON or Parquet file: columns of a bronze table, types of a silver one")
    .option("--key <columns...>", "of a table typed from bronze: columns of which a later row replaces an earlier one")
    .action(async (name: string, { lake, ...options }: NewTableOptions & { readonly lake?: string }) => {
      const workspace: Workspace = open(lake === undefined ? {} : { lake });
      print(formatNewTable(await newTable(workspace, name, options)));
    });
}

/** What was made and how to go on, for people. */
function formatNewTable({ name, contract, notebook, test, index, landing, untyped }: NewTable): string {
  return [
    `contract   ${contract}, and its line in ${index}`,
    `notebook   ${notebook}`,
    `test       ${test}`,
    ...(untyped ? ["every column is text: there was no row to see types in; a file can be named by --sample"] : []),
    "",
    ...(landing === undefined ? [] : [`put files into ${landing}, then`]),
    `npm run pipeline -- --select +${name}`,
    `npx vitest run ${test}`,
  ].join("\n");
}
