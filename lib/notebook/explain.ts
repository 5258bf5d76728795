import { basename } from "node:path";
import { describeError, NotebookError } from "../errors.js";
import { lineAt } from "./cell.js";
import type { ChildEnd } from "./child.js";
import type { ErrorOutput } from "./document.js";
import { isTransient, reviveFailure } from "./failure.js";
import type { Recording } from "./recording.js";

/** The bounds that a run was given. */
export interface Limits {
  readonly timeoutMs?: number | undefined;
  readonly maxMemoryMb?: number | undefined;
}

/** The error with which a run ended; undefined when every cell has run to its end. */
export function explainEnd(run: Recording, end: ChildEnd, limits: Limits): NotebookError | undefined {
  if (run.done) return undefined;
  const { what, remedy, actual } = explain(run, end, limits);
  const name = basename(run.path);
  const cause = run.thrown && reviveFailure(run.thrown.failure);
  if (run.cell === undefined) {
    const text = run.stderr.trim();
    return new NotebookError(`${name}: its process ${what} before the first cell`, {
      where: { notebook: run.path },
      actual: text === "" ? actual : text,
      remedy,
      cause,
    });
  }
  const { line, column } = run.place;
  const source = cut(lineAt(run.cell.source, line).trim());
  return new NotebookError(`${name}: cell ${run.cell.number} ${what} at line ${line}: ${source}`, {
    where: { notebook: run.path, cell: run.cell.number, line, ...(column === undefined ? {} : { column }) },
    actual,
    remedy,
    cause,
    transient: run.thrown !== undefined && isTransient(run.thrown.failure),
  });
}

/** An error as an output of the cell that it stopped. */
export function errorOutput(error: NotebookError): ErrorOutput {
  const { cause } = error;
  const shown = cause instanceof Error ? cause : error;
  const stack = cause instanceof Error ? (cause.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  return {
    output_type: "error",
    ename: shown.name,
    evalue: shown.message,
    traceback: [...describeError(error).split("\n"), ...stack],
  };
}

/** Characters of a source line that a message quotes. */
const QUOTED = 120;

function cut(text: string): string {
  return text.length > QUOTED ? `${text.slice(0, QUOTED - 1)}…` : text;
}

interface Explanation {
  /** What the cell or the process did, as a verb phrase. */
  readonly what: string;
  readonly actual?: string | undefined;
  readonly remedy?: string | undefined;
}

function explain(run: Recording, end: ChildEnd, limits: Limits): Explanation {
  if (run.thrown !== undefined) return { what: "failed" };
  if (run.stalled) {
    return {
      what: "awaits something that never happens",
      remedy: "Look for a promise that nothing resolves: no timer, file or connection is left to wait for.",
    };
  }
  if (run.exitStatus !== undefined) {
    return {
      what: `ended its process (status ${run.exitStatus})`,
      remedy: "Throw an error instead of calling process.exit.",
    };
  }
  switch (end.stopped) {
    case "abort":
      return { what: "was interrupted" };
    case "time":
      return {
        what: `did not finish within ${(limits.timeoutMs ?? 0) / 1000} s`,
        remedy: "Raise the time limit or look for what hangs.",
      };
    case "memory":
      return { what: `used more than ${limits.maxMemoryMb} MB of memory`, remedy: MEMORY_REMEDY };
    case "output":
      return { what: "wrote more to the standard streams than a notebook can hold", remedy: "Print less." };
    case undefined:
      return explainDeath(run, end);
  }
}

const MEMORY_REMEDY = "Raise the memory limit or take the data in smaller parts.";

function explainDeath({ stderr }: Recording, { status, signal }: ChildEnd): Explanation {
  if (stderr.includes("JavaScript heap out of memory")) {
    return { what: "ran out of memory", actual: "the JavaScript heap reached its limit", remedy: MEMORY_REMEDY };
  }
  if (signal === "SIGKILL") {
    return { what: "was killed", actual: "SIGKILL from outside, as when the system runs out of memory" };
  }
  const actual = stderr.trim().split("\n").at(-1);
  return {
    what: signal === null ? `died (status ${status})` : `crashed (${signal})`,
    actual: actual === "" ? undefined : actual,
  };
}
