import { readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { locator } from "../stack.js";
import {
  type Conversion,
  type Converter,
  type FileChanged,
  loadTslab,
  type Program,
  type SourceMapPayload,
  type Tslab,
  type TypeScript,
} from "./tslab.js";

export type CompilerOptions = Readonly<Record<string, unknown>>;

/** tslab's compiler of cells: with the workspace's strictness, told of changed files by us, and with source maps. */
export interface CellCompiler {
  readonly tslab: Tslab;
  /** Makes the converter of cells: a second or two. */
  converter(): Converter;
  /** What the compiler found in the cell that was compiled last. */
  diagnostics(): Conversion["diagnostics"];
  /** Names the cells that are compiled from now on in stacks. */
  nameCells(script: string): void;
  /** The line and column, from 1, in the source of a cell, by its script's name and a place in its code. */
  locate(script: string, line: number, column: number): { readonly line: number; readonly column: number } | undefined;
  /** Says that files of the library are not as they were. */
  filesChanged(files: readonly string[]): void;
}

/** Where a compiled cell's code begins in the function that tslab puts around it: one line, before the code. */
const PREFIX_LINES = 1;

/** Prepares the compiler of the workspace in a folder; nothing is compiled yet. */
export function cellCompiler(root: string): CellCompiler {
  const watched = new Map<string, FileChanged>();
  const library = join(root, "lib") + sep;
  const maps = new Map<string, ReturnType<typeof locator>>();
  let last: { readonly input: string; readonly map: string } | undefined;
  let diagnostics: Conversion["diagnostics"] = [];
  let script = "";
  const tslab = loadTslab((typescript) => ({
    createWatchCompilerHost: (files, options, system, _, ...rest) => {
      const createProgram = (...parts: readonly unknown[]) => withoutLibrary(typescript, parts);
      return typescript.createWatchCompilerHost(
        files,
        { ...options, ...cellOptions(root) },
        system,
        createProgram,
        ...rest,
      );
    },
    transpileModule: (input, options) => {
      const compilerOptions = { ...options.compilerOptions, sourceMap: true };
      const { outputText, sourceMapText = "" } = typescript.transpileModule(input, { ...options, compilerOptions });
      last = { input, map: sourceMapText };
      return { outputText: outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, "") };
    },
  }));
  watchOnlyOthers(tslab.typescript, library, watched);
  return {
    tslab,
    converter: () => {
      const inner = tslab.createConverter({ isJS: false, isBrowser: false });
      const convert = (previous: string, source: string): Conversion => {
        diagnostics = [];
        last = undefined;
        const result = inner.convert(previous, source);
        diagnostics = result.diagnostics;
        if (result.output === undefined || last === undefined) return result;
        const { input, map } = last as { readonly input: string; readonly map: string };
        const output = `${result.output}\n//# sourceURL=${script}`;
        const locate = locator(() => [JSON.parse(map), inlineMap(input)]);
        // What comes after the cell's own code calls it.
        const lines = output.split("\n").length;
        maps.set(script, (line, column) => (line > lines ? undefined : locate(line, column)));
        return { ...result, output };
      };
      return { ...inner, convert };
    },
    diagnostics: () => diagnostics,
    nameCells: (name) => {
      script = name;
    },
    locate: (name, line, column) => {
      const place = maps.get(name)?.(line, column);
      return place && { line: Math.max(place.line - PREFIX_LINES, 1), column: place.column };
    },
    filesChanged: (files) => {
      for (const file of files) watched.get(file)?.(file, CHANGED);
    },
  };
}

/** TypeScript's `FileWatcherEventKind.Changed`. */
const CHANGED = 1;

/** Files of the library are looked at before each cell: their watchers are kept here and not set up. */
function watchOnlyOthers({ sys }: TypeScript, library: string, watched: Map<string, FileChanged>): void {
  const { watchFile } = sys;
  sys.watchFile = (path, changed, ...rest) => {
    if (!path.startsWith(library)) return watchFile(path, changed, ...rest);
    watched.set(path, changed);
    return { close: () => watched.delete(path) };
  };
}

/**
 * A program in which a cell does not depend on the library's sources: they are not the cell's concern, `npm run check` looks
 * at them, with the compiler that they are written for. Checking them here as well would take seconds.
 */
function withoutLibrary(typescript: TypeScript, parts: readonly unknown[]): Program {
  const program = typescript.createEmitAndSemanticDiagnosticsBuilderProgram(...parts);
  const { getAllDependencies } = program;
  program.getAllDependencies = (file) =>
    getAllDependencies(file).filter((name) => {
      const dependency = program.getSourceFile(name);
      return dependency === undefined || !program.getProgram().isSourceFileFromExternalLibrary(dependency);
    });
  return program;
}

/** The workspace's strictness, as `npm run check` applies it to cells. */
function cellOptions(root: string): CompilerOptions {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")) as {
    compilerOptions: CompilerOptions;
  };
  const strictness = STRICTNESS.filter((name) => name in compilerOptions).map((name) => [name, compilerOptions[name]]);
  return {
    ...Object.fromEntries(strictness),
    types: compilerOptions["types"],
    lib: [compilerOptions["lib"]].flat().map((name) => `lib.${String(name).toLowerCase()}.d.ts`),
    inlineSourceMap: true,
  };
}

const STRICTNESS = [
  "strict",
  "noImplicitReturns",
  "noFallthroughCasesInSwitch",
  "noUncheckedIndexedAccess",
  "noImplicitOverride",
  "noPropertyAccessFromIndexSignature",
  "exactOptionalPropertyTypes",
  "allowUnreachableCode",
  "allowUnusedLabels",
];

function inlineMap(code: string): SourceMapPayload {
  const [, base64 = ""] = /\/\/# sourceMappingURL=data:application\/json;base64,(\S+)/.exec(code) ?? [];
  return JSON.parse(Buffer.from(base64, "base64").toString("utf8")) as SourceMapPayload;
}
