import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { NotebookError } from "../errors.js";

/** What the compiler says about a file, named relative to the checked folder; line and column count from 1. */
export interface TypeScriptDiagnostic {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/**
 * Calls with a new folder from which the workspace's packages resolve, and removes it afterwards. It lies below the
 * workspace's node_modules or, where these cannot be written, among the temporary files.
 */
export async function withScratchFolder<T>(root: string, use: (folder: string) => Promise<T>): Promise<T> {
  const cache = join(root, "node_modules", ".cache", "tslake");
  const folder = await mkdir(cache, { recursive: true })
    .then(() => mkdtemp(join(cache, ".check-")))
    .catch(async () => {
      const temporary = await mkdtemp(join(tmpdir(), "tslake-check-"));
      await symlink(join(root, "node_modules"), join(temporary, "node_modules"), "junction");
      return temporary;
    });
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Imports of packages whose types take as long to read as all the rest, and are in no signature that a cell sees. */
const UNSEEN = /\b(from |import\()"(?=@aws-sdk\/|@duckdb\/)/g;

/**
 * Puts the workspace's library into a folder in a form that the compiler takes types from and does not check itself, which
 * would take more time than all notebooks do; the packages that only its inner parts know are not found there. Answers the
 * settings by which modules in the folder find the library.
 */
export function uncheckedLibrary(root: string, folder: string): { readonly paths: Record<string, readonly string[]> } {
  const sources = join(root, "lib");
  const copies = join(folder, "lib");
  for (const entry of readdirSync(sources, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".ts")) continue;
    const from = join(entry.parentPath, entry.name);
    const to = join(copies, relative(sources, from));
    mkdirSync(dirname(to), { recursive: true });
    writeFileSync(to, `// @ts-nocheck\n${readFileSync(from, "utf8").replace(UNSEEN, '$1"unread:')}`);
  }
  return { paths: { tslake: ["./lib"], "tslake/*": ["./lib/*"] } };
}

/**
 * Type-checks modules in a folder with the workspace's compiler and settings, and with some of the folder's own.
 *
 * @throws NotebookError when the compiler fails otherwise than by finding problems in files.
 */
export async function runTypeScript(
  root: string,
  folder: string,
  files: readonly string[],
  own: object,
): Promise<TypeScriptDiagnostic[]> {
  const settings = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: {
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      skipLibCheck: true,
      rootDirs: [root, folder],
      typeRoots: [join(root, "node_modules", "@types")],
      ...own,
    },
    files,
    include: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings));
  const { status, output } = await run(compiler(root), ["--project", ".", "--pretty", "false"], folder);
  const diagnostics = parseDiagnostics(output.replaceAll(folder, root));
  if (status !== 0 && diagnostics.length === 0) {
    throw new NotebookError("the notebooks cannot be type-checked: the TypeScript compiler failed", {
      actual: output.trim() === "" ? `exit status ${status}` : output.trim(),
      remedy: "Run `npm ci` in the workspace.",
    });
  }
  return diagnostics;
}

/** The native compiler itself: starting it through its Node script costs a Node process. */
function compiler(root: string): string {
  const typescript = createRequire(join(root, "package.json")).resolve("typescript/package.json");
  const native = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
  return join(
    dirname(createRequire(typescript).resolve(native)),
    "lib",
    process.platform === "win32" ? "tsc.exe" : "tsc",
  );
}

function run(
  program: string,
  argv: readonly string[],
  cwd: string,
): Promise<{ readonly status: number | string; readonly output: string }> {
  return new Promise((resolve) => {
    // A compiler in Go that ends in less than a second has no need to collect its garbage.
    const env = { ...process.env, GOGC: "off" };
    execFile(program, argv, { cwd, env, maxBuffer: 64 * 1024 * 1024, windowsHide: true }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.code ?? error.message), output: stdout + stderr });
    });
  });
}

/** Reads `file(line,column): error TS1234: message`; indented lines go on with the message before them. */
function parseDiagnostics(output: string): TypeScriptDiagnostic[] {
  const diagnostics: TypeScriptDiagnostic[] = [];
  for (const line of output.split(/\r?\n/)) {
    const match = /^(.+?)\((\d+),(\d+)\): error (TS\d+: .*)$/.exec(line);
    const last = diagnostics.at(-1);
    if (match !== null) {
      const [, file = "", row, column, message = ""] = match;
      diagnostics.push({ file: file.replaceAll("\\", "/"), line: Number(row), column: Number(column), message });
    } else if (last !== undefined && /^\s/.test(line)) {
      diagnostics[diagnostics.length - 1] = { ...last, message: `${last.message}\n${line}` };
    }
  }
  return diagnostics;
}
