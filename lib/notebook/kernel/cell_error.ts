import { describeError, isTslakeError } from "../../errors.js";
import { lineAt } from "../cell.js";
import { describeFailure } from "../failure.js";
import { framesOf } from "../stack.js";
import type { Diagnostic } from "./tslab.js";

/** A failed cell, as Jupyter's `error` message tells it: name, message and where, each once. */
export interface CellError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** What a cell has thrown; `count` is the cell's. */
export function thrownError(thrown: unknown, count: number, source: string): CellError {
  if (isInterrupt(thrown)) return interruption();
  const { name, message, stack } = describeFailure(thrown);
  const frame = framesOf(thrown).find(({ cell }) => cell === count);
  const text = isTslakeError(thrown) || thrown instanceof Error ? describeError(thrown) : message;
  const quoted = frame === undefined ? [] : [`at line ${frame.line}: ${lineAt(source, frame.line).trim()}`];
  return { ename: name, evalue: message, traceback: [`${name}: ${text}`, ...quoted, ...stack] };
}

/** What the compiler has found in a cell, or in a file beside the notebook that it imports. */
export function compileError(diagnostics: readonly Diagnostic[], source: string): CellError {
  const lines = diagnostics.flatMap(({ start, end, messageText, code, fileName }, index) => {
    const before = diagnostics[index - 1];
    const goesOn = before !== undefined && before.fileName === fileName && before.start.line === start.line;
    if (goesOn && before.start.character === start.character) return [`  ${messageText}`];
    const place = `${fileName === undefined ? "" : `${fileName} `}line ${start.line + 1}, column ${start.character + 1}`;
    const head = `${NAME} at ${place}: TS${code}: ${messageText}`;
    if (fileName !== undefined) return [head];
    const length = end.line === start.line ? Math.max(end.character - start.character, 1) : 1;
    return [head, `    ${lineAt(source, start.line + 1)}`, `    ${" ".repeat(start.character)}${"~".repeat(length)}`];
  });
  const [first] = diagnostics;
  return { ename: NAME, evalue: first === undefined ? "" : `TS${first.code}: ${first.messageText}`, traceback: lines };
}

export function interruption(): CellError {
  const message = "the cell was interrupted";
  return { ename: INTERRUPTED, evalue: message, traceback: [`${INTERRUPTED}: ${message}`] };
}

const NAME = "TypeScriptError";
const INTERRUPTED = "Interrupted";

/** Thrown in place of running a cell that was interrupted before it could start. */
export class Interruption extends Error {}

/** What Node throws out of a script on an interrupt is one as well. */
export function isInterrupt(thrown: unknown): boolean {
  if (thrown instanceof Interruption) return true;
  return thrown instanceof Error && "code" in thrown && thrown.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED";
}
