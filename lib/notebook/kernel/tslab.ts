import { createRequire, type SourceMapPayload } from "node:module";
import type { CompilerOptions } from "./cell_compiler.js";

/**
 * tslab's parts, as far as the kernel uses them. They are internals of one version: the package is pinned, and
 * `test/notebook/kernel.test.ts` runs against it.
 */
export interface Tslab {
  readonly typescript: TypeScript;
  /** Builds its first program, which takes a second or two. */
  createConverter(options: { readonly isJS: boolean; readonly isBrowser: boolean }): Converter;
  createExecutor(folder: string, converters: Converters, console: ExecutorConsole): Executor;
  readonly JupyterHandler: new (executor: Executor, isJs: boolean) => JupyterHandler;
  readonly ZmqServer: new (handler: JupyterHandler, connection: string) => ZmqServer;
  /** Where tslab's own `display` sends to. */
  sendDisplaysTo(write: (content: object, update: boolean) => void): void;
}

/** Translates cells; `previous` declares what earlier cells have left. */
export interface Converter {
  convert(previous: string, source: string): Conversion;
  inspect(previous: string, source: string, position: number): unknown;
  complete(previous: string, source: string, position: number): Completion;
  addModule(name: string, content: string, meta?: unknown): unknown;
  close(): void;
}

export interface Converters {
  readonly node: Converter;
  readonly browser: Converter;
  close(): void;
}

export interface Conversion {
  output?: string;
  /** When there are any, the cell does not run. */
  readonly diagnostics: readonly Diagnostic[];
}

/** A problem that the compiler found; positions count from 0. */
export interface Diagnostic {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
  readonly messageText: string;
  readonly code: number;
  /** Absent when it is the cell. */
  readonly fileName?: string;
}

export interface Completion {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly string[];
  readonly original?: {
    readonly entries: readonly { readonly name: string; readonly kind: string }[];
    /** Present inside a text that is closed. */
    readonly optionalReplacementSpan?: object;
  };
}

export interface Executor {
  /** False when the cell failed: then the console has been told why. */
  execute(source: string): Promise<boolean>;
  complete(source: string, position: number): Completion;
  /** The variables of all cells, and what they have imported. */
  readonly locals: Record<string, unknown>;
}

export interface ExecutorConsole {
  log(...values: unknown[]): void;
  error(...values: unknown[]): void;
}

/** Answers Jupyter's requests. */
export interface JupyterHandler {
  handleKernel(): Record<string, unknown>;
  handleComplete(request: { readonly code: string; readonly cursor_pos: number }): object;
  close(): void;
}

/** Jupyter's five sockets. Its methods may be replaced on the instance. */
export interface ZmqServer {
  readonly connInfo: { readonly key: string };
  readonly iopub: unknown;
  init(): Promise<void>;
  handleExecute(socket: unknown, request: Message): Promise<void>;
  handleShutdown(socket: unknown, request: Message): void;
  publishStatus(status: string, parent: Message): void;
}

/** A message of Jupyter's protocol. */
export interface Message {
  readonly header: { msg_type: string };
  content: unknown;
  createReply(): Message;
  signAndSend(key: string, socket: unknown): void;
}

/** The TypeScript that tslab brings. */
export interface TypeScript {
  readonly sys: {
    watchFile: (path: string, changed: FileChanged, ...rest: unknown[]) => { close(): void };
  };
  createWatchCompilerHost(
    files: unknown,
    options: CompilerOptions,
    system: unknown,
    createProgram: unknown,
    ...rest: unknown[]
  ): unknown;
  createEmitAndSemanticDiagnosticsBuilderProgram(...parts: readonly unknown[]): Program;
  transpileModule(
    input: string,
    options: { readonly compilerOptions: CompilerOptions },
  ): { outputText: string; readonly sourceMapText?: string };
}

export type FileChanged = (path: string, kind: number) => void;

/** TypeScript's builder program; its methods may be replaced. */
export interface Program {
  getAllDependencies: (file: unknown) => readonly string[];
  getSourceFile(name: string): object | undefined;
  getProgram(): { isSourceFileFromExternalLibrary(file: object): boolean };
}

export type { SourceMapPayload };

/** tslab's own TypeScript, which comes with it. */
const COMPILER = "@tslab/typescript-for-tslab";

/**
 * Loads tslab on top of its TypeScript with some functions replaced: once in a process, before anything else loads it.
 */
export function loadTslab(replace: (typescript: TypeScript) => Partial<TypeScript>): Tslab {
  const load = createRequire(createRequire(__filename).resolve("tslab/package.json"));
  const compiler = load.resolve(COMPILER);
  const original = load(compiler) as TypeScript;
  const typescript = { ...original, ...replace(original) };
  const cached = load.cache[compiler];
  if (cached !== undefined) cached.exports = typescript;
  const converter = load("tslab/dist/converter.js") as Pick<Tslab, "createConverter">;
  const executor = load("tslab/dist/executor.js") as Pick<Tslab, "createExecutor">;
  const jupyter = load("tslab/dist/jupyter.js") as {
    JupyterHandlerImpl: Tslab["JupyterHandler"];
    ZmqServer: Tslab["ZmqServer"];
    lastWriteDisplayData: unknown;
  };
  return {
    typescript,
    createConverter: converter.createConverter,
    createExecutor: executor.createExecutor,
    JupyterHandler: jupyter.JupyterHandlerImpl,
    ZmqServer: jupyter.ZmqServer,
    sendDisplaysTo: (write) => {
      jupyter.lastWriteDisplayData = write;
    },
  };
}
