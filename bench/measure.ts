import fs from "node:fs";

/** What a task hands back: the result's checksum is computed after the clocks have stopped. */
export interface TaskResult {
  /** Of the operation; undefined when the whole process counts, from its start by the kernel. */
  readonly lap: Lap | undefined;
  /** Of the process that did the work, where it was another one. */
  readonly childPeakMb?: number;
  readonly checksum: () => Promise<string>;
}

/** Time that an operation took. */
export interface Lap {
  readonly seconds: number;
  /** Of all threads, and of child processes that have ended. */
  readonly cpuSeconds: number;
}

/** One run of a task, as a line of JSON. */
export interface Measurement {
  readonly engine: string;
  readonly task: string;
  readonly seconds: number;
  readonly cpu_seconds: number;
  readonly process_seconds: number;
  readonly process_cpu_seconds: number;
  readonly peak_rss_mb: number;
  readonly result_checksum: string;
}

/** Starts a clock; its function stops it. */
export function clock(): () => Lap {
  const [start, cpuStart] = [performance.now(), cpuSeconds()];
  return () => ({ seconds: (performance.now() - start) / 1000, cpuSeconds: cpuSeconds() - cpuStart });
}

/** Runs a task in this process and measures it. */
export async function measure(engine: string, task: string, run: () => Promise<TaskResult>): Promise<Measurement> {
  const { lap, checksum, childPeakMb } = await run();
  const [age, cpu, peak] = [processAge(), cpuSeconds(), childPeakMb ?? peakRssMb()];
  return {
    engine,
    task,
    seconds: rounded(lap?.seconds ?? age, 4),
    cpu_seconds: rounded(lap?.cpuSeconds ?? cpu, 3),
    process_seconds: rounded(age, 3),
    process_cpu_seconds: rounded(cpu, 2),
    peak_rss_mb: Math.round(peak),
    result_checksum: await checksum(),
  };
}

/** The middle value; the mean of the two in the middle of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}

/** Follows the peak memory of processes while they live, from the first look on. */
export class PeakWatch {
  readonly #timer: NodeJS.Timeout;
  readonly #peaks = new Map<number, number>();

  constructor(intervalMillis = 10) {
    this.#timer = setInterval(() => this.#look(), intervalMillis);
  }

  /** The greatest peak of any process below this one, in MB (2^20 bytes). */
  stop(): number {
    this.#look();
    clearInterval(this.#timer);
    return Math.max(0, ...this.#peaks.values());
  }

  #look(): void {
    for (const pid of descendants(process.pid)) {
      this.#peaks.set(pid, Math.max(this.#peaks.get(pid) ?? 0, highWaterMb(pid)));
    }
  }
}

/** Seconds since the kernel started this process. */
function processAge(): number {
  const start = Number(statFields("self")[19]) / TICKS;
  const uptime = Number(readProc("/proc/uptime").split(" ")[0]);
  return Number.isNaN(start) ? process.uptime() : uptime - start;
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  const [children = 0, childrenSystem = 0] = statFields("self").slice(13, 15).map(Number);
  return (user + system) / 1e6 + (children + childrenSystem) / TICKS;
}

function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

const TICKS = 100;

/** Fields of /proc/<pid>/stat from the third on (`state`); none where there is no such file. */
function statFields(pid: number | "self"): readonly string[] {
  const text = readProc(`/proc/${pid}/stat`);
  return text === "" ? [] : text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function descendants(pid: number): readonly number[] {
  const tasks = listProc(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => readProc(`/proc/${pid}/task/${task}/children`).trim().split(" "));
  return children
    .filter((child) => child !== "")
    .map(Number)
    .flatMap((child) => [child, ...descendants(child)]);
}

function highWaterMb(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readProc(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function readProc(path: string): string {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

function listProc(path: string): readonly string[] {
  try {
    return fs.readdirSync(path);
  } catch {
    return [];
  }
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}
