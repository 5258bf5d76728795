import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Measurement } from "./measure.js";
import { median } from "./measure.js";
import { TASKS, type Task } from "./tasks.js";

export interface Comparison {
  readonly root: string;
  readonly workdir: string;
  readonly scale: number;
  readonly rounds: number;
}

type Engine = "tslake" | "nodejs-polars";

/**
 * Runs every task and what it is compared with in turn, each in a fresh process, and prints a table of the best times. The
 * status is 1 when two results that must be equal are not; times are for people to judge.
 */
export async function compare(comparison: Comparison): Promise<number> {
  const { root, workdir, scale, rounds } = comparison;
  process.stderr.write(`data in ${workdir}; made once, at scale ${scale}\n`);
  await node(join(root, "bench", "generate.js"), "--workdir", workdir, "--scale", String(scale));
  const measured = new Map<string, Measurement[]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [engine, task] of runsOf()) {
      const key = `${engine} ${task}`;
      process.stderr.write(`round ${round} of ${rounds}: ${key}\n`);
      measured.set(key, [...(measured.get(key) ?? []), await measureApart(comparison, engine, task)]);
    }
  }
  const rows = Object.entries(TASKS).map(([name, task]) => rowOf(name, task, measured));
  process.stdout.write(`${format([HEADER, ...rows.map(({ cells }) => cells)])}\n`);
  const unequal = rows.filter((row) => !row.equal).map(({ cells }) => cells[0]);
  if (unequal.length > 0) process.stdout.write(`results differ: ${unequal.join(", ")}\n`);
  return unequal.length === 0 ? 0 : 1;
}

const HEADER = ["task", "seconds", "CPU-s", "peak MB", "beside", "seconds", "CPU-s", "ratio", "CPU ratio", "at most"];

/** The runs of a round: what a task is compared with comes right before it. */
function runsOf(): readonly (readonly [Engine, string])[] {
  return Object.entries(TASKS).flatMap(([name, { beside }]): (readonly [Engine, string])[] =>
    beside?.engine === "nodejs-polars"
      ? [
          ["nodejs-polars", beside.task],
          ["tslake", name],
        ]
      : [["tslake", name]],
  );
}

async function measureApart({ root, workdir }: Comparison, engine: Engine, task: string): Promise<Measurement> {
  const program = join(root, "bench", engine === "tslake" ? "main.js" : "raw.js");
  return JSON.parse(await node(program, task, "--workdir", workdir)) as Measurement;
}

async function node(program: string, ...argv: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...argv]);
  return stdout;
}

interface Row {
  readonly cells: readonly string[];
  readonly equal: boolean;
}

function rowOf(name: string, task: Task, measured: ReadonlyMap<string, readonly Measurement[]>): Row {
  const own = best(measured.get(`tslake ${name}`));
  const { beside, atMostSeconds, atMostMb } = task;
  const other = beside && best(measured.get(`${beside.engine} ${beside.task}`));
  const limits = [
    ...(beside ? [`${beside.atMost}x`] : []),
    ...(atMostSeconds === undefined ? [] : [`${atMostSeconds} s`]),
    ...(atMostMb === undefined ? [] : [`${atMostMb} MB`]),
  ];
  const cells = [
    name,
    seconds(own.seconds),
    seconds(own.cpu),
    String(own.peakMb),
    beside ? (beside.engine === "tslake" ? beside.task : beside.engine) : "",
    other ? seconds(other.seconds) : "",
    other ? seconds(other.cpu) : "",
    other ? `${(own.seconds / other.seconds).toFixed(2)}x` : "",
    other ? `${(own.cpu / other.cpu).toFixed(2)}x` : "",
    limits.join(", "),
  ];
  const comparable = other !== undefined && !name.startsWith("daily");
  return { cells, equal: !comparable || own.checksum === other.checksum };
}

interface Best {
  readonly seconds: number;
  readonly cpu: number;
  readonly peakMb: number;
  readonly checksum: string;
}

/** The shortest time: other work on the machine only ever adds to it. */
function best(measurements: readonly Measurement[] = []): Best {
  return {
    seconds: Math.min(...measurements.map((one) => one.seconds)),
    cpu: median(measurements.map((one) => one.cpu_seconds)),
    peakMb: Math.max(...measurements.map((one) => one.peak_rss_mb)),
    checksum: [...new Set(measurements.map((one) => one.result_checksum))].join(" "),
  };
}

function seconds(value: number): string {
  return value.toFixed(value < 10 ? 2 : 1);
}

function format(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0))) ?? [];
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 || i === 4 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}
