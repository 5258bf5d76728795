import fs from "node:fs";
import { join } from "node:path";
import { describeError, UsageError } from "../lib/errors.js";
import { readTable, type TableReading, type Wanted } from "./conformance/read_table.js";

/**
 * Reads every Delta table in a folder and writes what it found: per table the newest version, its files and rows and the
 * digest of its canonical rows, or why it cannot be read. An `expected.json` in the folder says what else to read.
 * Answers the exit status.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const [folder, output, ...names] = argv;
    if (folder === undefined || output === undefined || folder.startsWith("-"))
      throw new UsageError("npm run conformance -- FOLDER OUT.json [TABLE…]", {
        expected: "a folder of Delta tables, and where to write the results",
      });
    const results = await readTables(folder, names);
    fs.writeFileSync(output, `${JSON.stringify(results, null, 1)}\n`);
    process.stdout.write(`${Object.keys(results).length} tables read; results in ${output}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    return 2;
  }
}

/** What is in every table of a folder, or in some of them. */
export async function readTables(
  folder: string,
  names: readonly string[] = [],
): Promise<Readonly<Record<string, TableReading>>> {
  const expected = expectations(folder);
  const results: Record<string, TableReading> = {};
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || (names.length > 0 && !names.includes(entry.name))) continue;
    const { earlier = [], changes } = expected[entry.name] ?? {};
    const wanted: Wanted = { versions: earlier.map(({ version }) => version), changes };
    results[entry.name] = await readTable(join(folder, entry.name), wanted);
  }
  return results;
}

interface Expectation {
  readonly earlier?: readonly { readonly version: number }[];
  readonly changes?: Wanted["changes"];
}

function expectations(folder: string): Readonly<Record<string, Expectation>> {
  const file = join(folder, "expected.json");
  if (!fs.existsSync(file)) return {};
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { readonly tables?: Record<string, Expectation> }).tables ?? {};
}
