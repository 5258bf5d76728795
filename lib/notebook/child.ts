import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { NotebookError } from "../errors.js";
import type { Job, ProcessEvent } from "./events.js";

/** How a notebook's process is started and bounded. */
export interface ChildSpec {
  readonly job: Job;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number | undefined;
  readonly maxMemoryMb: number | undefined;
  readonly signal: AbortSignal | undefined;
  /** May answer with a reason to end the process. */
  readonly onEvent: (event: ProcessEvent) => StopReason | undefined;
}

/** How a notebook's process ended. */
export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why the runner ended it, if it did. */
  readonly stopped: StopReason | undefined;
}

export type StopReason = "time" | "memory" | "output" | "abort";

/**
 * How glibc, under Polars on Linux, keeps memory; other systems do not look at it, and what a user says counts more. By
 * default it gives large blocks back to the system at once, to get them again as fresh pages one by one, and holds memory
 * apart for eight threads per core: a notebook over millions of rows takes a tenth longer and a third more memory.
 * Source: mallopt(3). In bytes.
 */
const ALLOCATOR: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(2 ** 30),
  MALLOC_TRIM_THRESHOLD_: String(2 ** 31),
  MALLOC_TOP_PAD_: String(2 ** 26),
  MALLOC_ARENA_MAX: String(availableParallelism()),
};

/** Milliseconds between two looks at a process's memory. */
const MEMORY_INTERVAL = 100;

/** Milliseconds that output may still take to arrive after the process has ended. */
const DRAIN_LIMIT = 1000;

/**
 * Runs a notebook's process to its end. Text that reaches the standard streams past JavaScript arrives as `stream` events
 * too. When this returns, the process and all that it started are gone.
 *
 * @throws NotebookError when the process cannot be started.
 */
export async function runChild(spec: ChildSpec): Promise<ChildEnd> {
  let stopped: StopReason | undefined;
  const child = spawnChild(spec, (event) => {
    const reason = spec.onEvent(event);
    if (reason !== undefined) stop(reason);
  });
  const stop = (reason: StopReason) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    stopped ??= reason;
    killTree(child);
  };
  const abort = () => stop("abort");
  spec.signal?.addEventListener("abort", abort);
  const timer = spec.timeoutMs === undefined ? undefined : setTimeout(() => stop("time"), spec.timeoutMs);
  const watch = watchMemory(child, spec.maxMemoryMb, () => stop("memory"));
  try {
    const end = await ended(child);
    return { ...end, stopped };
  } catch (cause) {
    const where = { notebook: spec.job.path };
    throw new NotebookError("the notebook's process cannot be started", { where, cause, transient: true });
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    spec.signal?.removeEventListener("abort", abort);
  }
}

function spawnChild({ job, cwd, env, maxMemoryMb }: ChildSpec, onEvent: (event: ProcessEvent) => void): ChildProcess {
  const program = createRequire(__filename).resolve("tslake-cli/notebook.js");
  const limits = maxMemoryMb === undefined ? [] : [`--max-old-space-size=${maxMemoryMb}`];
  const child = spawn(process.execPath, [...limits, program], {
    cwd,
    env: { ...ALLOCATOR, ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe", "pipe"],
    // A process group of its own: one signal reaches everything that a cell has started.
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  const [stdin, stdout, stderr, events] = child.stdio as unknown as readonly [Writable, Readable, Readable, Readable];
  // A process that dies early is reported by its end, not by the pipe that it leaves.
  stdin.on("error", () => undefined);
  stdin.end(JSON.stringify(job));
  readText(stdout, (text) => onEvent({ type: "stream", name: "stdout", text }));
  readText(stderr, (text) => onEvent({ type: "stream", name: "stderr", text }));
  readLines(events, (line) => {
    const event = parseEvent(line);
    if (event !== undefined) onEvent(event);
  });
  return child;
}

function ended(child: ChildProcess): Promise<Pick<ChildEnd, "status" | "signal">> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => {
      const done = () => {
        clearTimeout(limit);
        resolve({ status, signal });
      };
      // A process that outlives its parent may keep the pipes open for ever.
      killTree(child);
      const limit = setTimeout(done, DRAIN_LIMIT);
      child.once("close", done);
    });
  });
}

function readText(stream: Readable, take: (text: string) => void): void {
  const decoder = new StringDecoder("utf8");
  stream.on("data", (chunk: Buffer) => {
    const text = decoder.write(chunk);
    if (text !== "") take(text);
  });
}

function readLines(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  stream.on("data", (chunk: Buffer) => {
    const [first = "", ...rest] = decoder.write(chunk).split("\n");
    pieces.push(first);
    for (const next of rest) {
      take(pieces.join(""));
      pieces = [next];
    }
  });
}

/** Undefined for a line that a cell itself has written to the channel. */
function parseEvent(line: string): ProcessEvent | undefined {
  try {
    return JSON.parse(line) as ProcessEvent;
  } catch {
    return undefined;
  }
}

/** Ends a process and everything that it has started. */
function killTree({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  if (process.platform === "win32") {
    spawnSync("taskkill", ["/pid", String(pid), "/T", "/F"], { windowsHide: true });
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // The group is empty: nothing is left to end.
  }
}

/** Native memory has no limit of its own: where the system shows a process's resident memory, it is watched. */
function watchMemory(
  child: ChildProcess,
  maxMemoryMb: number | undefined,
  exceeded: () => void,
): NodeJS.Timeout | undefined {
  if (maxMemoryMb === undefined || process.platform !== "linux") return undefined;
  return setInterval(() => {
    if (residentMb(child.pid) > maxMemoryMb) exceeded();
  }, MEMORY_INTERVAL);
}

function residentMb(pid: number | undefined): number {
  try {
    const kilobytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(kilobytes ?? 0) / 1024;
  } catch {
    return 0;
  }
}
