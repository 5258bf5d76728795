import { createHash } from "node:crypto";
import type { AnyTable } from "../../contract/define_table.js";
import type { Cell, Notebook } from "../../notebook/document.js";
import { linkTo } from "./draft_table.js";
import { fullName, shortName, type TableDraft } from "./table_draft.js";

/** The notebook of a new table: what the table is, how it is made step by step, a look at the result. */
export function notebookOf(draft: TableDraft): Notebook {
  const [source] = draft.from;
  const sources =
    source === undefined
      ? bronzeCells(draft)
      : source.layer === "bronze"
        ? silverCells(draft, source)
        : derivedCells(draft, source);
  return {
    cells: sources.map((cell, place) => cellOf(cell, draft, place)),
    metadata: NOTEBOOK_METADATA,
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** The source of a cell: prose, or code. */
type Source = { readonly prose: string } | { readonly code: string };

function prose(...paragraphs: readonly string[]): Source {
  return { prose: paragraphs.join("\n\n") };
}

function code(...lines: readonly string[]): Source {
  return { code: lines.join("\n") };
}

function bronzeCells(draft: TableDraft): readonly Source[] {
  const table = fullName(draft);
  const { source = draft.name, files = [] } = draft.landing ?? {};
  return [
    prose(
      `# ${table}`,
      `${draft.description}.`,
      [
        `- **Grain**: ${draft.grain}, as it came: every value is text, nothing is corrected here.`,
        `- **Source**: files named ${files.map((pattern) => `\`${pattern}\``).join(", ")} in \`landing/${source}/\`. Each file is taken once, known by the SHA-256 of its content; it is then archived under \`bronze/_archive/${source}/\`.`,
        "- **Rules**: unknown columns are kept in `_rescued`, lines with too few or too many fields in `_corrupt_record`. A file that cannot be read as a whole goes to `landing/_rejected/` with the reason beside it.",
      ].join("\n"),
    ),
    code(
      'import { countRows, display, ingest, lake, max, min } from "tslake";',
      'import { bronze } from "tslake/tables";',
    ),
    prose(
      "## What has arrived",
      "The rows of all files are added in one commit, together with the files' marks: killed at any instruction, a run loses and doubles nothing.",
    ),
    code(`await display(await ingest(${table}));`),
    prose("## A look at the table"),
    code(`const linhas = lake.read(${table});`, "await linhas.orderBy((t) => [t._file, t._row]).show(5);"),
    prose("Rows per file, with the lines that they came from:"),
    code(
      "await linhas",
      '  .groupBy("_file")',
      "  .aggregate((t) => ({ linhas: countRows(), primeira: min(t._row), ultima: max(t._row) }))",
      "  .orderBy((t) => [t._file])",
      "  .show(20);",
    ),
  ];
}

function silverCells(draft: TableDraft, source: AnyTable): readonly Source[] {
  const table = fullName(draft);
  const { place = "" } = draft;
  const isKeyed = !draft.key.includes(place);
  return [
    prose(
      `# ${table}`,
      `${draft.description}.`,
      [
        isKeyed
          ? `- **Grain**: ${draft.grain}. \`${place}\` is the archived file and line of that row.`
          : `- **Grain**: ${draft.grain}. Its identity in this lake, \`${place}\`, is the archived file and line where it first occurred.`,
        `- **Source**: ${linkTo(source)}.`,
        `- **Rules**: ${isKeyed ? "a later row replaces an earlier one of its key, by arrival, then file name, then line." : "rows that are identical in every column count once, within a file and across files."} Values are read as [the contract](../../lib/tables/silver/${draft.name}.ts) says. A row that cannot be read, or that breaks a rule, is kept in \`${table}_quarantine\` with every reason${isKeyed ? " and replaces nothing" : ""}.`,
      ].join("\n"),
    ),
    code(
      `import { arrivals, concat, display, examine, lake, ${isKeyed ? "" : "originals, "}writeChecked } from "tslake";`,
      'import { bronze, silver } from "tslake/tables";',
    ),
    prose(
      "## What this run takes",
      "The rows that have arrived in bronze since the last run; all of them when the contract or this notebook has changed, because then the table is made anew.",
    ),
    code(
      `const chegadas = await arrivals(lake, ${table}, ${source.name});`,
      "await chegadas.rows.orderBy((t) => [t._file, t._row]).show(5);",
    ),
    ...(isKeyed ? [] : firstOccurrenceCells(draft)),
    prose(
      "## Values are read by the contract",
      "`examine` parses every column and shares the rows out: what fits, and what is faulty and why.",
    ),
    code(
      `const lidas = examine(${isKeyed ? "chegadas.rows" : "originais.unique"}, ${table});`,
      "await lidas.faulty",
      '  .select(["_file", "_row", "_fate", "_reasons"])',
      "  .orderBy((t) => [t._file, t._row])",
      "  .show(10);",
    ),
    ...(isKeyed ? lastRowCells(draft) : []),
    prose("## Where a row comes from"),
    code(
      `const linhas = ${isKeyed ? "ultimas" : "lidas.accepted"}`,
      `  .extend((t) => ({ ${place}: concat(t._file, ":", t._row.cast("string")) }))`,
      `  .select(${table}.columnNames);`,
      `await linhas.orderBy((t) => [t.${place}]).show(5);`,
    ),
    prose(
      "## The write",
      `Refused rows go to the quarantine first, then the others are ${isKeyed ? "written: each replaces the row of its key that the table has, or is added" : "added"}. No row may get lost: what was read is what was written, ${isKeyed ? "replaced within the run" : "repeated"}, refused or dropped, or nothing is committed.`,
    ),
    code(
      "const contas = {",
      "  read: await chegadas.rows.count(),",
      ...(isKeyed
        ? ["  duplicates: substituidas,"]
        : ["  duplicates: originais.duplicates,", "  withdrawn: originais.withdrawn,"]),
      "};",
      `await display(await writeChecked(lake, ${table}, linhas, lidas.faulty, contas, chegadas));`,
    ),
    prose("## A look at the table"),
    code(`await lake.read(${table})${ordered(draft.key)}.show(10);`),
  ];
}

function firstOccurrenceCells(draft: TableDraft): readonly Source[] {
  return [
    prose(
      "## Identical rows count once",
      "Of rows that are the same in all columns the first one stays, by arrival, then file name, then line. Rows that an earlier run has taken are repetitions too.",
    ),
    code(
      `const originais = await originals(lake, ${fullName(draft)}, chegadas);`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: code of a notebook cell
      "console.log(`${originais.duplicates} repetitions`);",
    ),
  ];
}

function lastRowCells({ key }: TableDraft): readonly Source[] {
  return [
    prose(
      "## The last row of each key counts",
      "Of the rows of one key the last one stays, by arrival, then file name, then line. Rows of earlier runs have arrived before these: the write replaces them.",
    ),
    code(
      "const ultimas = lidas.accepted",
      `  .distinct(${list(key)}, (t) => [t._ingested_at.desc(), t._file.desc(), t._row.desc()]);`,
      "const substituidas = (await lidas.accepted.count()) - (await ultimas.count());",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: code of a notebook cell
      "console.log(`${substituidas} rows replaced by later ones`);",
    ),
  ];
}

function derivedCells(draft: TableDraft, first: AnyTable): readonly Source[] {
  const table = fullName(draft);
  const layers = [...new Set([draft.layer, ...draft.from.map(({ layer }) => layer)])].sort();
  const incremental = draft.write === "merge";
  return [
    prose(
      `# ${table}`,
      `${draft.description}.`,
      [
        `- **Grain**: ${draft.grain}, as in ${linkTo(first)}${keyNote(draft)}.`,
        `- **Sources**: ${draft.from.map(linkTo).join(", ")}.`,
        `- **Rules**: ${incremental ? "the rows that the source has gained are added; when it has lost or changed a row, the table is made anew." : "each run makes the table anew."}`,
      ].join("\n"),
    ),
    code(
      `import { display, lake${incremental ? ", newRows" : ""} } from "tslake";`,
      `import { ${layers.join(", ")} } from "tslake/tables";`,
    ),
    ...(incremental ? newRowCells(draft, first) : wholeCells(draft, first)),
    prose("## The write"),
    code(`await display(await lake.write(${table}, linhas${incremental ? ", novidades" : ""}));`),
    prose("## A look at the table"),
    code(`await lake.read(${table})${ordered(first.key)}.show(10);`),
  ];
}

function newRowCells(draft: TableDraft, first: AnyTable): readonly Source[] {
  const table = fullName(draft);
  return [
    prose(
      "## What this run takes",
      "The rows that the source has gained since the last run; all of them when it has lost or changed a row, or when this notebook has changed.",
    ),
    code(
      `const novidades = await newRows(lake, ${table}, ${first.name});`,
      `await novidades.rows${ordered(first.key)}.show(3);`,
    ),
    prose("## The rows of the table"),
    code(`const linhas = novidades.rows.select(${table}.columnNames);`, `await linhas${ordered(draft.key)}.show(3);`),
  ];
}

function wholeCells(draft: TableDraft, first: AnyTable): readonly Source[] {
  const joined = draft.joins.filter(({ on }) => on.length > 0);
  const apart = draft.joins.filter(({ on }) => on.length === 0);
  return [
    prose(
      "## The rows of the table",
      `One for each row of ${linkTo(first)}${joined.length === 0 ? "" : ", with what the others know of it: a source that is looked up by its key doubles no row"}.`,
    ),
    code(
      "const linhas = lake",
      `  .read(${first.name})`,
      ...joined.map(
        ({ source, on, adds }) =>
          `  .leftJoin(lake.read(${source.name}).select(${list([...on, ...adds])}), ${list(on)})`,
      ),
      `  .select(${fullName(draft)}.columnNames);`,
      `await linhas${ordered(first.key)}.show(5);`,
    ),
    ...apart.flatMap(({ source }) => [
      prose(
        `## ${source.name}`,
        "Ready to be joined or aggregated. It has no key that the rows above share, so a join could double them.",
      ),
      code(
        `const ${shortName(source)} = lake.read(${source.name});`,
        `await ${shortName(source)}${ordered(source.key)}.show(5);`,
      ),
    ]),
  ];
}

function keyNote({ key }: TableDraft): string {
  return key.length === 0 ? "" : `, known by ${key.map((column) => `\`${column}\``).join(", ")}`;
}

function ordered(key: readonly string[]): string {
  return key.length === 0 ? "" : `.orderBy((t) => [${key.map((column) => `t.${column}`).join(", ")}])`;
}

function list(names: readonly string[]): string {
  return `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;
}

function cellOf(source: Source, draft: TableDraft, place: number): Cell {
  const id = createHash("sha256")
    .update(`${fullName(draft)}:${place}`)
    .digest("hex")
    .slice(0, 8);
  if ("prose" in source) return { cell_type: "markdown", id, metadata: {}, source: source.prose };
  return { cell_type: "code", id, metadata: {}, source: source.code, execution_count: null, outputs: [] };
}

/** As JupyterLab writes it with the workspace's kernel. */
const NOTEBOOK_METADATA = {
  kernelspec: { display_name: "TypeScript", language: "typescript", name: "tslab" },
  language_info: {
    codemirror_mode: { mode: "typescript", name: "javascript", typescript: true },
    file_extension: ".ts",
    mimetype: "text/typescript",
    name: "typescript",
    version: "3.7.2",
  },
};
