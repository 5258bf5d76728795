import fs from "node:fs";
import { join } from "node:path";
import { describeError, UsageError } from "../lib/errors.js";
import { readTable, type TableReading, type Wanted } from "./conformance/read_table.js";

/**
 * Reads every Delta table in a folder and writes what it found: per table the newest version, its files and rows and the
 * digest of its canonical rows, or why it cannot be read. An `expected.json` in the folder says which earlier versions and
 * changes to read; of a table that it does not name, the last earlier versions are read.
 * Answers the exit status.
 */
export async function main(argv: readonly string[]): Promise<number> {
  try {
    const [folder, output, ...names] = argv;
    if (folder === undefined || output === undefined || folder.startsWith("-"))
      throw new UsageError("npm run conformance -- FOLDER OUT.json [TABLE…]", {
        expected: "a folder of Delta tables, and where to write the results",
      });
    if (!fs.existsSync(folder)) throw new UsageError(`There is no folder ${folder}`);
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
async function readTables(
  folder: string,
  names: readonly string[] = [],
): Promise<Readonly<Record<string, TableReading>>> {
  const expected = expectations(folder);
  const results: Record<string, TableReading> = {};
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || (names.length > 0 && !names.includes(entry.name))) continue;
    const place = join(folder, entry.name);
    const known = expected[entry.name];
    const versions = known ? (known.earlier ?? []).map(({ version }) => version) : earlierVersions(place);
    results[entry.name] = await readTable(place, { versions, changes: known?.changes });
  }
  return results;
}

const MOST_VERSIONS = 12;

/** The last versions before the newest, as far as the log has their commits. */
function earlierVersions(table: string): readonly number[] {
  const log = join(table, "_delta_log");
  const names = fs.existsSync(log) ? fs.readdirSync(log).filter((name) => /^\d{20}\.json$/.test(name)) : [];
  return names
    .sort()
    .slice(0, -1)
    .slice(-MOST_VERSIONS)
    .map((name) => Number(name.slice(0, 20)));
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
