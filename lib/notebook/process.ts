import { readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { setImmediate } from "node:timers/promises";
import { Script } from "node:vm";
import { stopwatch } from "../clock.js";
import { displayLast, listenToDisplays } from "../display.js";
import { listen } from "../run.js";
import { EVENTS_FD, type Job, type ProcessEvent, STALLED_STATUS } from "./events.js";
import { describeFailure } from "./failure.js";
import { framesOf, mapStacks } from "./stack.js";
import { captureStreams } from "./streams.js";
import { interop, tslabModule } from "./tslab_module.js";

/**
 * The program of a notebook's process: runs the compiled cells that arrive on standard input and reports on the event
 * channel. Ends with status 0 after the last cell, whatever timers or handles are still open, as a kernel is shut down.
 */
export async function runCells(): Promise<void> {
  const job = JSON.parse(readFileSync(0, "utf8")) as Job;
  let finished = false;
  const finish = (status: number, ...last: readonly ProcessEvent[]): never => {
    finished = true;
    for (const event of last) send(event);
    process.exit(status);
  };
  const fail = (thrown: unknown): never => {
    const failure = describeFailure(thrown);
    return finish(1, { type: "failure", failure, frames: framesOf(thrown) });
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  process.on("beforeExit", () => finish(STALLED_STATUS, { type: "stalled" }));
  process.on("exit", (status) => {
    if (!finished) send({ type: "exit", status });
  });
  endWithRunner();
  captureStreams((name, text) => send({ type: "stream", name, text }));
  listenToDisplays((data) => send({ type: "display", data }), "run");
  listen((metrics) => send({ type: "metrics", metrics }));
  mapStacks(job);

  const scope = new Scope(job.path);
  const functions = load(job)(scope, scope.cells, scope.require);
  for (const [index, cell] of functions.entries()) {
    const elapsed = stopwatch();
    send({ type: "cell", index });
    try {
      scope.last = undefined;
      const pending = cell();
      if (pending !== undefined) await pending;
      await displayLast(scope.last);
    } catch (error) {
      fail(error);
    }
    // What the cell left for the next turn (microtasks, rejections) still belongs to it.
    await setImmediate();
    send({ type: "cellEnd", index, millis: elapsed() });
  }
  finish(0, { type: "done" });
}

type CellFunction = () => Promise<void> | undefined;

/** What compiled cells call: see `CompiledNotebook`. */
class Scope {
  /** What cells share with later cells. */
  readonly cells: object = {};
  last: unknown;
  readonly interop = interop;
  readonly require: NodeJS.Require;

  constructor(path: string) {
    const require = createRequire(path);
    const tslab = tslabModule((data, id, update) => send({ type: "display", data, id, update }));
    this.require = Object.assign((name: string) => (name === "tslab" ? tslab : require(name)), require);
  }

  at(line: number): void {
    send({ type: "line", line });
  }

  import(specifier: unknown): Promise<unknown> {
    return Promise.resolve(`${specifier}`).then((name) => interop(this.require(name)));
  }

  /** As in tslab, an assignment in a later cell is not seen by the functions of the declaring cell. */
  share(name: string, mutable: boolean, get: () => unknown): void {
    const set = (value: unknown) => {
      if (!mutable) throw new TypeError("Assignment to constant variable.");
      Object.defineProperty(this.cells, name, { value, writable: true, configurable: true });
    };
    Object.defineProperty(this.cells, name, { get, set, configurable: true });
  }
}

function load(job: Job): (scope: Scope, cells: object, require: NodeJS.Require) => CellFunction[] {
  return new Script(job.code, { filename: job.path }).runInThisContext();
}

function send(event: ProcessEvent): void {
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset += writeSync(EVENTS_FD, bytes, offset);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") end();
    }
  }
}

/** A runner that was killed cannot end this process: notice that another process has become its parent. */
function endWithRunner(): void {
  const runner = process.ppid;
  setInterval(() => {
    if (process.ppid !== runner) end();
  }, 500).unref();
}

function end(): void {
  process.kill(process.pid, "SIGKILL");
}
