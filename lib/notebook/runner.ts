import { dirname, resolve } from "node:path";
import { stopwatch } from "../clock.js";
import type { StepMetrics } from "../run.js";
import { type ChildEnd, runChild } from "./child.js";
import { compileNotebook } from "./compile.js";
import { clearOutputs, type Notebook, RUN_METADATA, readNotebook, writeNotebook } from "./document.js";
import { awaitsPicture, withPictures } from "./drawing.js";
import type { RunEvent } from "./events.js";
import { errorOutput, explainEnd } from "./explain.js";
import { injectParameters, type ParameterValues } from "./parameters.js";
import { Recording } from "./recording.js";

/** A headless run of a notebook. */
export interface RunSpec {
  readonly path: string;
  /** Where the executed notebook is saved, also when a cell fails. */
  readonly output: string;
  readonly parameters?: ParameterValues | undefined;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** For the whole notebook; without it a notebook may run for ever. */
  readonly timeoutMs?: number | undefined;
  /** For the JavaScript heap; on Linux also for all resident memory. */
  readonly maxMemoryMb?: number | undefined;
  /** Ends the run at once. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
}

export interface NotebookRun {
  /** The executed notebook, as saved. */
  readonly notebook: Notebook;
  /** What the cells reported; numbers of the same name are added up. */
  readonly metrics: StepMetrics;
  readonly millis: number;
  /** The notebook with the pictures of its charts, when it has been saved with them. */
  readonly drawn: Promise<Notebook>;
}

/**
 * Runs a notebook in a process of its own, working directory the notebook's folder. The run ends with the last cell,
 * whatever the cells left open; nothing that they started is left running.
 *
 * @throws UsageError for a parameter that the notebook does not take, StorageError when the output cannot be written (found
 * before anything runs), and NotebookError with notebook, cell, line and source line for everything that stops a cell: what it
 * threw (as `cause`), a syntax error, the end or crash of its process, a limit, `signal`.
 */
export async function runNotebook(spec: RunSpec): Promise<NotebookRun> {
  const elapsed = stopwatch();
  const path = resolve(spec.path);
  const source = await readNotebook(path);
  const notebook = clearOutputs(injectParameters(source, spec.parameters ?? {}, path));
  const compiled = compileNotebook(notebook, path);
  await writeNotebook(spec.output, notebook);

  const recording = new Recording(compiled, spec.onEvent);
  const end: ChildEnd = spec.signal?.aborted
    ? { status: null, signal: null, stopped: "abort" }
    : await runChild({
        job: compiled,
        cwd: dirname(path),
        env: spec.env ?? {},
        timeoutMs: spec.timeoutMs,
        maxMemoryMb: spec.maxMemoryMb,
        signal: spec.signal,
        onEvent: (event) => recording.take(event),
      });
  const failure = explainEnd(recording, end, spec);
  if (failure !== undefined) recording.stop(errorOutput(failure));
  const millis = elapsed();
  const record = {
    status: failure === undefined ? "completed" : "failed",
    duration: millis / 1000,
    parameters: spec.parameters ?? {},
  };
  const executed: Notebook = {
    ...notebook,
    metadata: { ...notebook.metadata, [RUN_METADATA]: record },
    cells: notebook.cells.map((cell) => (cell.cell_type === "code" ? recording.executed(cell) : cell)),
  };
  await writeNotebook(spec.output, executed).catch((error: unknown) => {
    throw failure ?? error;
  });
  const drawn = savePictures(spec.output, executed);
  if (failure !== undefined) throw failure;
  return { notebook: executed, metrics: recording.metrics, millis, drawn };
}

/** Waits until the charts of all notebooks that this process has run are drawn and saved. */
export async function chartsDrawn(): Promise<void> {
  while (drawings.size > 0) await Promise.all(drawings.values());
}

/** By the place where the notebook is saved: a later run of it is not written over. */
const drawings = new Map<string, Promise<Notebook>>();

function savePictures(output: string, executed: Notebook): Promise<Notebook> {
  const awaiting = executed.cells.some((cell) => cell.cell_type === "code" && cell.outputs.some(awaitsPicture));
  if (!awaiting) {
    drawings.delete(output);
    return Promise.resolve(executed);
  }
  const drawn = withPictures(executed).then(async (notebook) => {
    if (drawings.get(output) !== drawn) return notebook;
    // The notebook stands there without pictures when it cannot be written again.
    await writeNotebook(output, notebook).catch(() => undefined);
    drawings.delete(output);
    return notebook;
  });
  drawings.set(output, drawn);
  return drawn;
}
