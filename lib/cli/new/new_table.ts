import fs from "node:fs";
import { basename, join } from "node:path";
import type { AnyTable, Landing } from "../../contract/define_table.js";
import { UsageError } from "../../errors.js";
import { sourceColumns } from "../../ingest/intake.js";
import { isTaken, listLanding } from "../../ingest/landing.js";
import { formatNotebook } from "../../notebook/document.js";
import type { Workspace } from "../../workspace.js";
import { contractText } from "./contract_text.js";
import { draftBronze, draftDerived, draftSilver } from "./draft_table.js";
import { notebookOf } from "./notebook_of.js";
import { readSample } from "./sample.js";
import { shortName, type TableDraft } from "./table_draft.js";
import { testText } from "./test_text.js";
import { alreadyThere, formatted, writeNewFiles } from "./write_new_files.js";

export interface NewTableOptions {
  /** Names of the tables that it is made from. */
  readonly from?: readonly string[];
  /** Names of files that a bronze table takes. */
  readonly landing?: readonly string[];
  /** A CSV, NDJSON or Parquet file: its header gives a bronze table its columns, its values a silver one their types. */
  readonly sample?: string;
  /** Columns of a table typed from bronze by which a later row replaces an earlier one; without it identical rows count once. */
  readonly key?: readonly string[];
}

/** What was made, by paths from the workspace's root. */
export interface NewTable {
  readonly name: string;
  readonly contract: string;
  readonly notebook: string;
  readonly test: string;
  readonly index: string;
  /** The folder in which its files arrive; of a bronze table. */
  readonly landing: string | undefined;
  /** No value was there to suggest a type from: every column is text. */
  readonly untyped: boolean;
}

/**
 * Makes a new table: contract, line in its layer's index, notebook and test. They run as they are, and are there to be changed.
 * @throws UsageError for a name or source that cannot be used, with what to do; then nothing is written
 */
export async function newTable(workspace: Workspace, name: string, options: NewTableOptions): Promise<NewTable> {
  const { layer, short } = nameOf(name);
  const { root } = workspace.settings;
  const paths = {
    contract: `lib/tables/${layer}/${short}.ts`,
    notebook: `notebooks/${layer}/${short}.ipynb`,
    test: `test/tables/${layer}/${short}.test.ts`,
    index: `lib/tables/${layer}/index.ts`,
  };
  if (workspace.catalog.has(name)) throw alreadyThere(paths.contract);
  for (const path of [paths.contract, paths.notebook, paths.test]) {
    if (fs.existsSync(join(root, path))) throw alreadyThere(path);
  }
  const { draft, untyped } = await draftOf(workspace, layer, short, options);
  writeNewFiles(
    root,
    [
      formatted(root, { path: paths.contract, text: contractText(draft) }),
      { path: paths.notebook, text: formatNotebook(notebookOf(draft)) },
      formatted(root, { path: paths.test, text: testText(draft) }),
    ],
    formatted(root, { path: paths.index, text: indexText(root, paths.index, short) }),
  );
  const { landing } = draft;
  return { name, ...paths, landing: landing && join(workspace.settings.landing, landing.source), untyped };
}

type NewLayer = TableDraft["layer"];

/** Names that JavaScript keeps for itself, or that a contract's module has another use for. */
const RESERVED = new Set(
  `abstract any as async await boolean break case catch class const continue date debugger decimal default delete do double else enum
  export extends false finally for fraction from function if implements import in instanceof instant integer interface let long new null
  of package private protected public return static super switch text texts this throw timestamp true try typeof undefined var void
  while with yield index eval arguments`.split(/\s+/),
);

function nameOf(name: string): { readonly layer: NewLayer; readonly short: string } {
  const [, layer, short = ""] = /^(bronze|silver|gold)\.([a-z][a-z0-9_]*)$/.exec(name) ?? [];
  if (layer === undefined) {
    throw new UsageError(`not a name for a new table: ${name}`, {
      expected: "bronze.x, silver.x or gold.x in lower-case ASCII",
      remedy: "for instance: npx tslake new silver.clientes --from bronze.clientes",
    });
  }
  if (RESERVED.has(short) || short.endsWith("_quarantine")) {
    throw new UsageError(`${short} has a meaning of its own`, { actual: name, remedy: "choose another name" });
  }
  return { layer: layer as NewLayer, short };
}

interface Drafted {
  readonly draft: TableDraft;
  readonly untyped: boolean;
}

async function draftOf(
  workspace: Workspace,
  layer: NewLayer,
  name: string,
  options: NewTableOptions,
): Promise<Drafted> {
  if (
    options.key !== undefined &&
    (layer !== "silver" || options.from?.some((table) => !table.startsWith("bronze.")))
  ) {
    throw new UsageError("a key is given to a table that is typed from bronze", {
      actual: `${layer}.${name}`,
      remedy: "leave --key away: other tables take over the key of their first source",
    });
  }
  if (layer === "bronze") return { draft: await bronzeDraft(workspace, name, options), untyped: false };
  if (options.landing !== undefined) {
    throw new UsageError(`${layer}.${name} takes no files`, {
      remedy: `make bronze.${name} first: npx tslake new bronze.${name} --landing ${options.landing.join(" ")} --sample FILE`,
    });
  }
  const from = sourcesOf(workspace, layer, name, options.from ?? []);
  const [first] = from;
  if (first?.layer !== "bronze") {
    if (options.sample === undefined) return { draft: draftDerived(layer, name, from), untyped: false };
    throw new UsageError("a sample is for types of what is read from bronze", { remedy: "leave --sample away" });
  }
  const values = await valuesOf(workspace, first, options.sample);
  const draft = draftSilver(name, first, (column) => values.get(column) ?? [], options.key);
  return { draft, untyped: values.size === 0 };
}

async function bronzeDraft(
  { settings, catalog, lake }: Workspace,
  name: string,
  options: NewTableOptions,
): Promise<TableDraft> {
  if (options.from !== undefined) {
    throw new UsageError(`bronze.${name} is fed by files, not by tables`, {
      actual: `--from ${options.from.join(" ")}`,
      remedy: "name the files that it takes by --landing, and one of them by --sample",
    });
  }
  const taken = catalog.tables.find((table) => table.landing?.source === name);
  if (taken)
    throw new UsageError(`${taken.name} takes the files in landing/${name}`, { remedy: "choose another name" });
  const landing: Landing = { source: name, files: patternsOf(options) };
  const sample = options.sample ?? firstLanded(settings.landing, landing);
  if (sample === undefined) {
    throw new UsageError(`bronze.${name} takes its columns from a file, and there is none`, {
      expected: `a file in ${join(settings.landing, name)}, or one named by --sample`,
      remedy: `npx tslake new bronze.${name} --sample FILE`,
    });
  }
  return draftBronze(name, landing, await readSample(sample, lake));
}

function patternsOf({ landing, sample = "" }: NewTableOptions): readonly string[] {
  const plain = basename(sample).replace(/\.gz$/, "");
  if (landing === undefined)
    return [/\.(ndjson|jsonl|parquet)$/.test(plain) ? `*${plain.slice(plain.lastIndexOf("."))}` : "*.csv"];
  const wrong = landing.find((pattern) => !/^[^/\\]+\.(csv|ndjson|jsonl|parquet)$/.test(pattern));
  if (wrong !== undefined) {
    throw new UsageError(`not the names of files: ${wrong}`, {
      expected: "'clientes*.csv', '*.ndjson', '*.jsonl' or '*.parquet'; .gz may follow every name anyway",
    });
  }
  if (plain !== "" && !isTaken({ source: "", files: landing }, plain)) {
    throw new UsageError("the sample is no file that the table takes", { expected: landing.join(", "), actual: plain });
  }
  return landing;
}

function sourcesOf(workspace: Workspace, layer: NewLayer, name: string, from: readonly string[]): readonly AnyTable[] {
  const { catalog, settings } = workspace;
  if (from.length === 0) {
    throw new UsageError(`${layer}.${name} is made from other tables`, {
      remedy: `name them: npx tslake new ${layer}.${name} --from ${layer === "silver" ? "bronze" : "silver"}.${name}`,
    });
  }
  const written = catalog.tables.filter((table) =>
    fs.existsSync(join(settings.root, "lib", "tables", table.layer, `${shortName(table)}.ts`)),
  );
  const tables = [...new Set(from)].map((source) => {
    const table = written.find((one) => one.name === source);
    if (table) return table;
    throw new UsageError(`no table ${source}`, {
      expected: `one of ${written
        .map((one) => one.name)
        .sort()
        .join(", ")}`,
      actual: source,
      remedy: `make it first: npx tslake new ${source}${source.startsWith("bronze.") ? " --sample FILE" : ""}`,
    });
  });
  const bronze = tables.find((table) => table.layer === "bronze");
  const upper = tables.find((table) => layer === "silver" && table.layer === "gold");
  if (upper) throw new UsageError(`silver reads no ${upper.name}`, { expected: "tables of bronze or silver" });
  if (bronze === undefined || (layer === "silver" && tables.length === 1)) return tables;
  throw new UsageError(`${layer}.${name} cannot be made from ${from.join(" and ")}`, {
    expected: layer === "gold" ? "tables of silver or gold" : "one table of bronze, or tables of silver",
    remedy: `type each bronze table first: npx tslake new silver.${shortName(bronze)} --from ${bronze.name}`,
  });
}

/** Values by column: of the sample, else of a file that has landed, else of what the table holds. */
async function valuesOf(
  { settings, lake }: Workspace,
  source: AnyTable,
  sample: string | undefined,
): Promise<ReadonlyMap<string, readonly (string | null)[]>> {
  const file = sample ?? (source.landing && firstLanded(settings.landing, source.landing));
  if (file !== undefined) {
    const found = new Map((await readSample(file, lake)).map(({ header, values }) => [header, values]));
    return new Map(sourceColumns(source).map(({ name, header }) => [name, found.get(header) ?? []]));
  }
  if ((await lake.snapshot(source.name)) === undefined) return new Map();
  const rows = await (await lake.readStored(source.name)).limit(1_000).collect();
  return rows.length === 0
    ? new Map()
    : new Map(source.columnNames.map((name) => [name, rows.map((row) => textOf(row[name]))]));
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

/** The first file in a landing folder that a table takes. */
function firstLanded(folder: string, landing: Landing): string | undefined {
  return listLanding(folder, { landing, name: "" }).files[0]?.path;
}

/** The index of a layer with one table more. */
function indexText(root: string, path: string, name: string): string {
  const line = `export { ${name} } from "./${name}.js";`;
  const lines = fs
    .readFileSync(join(root, path), "utf8")
    .split("\n")
    .filter((text) => text !== "");
  return `${[...lines, line].sort().join("\n")}\n`;
}
