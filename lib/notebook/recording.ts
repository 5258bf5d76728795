import { PLOTLY_TYPE } from "../chart/figure.js";
import type { StepMetrics } from "../run.js";
import type { CompiledCell, CompiledNotebook } from "./compile.js";
import { type CodeCell, type ErrorOutput, RUN_METADATA } from "./document.js";
import { expectChart } from "./drawing.js";
import type { Frame, ProcessEvent, RunEvent } from "./events.js";
import type { Failure } from "./failure.js";
import { OutputLog } from "./outputs.js";

/** Characters of the last text on stderr that are kept to explain a crash. */
const STDERR_KEPT = 4000;

/** Characters that the cells of one notebook may write to the standard streams, together. */
const MAX_OUTPUT = 32 * 1024 * 1024;

/** What is known of a run from the events of its process. */
export class Recording {
  /** The cell that runs, or the last one that did; undefined before the first. */
  cell: CompiledCell | undefined;
  /** The line in that cell of the top-level statement that runs. */
  line = 1;
  thrown: { readonly failure: Failure; readonly frames: readonly Frame[] } | undefined;
  stalled = false;
  /** The status with which the process ended itself before the last cell had. */
  exitStatus: number | undefined;
  done = false;
  stderr = "";
  readonly metrics: Record<string, number | string> = {};
  readonly path: string;
  private readonly cells: readonly CompiledCell[];
  private readonly onEvent: (event: RunEvent) => void;
  private readonly outputs = new OutputLog();
  private readonly durations = new Map<number, number>();
  private index = -1;
  private printed = 0;

  constructor(compiled: CompiledNotebook, onEvent: ((event: RunEvent) => void) | undefined) {
    this.path = compiled.path;
    this.cells = compiled.cells;
    this.onEvent = onEvent ?? (() => undefined);
  }

  /** Notes an event; answers "output" when the run prints more than a notebook can hold. */
  take(event: ProcessEvent): "output" | undefined {
    this.note(event);
    return this.printed > MAX_OUTPUT ? "output" : undefined;
  }

  /** Where the running cell failed: the innermost frame in the statement that runs, or its first line. */
  get place(): { readonly line: number; readonly column?: number } {
    const frame = this.thrown?.frames.find(({ cell, line }) => cell === this.index && line >= this.line);
    return frame === undefined ? { line: this.line } : { line: frame.line, column: frame.column };
  }

  /** Notes what stopped the run among the outputs of the cell that it stopped. */
  stop(error: ErrorOutput): void {
    this.outputs.error(Math.max(this.index, 0), error);
  }

  /** A cell of the notebook as the run left it. */
  executed(cell: CodeCell): CodeCell {
    const index = this.cells.findIndex(({ id }) => id === cell.id);
    if (index === -1 || index > Math.max(this.index, 0)) return cell;
    const millis = this.durations.get(index);
    const record = millis === undefined ? { status: "failed" } : { status: "completed", duration: millis / 1000 };
    return {
      ...cell,
      metadata: { ...cell.metadata, [RUN_METADATA]: record },
      execution_count: this.index === -1 ? null : index + 1,
      outputs: this.outputs.of(index),
    };
  }

  private note(event: ProcessEvent): void {
    const cell = this.cell?.number ?? 0;
    switch (event.type) {
      case "cell":
        this.index = event.index;
        this.cell = this.cells[event.index];
        this.line = 1;
        return this.onEvent({ type: "cell", cell: this.cell?.number ?? 0 });
      case "line":
        this.line = event.line;
        return this.onEvent({ type: "line", cell, line: event.line });
      case "stream":
        if (event.name === "stderr") this.stderr = (this.stderr + event.text).slice(-STDERR_KEPT);
        this.printed += event.text.length;
        this.outputs.stream(this.index, event.name, event.text);
        return this.onEvent({ type: "stream", cell, name: event.name, text: event.text });
      case "display":
        if (PLOTLY_TYPE in event.data) expectChart(event.data[PLOTLY_TYPE]);
        this.outputs.display(this.index, event.data, event.id, event.update ?? false);
        return this.onEvent({ type: "display", cell, data: event.data });
      case "metrics":
        this.add(event.metrics);
        return this.onEvent({ type: "metrics", metrics: event.metrics });
      case "cellEnd":
        this.durations.set(event.index, event.millis);
        return;
      case "failure":
        this.thrown = event;
        return;
      case "stalled":
        this.stalled = true;
        return;
      case "exit":
        this.exitStatus = event.status;
        return;
      case "done":
        this.done = true;
    }
  }

  private add(metrics: StepMetrics): void {
    for (const [name, value] of Object.entries(metrics)) {
      const sum = this.metrics[name];
      this.metrics[name] = typeof value === "number" && typeof sum === "number" ? sum + value : value;
    }
  }
}
