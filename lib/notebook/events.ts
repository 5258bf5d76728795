import type { StepMetrics } from "../run.js";
import type { CompiledNotebook } from "./compile.js";
import type { MimeBundle } from "./document.js";
import type { Failure } from "./failure.js";

/** What the runner sends to a notebook's process on its standard input, as JSON. */
export type Job = Pick<CompiledNotebook, "path" | "code" | "maps"> & {
  readonly cells: readonly { readonly number: number }[];
};

/**
 * What a notebook's process tells the runner: one JSON object a line on file descriptor 3, written synchronously so that
 * nothing is lost when the process dies. `index` counts the compiled cells from 0.
 */
export type ProcessEvent =
  | { readonly type: "cell"; readonly index: number }
  /** A top-level statement of the running cell begins. */
  | { readonly type: "line"; readonly line: number }
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  /** With `update`, the earlier output of the same `id` is replaced. */
  | { readonly type: "display"; readonly data: MimeBundle; readonly id?: string; readonly update?: boolean }
  | { readonly type: "metrics"; readonly metrics: StepMetrics }
  | { readonly type: "cellEnd"; readonly index: number; readonly millis: number }
  | { readonly type: "failure"; readonly failure: Failure; readonly frames: readonly Frame[] }
  /** Nothing is left to wait for, but a cell still awaits. */
  | { readonly type: "stalled" }
  /** The process ends by itself before the last cell has. */
  | { readonly type: "exit"; readonly status: number }
  | { readonly type: "done" };

/** A stack frame inside a cell; `cell` is an index, line and column count from 1. */
export interface Frame {
  readonly cell: number;
  readonly line: number;
  readonly column: number;
}

/** What happens while a notebook runs; `cell` is the position among all cells of the notebook, from 1. */
export type RunEvent =
  | { readonly type: "cell"; readonly cell: number }
  | { readonly type: "line"; readonly cell: number; readonly line: number }
  | { readonly type: "stream"; readonly cell: number; readonly name: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "display"; readonly cell: number; readonly data: MimeBundle }
  | { readonly type: "metrics"; readonly metrics: StepMetrics };

/** The file descriptor of the events. */
export const EVENTS_FD = 3;

/** The exit status of a process in which nothing is left to wait for but a cell still awaits, as Node's own. */
export const STALLED_STATUS = 13;
