import { mkdir, readdir, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { NotebookError } from "../errors.js";
import { parseCells } from "./cell.js";
import { cached, checkKey } from "./check_cache.js";
import { type CheckModule, checkModule } from "./check_module.js";
import { hasOutputs, readNotebook } from "./document.js";
import { unportable } from "./portability.js";
import { runTypeScript, type TypeScriptDiagnostic, uncheckedLibrary, withScratchFolder } from "./typescript.js";

/** A problem that the compiler found in a cell. */
export interface CellDiagnostic {
  readonly notebook: string;
  /** Position among all cells of the notebook, text cells too, from 1. */
  readonly cell: number;
  readonly line: number;
  readonly column: number;
  /** The problem in the compiler's words, which may take several lines. */
  readonly message: string;
}

/**
 * Type-checks all notebooks in a folder of the workspace, `<root>/notebooks`, and refuses outputs in them. The problems are
 * told as one reads them in a terminal: `notebooks/gold/gvm.ipynb cell 5, 3:7: TS2551: …`.
 *
 * @throws as `checkCells`.
 */
export async function checkNotebooks(folder: string): Promise<string[]> {
  const root = dirname(folder);
  const paths = await listNotebooks(folder);
  const found = await checkCells(root, paths);
  const problems = found.map(
    ({ notebook, cell, line, column, message }) =>
      `${relative(root, notebook)} cell ${cell}, ${line}:${column}: ${message}`,
  );
  for (const path of paths) {
    if (hasOutputs(await readNotebook(path)))
      problems.push(`${relative(root, path)} has outputs: npx tslake notebooks clean takes them out`);
  }
  return problems;
}

/** The notebooks in a folder and those below it, in order of their paths. */
export async function listNotebooks(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  return entries
    .filter((entry) => entry.endsWith(".ipynb") && !entry.includes(".ipynb_checkpoints"))
    .sort()
    .map((entry) => join(folder, entry));
}

/**
 * Type-checks the cells of notebooks, all in one go, with the TypeScript and the settings of the workspace whose folder,
 * `root`, has `tsconfig.json`, `lib` and `node_modules`; unused names are no error in a cell. The result is remembered:
 * checking what has not changed costs a few milliseconds.
 *
 * @throws StorageError or NotebookError for a file that is not a notebook, NotebookError when the compiler itself fails.
 */
export async function checkCells(root: string, paths: readonly string[]): Promise<CellDiagnostic[]> {
  const key = checkKey(root, paths);
  const known = await cached(root, key, async () => {
    const parsed = await Promise.all(paths.map(parseForCheck));
    const sound = parsed.flatMap(({ path, module }) => (module === undefined ? [] : [{ path, module }]));
    const found = [
      ...parsed.flatMap(({ diagnostics }) => diagnostics),
      ...(await compile(root, sound, key === undefined)),
    ];
    return found.map((one) => ({ ...one, notebook: relative(root, one.notebook) }));
  });
  return known.map((one) => ({ ...one, notebook: join(root, one.notebook) }));
}

interface NotebookModule {
  readonly path: string;
  readonly module: CheckModule;
}

interface ParsedNotebook {
  readonly path: string;
  /** Undefined when a cell has a syntax error: then the compiler does not see the notebook. */
  readonly module: CheckModule | undefined;
  readonly diagnostics: readonly CellDiagnostic[];
}

async function parseForCheck(path: string): Promise<ParsedNotebook> {
  const notebook = await readNotebook(path);
  try {
    const cells = parseCells(notebook, path);
    const diagnostics = unportable(cells).map((problem) => ({ notebook: path, ...problem }));
    return { path, module: checkModule(cells), diagnostics };
  } catch (error) {
    if (!(error instanceof NotebookError)) throw error;
    const { cell = 1, line = 1, column } = error.where;
    const diagnostic = { notebook: path, cell, line, column: Number(column ?? 1), message: error.message };
    return { path, module: undefined, diagnostics: [diagnostic] };
  }
}

/** @param importFiles the notebooks import files beside them, which may import the library where it lies */
async function compile(
  root: string,
  modules: readonly NotebookModule[],
  importFiles: boolean,
): Promise<CellDiagnostic[]> {
  if (modules.length === 0) return [];
  return withScratchFolder(root, async (folder) => {
    const files = new Map<string, NotebookModule>();
    for (const one of modules) {
      // The folder mirrors the workspace: what stands beside a notebook is found beside its module (`rootDirs`).
      const file = `${relative(root, one.path).replaceAll("..", "__")}.ts`;
      files.set(file.replaceAll("\\", "/"), one);
      await mkdir(join(folder, file, ".."), { recursive: true });
      await writeFile(join(folder, file), one.module.code);
    }
    const library = importFiles ? {} : uncheckedLibrary(root, folder);
    const found = await runTypeScript(root, folder, [...files.keys()], library);
    return found.flatMap((diagnostic) => {
      const one = files.get(diagnostic.file);
      return one === undefined ? [] : [inCell(one, diagnostic)];
    });
  });
}

function inCell({ path, module }: NotebookModule, { line, column, message }: TypeScriptDiagnostic): CellDiagnostic {
  const place = module.locate(line, column);
  if (place === undefined) {
    throw new NotebookError(`${basename(path)} cannot be checked: ${message}`, { where: { notebook: path } });
  }
  return { notebook: path, ...place, message };
}
