import { setImmediate, setTimeout } from "node:timers/promises";
import { displayLast } from "../../display.js";
import { escapeText } from "../../picture/escape.js";
import { type MimeBundle, RUN_METADATA } from "../document.js";
import { nameStacks } from "../stack.js";
import type { CellCompiler } from "./cell_compiler.js";
import { type CellError, compileError, Interruption, interruption, isInterrupt, thrownError } from "./cell_error.js";
import type { Interrupts } from "./interrupts.js";
import type { Converter, Executor } from "./tslab.js";

/** The library as it runs in the kernel: see bin/live.js. */
export interface LiveLibrary {
  require(file: string): object;
  refresh(): {
    readonly changed: readonly string[];
    readonly replaced: readonly { readonly before: object; readonly now: object }[];
  };
  locate(
    file: string,
    line: number,
    column: number,
  ): { readonly file: string; readonly line: number; readonly column: number } | undefined;
}

/** An execute request. */
export interface CellRequest {
  readonly code: string;
  readonly silent?: boolean;
  readonly store_history?: boolean;
  readonly stop_on_error?: boolean;
}

/** Where a cell's outputs go. */
export interface CellOutputs {
  started(count: number): void;
  stream(name: "stdout" | "stderr", text: string): void;
  /** The content of Jupyter's `display_data`, or of the `update_display_data` that takes the place of an earlier one. */
  display(content: object, update: boolean): void;
  error(error: CellError): void;
}

export type CellReply =
  | { readonly status: "ok"; readonly execution_count: number; readonly payload: []; readonly user_expressions: object }
  | ({ readonly status: "error"; readonly execution_count: number } & CellError)
  | { readonly status: "aborted" };

/** Milliseconds in which requests that were sent before a cell failed may still arrive. */
const ABORT_WINDOW = 20;

/** Executes cells one after the other, each with the library as it is at that moment. */
export class Cells {
  #count = 0;
  #announced = false;
  #isWarm = false;
  #last: Promise<unknown> = Promise.resolve();
  /** Counts failures: a cell that was requested before one, and waits, is not executed. */
  #failures = 0;
  #outputs: CellOutputs | undefined;
  /** What the executor says of the cell that runs, or ran last. */
  #complaints: unknown[] = [];
  /** Of the value of the cell's last expression. */
  #showing: Promise<void> | undefined;
  /** Pieces of work whose progress is shown. */
  readonly #lines = new Set<number>();
  readonly #executor: Executor;
  readonly #compiler: CellCompiler;
  readonly #converter: Converter;
  readonly #library: LiveLibrary;
  readonly #interrupts: Interrupts;
  /** Ends the cell that runs. */
  #stop: () => void = () => undefined;

  constructor(compiler: CellCompiler, library: LiveLibrary, interrupts: Interrupts, notebook: string) {
    this.#compiler = compiler;
    this.#library = library;
    this.#interrupts = interrupts;
    const converter = heeding(interrupts, compiler.converter());
    this.#converter = converter;
    const converters = { node: converter, browser: converter, close: () => converter.close() };
    this.#executor = compiler.tslab.createExecutor(process.cwd(), converters, {
      log: (value) => {
        this.#showing = displayLast(value);
        this.#showing.catch(() => undefined);
      },
      error: (...values) => {
        this.#complaints.push(values[0]);
      },
    });
    this.#captureStreams();
    nameStacks((file, line, column) => {
      const cell = SCRIPT.exec(file)?.[1];
      if (cell === undefined) {
        const place = library.locate(file, line, column);
        return place && { name: `${place.file}:${place.line}:${place.column}`, frame: undefined };
      }
      const place = compiler.locate(file, line, column);
      if (place === undefined) return undefined;
      const frame = { cell: Number(cell), ...place };
      return { name: `${notebook} cell [${cell}]:${frame.line}:${frame.column}`, frame };
    });
  }

  get executor(): Executor {
    return this.#executor;
  }

  /** Loads files of the library and their types, so that the first cell that imports them need not. */
  warmUp(files: readonly string[]): void {
    if (this.#isWarm || this.#count > 0) return;
    this.#isWarm = true;
    try {
      this.#converter.convert("", 'import "tslake";\nimport "tslake/tables";');
      for (const file of files) this.#library.require(file);
    } catch {
      // The cell that imports what cannot be loaded says so.
    }
  }

  /** Shows something below the cell that runs, or ran last. */
  show(data: MimeBundle): void {
    this.#display(data, {});
  }

  /** Shows, once, what no cell has made. */
  announce(data: MimeBundle): void {
    if (!this.#announced) this.#display(data, { [RUN_METADATA]: "announcement" });
    this.#announced = true;
  }

  /** Shows the line of a piece of long work below the cell that began it, in place of its former one; none at its end. */
  progress(work: number, line: string | undefined, isFirst: boolean): void {
    if (isFirst) this.#lines.add(work);
    else if (!this.#lines.has(work)) return;
    if (line === undefined) this.#lines.delete(work);
    const transient = { display_id: `tslake-progress-${process.pid}-${work}` };
    const data = line === undefined ? {} : progressLine(line);
    this.#outputs?.display({ data, metadata: { [RUN_METADATA]: "progress" }, transient }, !isFirst);
  }

  /** Answers when the cell has ended; what it leaves running still writes below it until the next one starts. */
  execute(request: CellRequest, outputs: CellOutputs): Promise<CellReply> {
    const failures = this.#failures;
    const reply = this.#last.then(() =>
      failures === this.#failures ? this.#execute(request, outputs) : ({ status: "aborted" } as const),
    );
    this.#last = reply;
    return reply;
  }

  /** Ends the cell that runs, whatever it waits for. */
  interrupt(): void {
    this.#stop();
    for (const line of this.#lines) this.progress(line, undefined, false);
  }

  async #execute(request: CellRequest, outputs: CellOutputs): Promise<CellReply> {
    const count = request.silent === true || request.store_history === false ? this.#count : ++this.#count;
    this.#outputs = outputs;
    this.#compiler.tslab.sendDisplaysTo(outputs.display);
    outputs.started(count);
    // An interrupt that ends a computation drops what waits in the same turn: nothing of ours may.
    await setImmediate();
    const interrupted = new Promise<CellError>((resolve) => {
      this.#stop = () => resolve(interruption());
    });
    const error = await Promise.race([this.#run(request.code, count), interrupted]);
    if (error === undefined) return { status: "ok", execution_count: count, payload: [], user_expressions: {} };
    outputs.error(error);
    if (request.stop_on_error !== false) {
      // What was requested before this failure could be seen has been sent: let it arrive, and do not execute it.
      await setTimeout(ABORT_WINDOW);
      this.#failures++;
    }
    return { status: "error", execution_count: count, ...error };
  }

  async #run(code: string, count: number): Promise<CellError | undefined> {
    const complaints: unknown[] = [];
    this.#complaints = complaints;
    this.#showing = undefined;
    try {
      this.#refresh();
      this.#compiler.nameCells(`${SCHEME}${count}`);
      if (await this.#executor.execute(code)) {
        await this.#showing;
        return undefined;
      }
      const diagnostics = this.#compiler.diagnostics();
      if (diagnostics.length > 0) return compileError(diagnostics, code);
      if (isInterrupt(complaints[0])) this.#interrupts.hear();
      return thrownError(complaints[0], count, code);
    } catch (thrown) {
      return thrownError(thrown, count, code);
    }
  }

  /** Takes over what has changed in the library: its types, and every import of it in earlier cells. */
  #refresh(): void {
    const { changed, replaced } = this.#library.refresh();
    this.#compiler.filesChanged(changed);
    const { locals } = this.#executor;
    for (const { before, now } of replaced) {
      const names = new Map(Object.entries(before).map(([name, value]) => [value, name]));
      for (const [name, value] of Object.entries(locals)) {
        if (value === before) locals[name] = now;
        const exported = isReference(value) ? names.get(value) : undefined;
        if (exported !== undefined) locals[name] = (now as Record<string, unknown>)[exported];
      }
    }
  }

  #display(data: MimeBundle, metadata: object): void {
    this.#outputs?.display({ data, metadata, transient: {} }, false);
  }

  #captureStreams(): void {
    for (const name of ["stdout", "stderr"] as const) {
      const decoder = new TextDecoder();
      process[name].write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
        this.#outputs?.stream(name, typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true }));
        const written = rest.find((argument) => typeof argument === "function");
        if (written !== undefined) process.nextTick(written as () => void);
        return true;
      }) as typeof process.stdout.write;
    }
  }
}

/** Scripts of cells are named by this and the cell's count. */
export const SCHEME = "tslake-cell:";
const SCRIPT = /^tslake-cell:(\d+)$/;

/** A converter after which a cell that was interrupted meanwhile does not start. */
function heeding(interrupts: Interrupts, converter: Converter): Converter {
  const convert: Converter["convert"] = (...cell) => {
    const conversion = converter.convert(...cell);
    if (interrupts.isPending) throw new Interruption();
    return conversion;
  };
  return { ...converter, convert };
}

function progressLine(line: string): MimeBundle {
  return { "text/plain": line, "text/html": `<div style="opacity: 0.75">${escapeText(line)}</div>` };
}

function isReference(value: unknown): boolean {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}
