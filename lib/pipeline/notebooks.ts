import type { StepMetrics } from "../run.js";

/** A value that a notebook takes as a parameter. */
export type ParameterValue = string | number | boolean | null;

/** What a notebook is made of, as far as the pipeline asks. */
export interface NotebookOutline {
  /** Sources of the code cells, in order. */
  readonly code: readonly string[];
  /** Names of the declared parameters. */
  readonly parameters: readonly string[];
}

/** One execution of a notebook. */
export interface NotebookJob {
  /** Absolute path. */
  readonly notebook: string;
  /** Where the executed notebook is saved, also when a cell fails. */
  readonly output: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Added to this process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Milliseconds after which a notebook that still runs is ended. */
  readonly timeLimit: number;
  /** MB (2^20 bytes) of memory above which its process is ended; undefined for no limit. */
  readonly memoryLimit: number | undefined;
  /** Ends the notebook's process. */
  readonly signal: AbortSignal;
  /** Hears what the cells report, also those of a notebook that fails later. */
  readonly onMetrics?: (metrics: StepMetrics) => void;
}

/** Runs notebooks: processes of their own in the workspace, whatever a test likes elsewhere. */
export interface Notebooks {
  /** @throws NotebookError when the file is no notebook */
  outline(path: string): Promise<NotebookOutline>;
  /** Type errors in the cells of all notebooks, each with notebook, cell and line; empty when there are none. */
  check(): Promise<readonly string[]>;
  /**
   * Answers what the cells reported when every one has run.
   * @throws NotebookError with notebook, cell and line otherwise
   */
  run(job: NotebookJob): Promise<StepMetrics>;
  /** Waits for what is done with executed notebooks after they have run: the pictures of their charts. */
  settled(): Promise<void>;
}
