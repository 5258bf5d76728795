import type { Writable } from "node:stream";
import { stopwatch } from "../clock.js";
import type { RunObserver } from "../pipeline/observer.js";
import { formatHeading, formatOutcome, type Paint } from "./run_report.js";

/** A view of a run that has to be closed at its end. */
export interface RunView extends RunObserver {
  close(): void;
}

/** One line per step, when it has ended: for logs and pipes. */
export function plainView(output: Writable, paint: Paint): RunView {
  const print = (line: string): void => {
    output.write(`${line}\n`);
  };
  return {
    runStarts: ({ runId, days, samplesCopied, warnings }) => {
      const range = days.from === undefined ? days.day : `${days.from} to ${days.day}`;
      print(`run ${runId}, day ${range}`);
      if (samplesCopied > 0) print(`no lake yet: ${samplesCopied} sample files copied to the landing zone`);
      for (const warning of warnings) print(`${paint.warn("!")} ${warning}`);
      print(formatHeading(paint));
    },
    stepRetries: (step, attempt, error, wait) =>
      print(`  ${step}: attempt ${attempt} failed (${messageOf(error)}), next in ${(wait / 1000).toFixed(1)} s`),
    stepEnds: (outcome) => print(formatOutcome(outcome, paint)),
    close: () => undefined,
  };
}

const FRAME_MILLIS = 120;
const SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

/** As `plainView`, and below the lines the steps that run now, rewritten in place: for terminals. */
export function liveView(output: Writable & { readonly columns?: number }, paint: Paint): RunView {
  const running = new Map<string, () => number>();
  let drawn = 0;
  let frame = 0;
  const erase = (): void => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  const draw = (): void => {
    const width = (output.columns ?? 80) - 1;
    for (const [step, elapsed] of running) {
      const line = `${SPINNER[frame % SPINNER.length] ?? ""} ${step.padEnd(28)}${(elapsed() / 1000).toFixed(1)} s`;
      output.write(`${paint.faint(line.slice(0, width))}\n`);
      drawn++;
    }
  };
  const above = (print: () => void): void => {
    erase();
    print();
    draw();
  };
  const lines = plainView(output, paint);
  const timer = setInterval(() => {
    frame++;
    above(() => undefined);
  }, FRAME_MILLIS);
  timer.unref();
  return {
    runStarts: (start) => above(() => lines.runStarts?.(start)),
    stepStarts: (step) => above(() => running.set(step, stopwatch())),
    stepRetries: (...retry) => above(() => lines.stepRetries?.(...retry)),
    stepEnds: (outcome) =>
      above(() => {
        running.delete(outcome.step);
        lines.stepEnds?.(outcome);
      }),
    close: () => {
      clearInterval(timer);
      erase();
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
