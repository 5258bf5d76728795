import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { readFooter } from "../lib/engine/polars/footer.js";
import { field } from "../lib/types.js";
import { daily } from "./daily.js";
import { mergeRows, write10m } from "./delta_dml.js";
import { append1k, pointRead, prepareLog, prepareSorted, snapshot100k, timeTravel } from "./delta_log.js";
import { gvm } from "./gvm.js";
import { buildGvm, gvmBitemporal, gvmDay } from "./gvm_history.js";
import { prepareHistory } from "./history.js";
import type { TaskResult } from "./measure.js";
import { sales } from "./sales.js";
import { spawn } from "./spawn.js";
import { bulkLoad, prepareStar, starDaily, starDuckdb } from "./star.js";
import { copyPostgres, starPostgres, starPostgresDaily } from "./star_postgres.js";

/** Where a task works. */
export interface Place {
  /** The workspace. */
  readonly root: string;
  /** Holds the data, in `data`, and what is made of them once. */
  readonly workdir: string;
  /** This task's own folder, removed afterwards. */
  readonly work: string;
}

/** One thing to measure. */
export interface Task {
  readonly description: string;
  /** Makes what the task finds ready, once for all runs; called in a process of its own. */
  prepare?(place: Place): Promise<void>;
  run(place: Place): Promise<TaskResult>;
  /** What its time is compared with, and how many times that it may take. */
  readonly beside?: { readonly engine: "nodejs-polars" | "tslake"; readonly task: string; readonly atMost: number };
  readonly atMostSeconds?: number;
  readonly atMostMb?: number;
}

export const TASKS: Readonly<Record<string, Task>> = {
  startup_sample: {
    description: "102 sales in CSV files to silver and gold, from the start of the process",
    run: async ({ workdir, work }) => ({ ...(await sales(join(workdir, "data", "sales_seed"), work)), lap: undefined }),
    beside: { engine: "nodejs-polars", task: "startup_sample", atMost: 1.5 },
  },
  sales: {
    description: "5 M sales in CSV files to silver and gold",
    run: ({ workdir, work }) => sales(join(workdir, "data", "sales"), work),
    beside: { engine: "nodejs-polars", task: "sales", atMost: 1.3 },
    atMostMb: 2048,
  },
  gvm: {
    description: "the last known state of 5 M purchases, aggregated",
    run: ({ workdir, work }) => gvm(join(workdir, "data", "events"), work),
    beside: { engine: "nodejs-polars", task: "gvm", atMost: 0.7 },
  },
  gvm_day: {
    description: "the state of gold.gvm known on one day, 5 M purchases",
    prepare: (place) => prepareTimes(place, 1),
    run: async (place) => gvmDay(place.root, await historyOf(place, 1)),
  },
  gvm_bitemporal: {
    description: "every state of gold.gvm that was ever known, 5 M purchases",
    prepare: (place) => prepareTimes(place, 1),
    run: async (place) => gvmBitemporal(place.root, await historyOf(place, 1)),
    beside: { engine: "tslake", task: "gvm_day", atMost: 2 },
    atMostMb: 1536,
  },
  daily_small: {
    description: "10,000 new events on 1 M purchases: three silver histories and gold",
    prepare: (place) => prepareGvm(place, 0.2),
    run: (place) => dailyOn(place, 0.2),
  },
  daily: {
    description: "the same on 10 M purchases",
    prepare: (place) => prepareGvm(place, 2),
    run: (place) => dailyOn(place, 2),
    beside: { engine: "tslake", task: "daily_small", atMost: 3 },
    atMostSeconds: 2.5,
  },
  snapshot100k: {
    description: "the files of 1% of the keys, of a table of 100,000 files and 100 commits",
    prepare: ({ workdir }) => prepareLog(workdir),
    run: ({ workdir }) => snapshot100k(workdir),
    atMostSeconds: 0.3,
    atMostMb: 200,
  },
  append1k: {
    description: "1,000 commits of 100 rows",
    run: ({ workdir, work }) => append1k(workdir, work),
    atMostSeconds: 6.5,
  },
  point_read: {
    description: "one row of 10 M, sorted by the key",
    prepare: ({ workdir }) => prepareSorted(workdir),
    run: ({ workdir }) => pointRead(workdir),
    atMostSeconds: 0.11,
  },
  time_travel: {
    description: "the rows of the version before the newest",
    prepare: ({ workdir }) => prepareSorted(workdir),
    run: ({ workdir }) => timeTravel(workdir),
    atMostSeconds: 0.018,
  },
  write10m: {
    description: "10 M rows of Parquet files, written as a table",
    run: ({ workdir, work }) => write10m(workdir, work),
    beside: { engine: "nodejs-polars", task: "write10m", atMost: 1.15 },
  },
  merge1m: {
    description: "1 M scattered rows merged into 10 M by their key",
    prepare: ({ workdir }) => prepareSorted(workdir),
    run: ({ workdir, work }) => mergeRows(workdir, work, "updates1m.parquet"),
    beside: { engine: "nodejs-polars", task: "merge1m", atMost: 1.15 },
    atMostMb: 512,
  },
  merge_clustered: {
    description: "100,000 rows merged into 1% of the keys of 10 M",
    prepare: ({ workdir }) => prepareSorted(workdir),
    run: ({ workdir, work }) => mergeRows(workdir, work, "clustered.parquet"),
    beside: { engine: "nodejs-polars", task: "merge_clustered", atMost: 1.2 },
  },
  star_bulk: {
    description: "the rows of that star from Parquet files, by DuckDB alone",
    prepare: (place) => prepareStar(place.workdir, scaleOf(place)),
    run: ({ workdir, work }) => bulkLoad(workdir, work),
  },
  star_duckdb: {
    description: "5 M sales of 1 M customers as a star in DuckDB: keys, dimensions, facts, checks",
    prepare: (place) => prepareStar(place.workdir, scaleOf(place)),
    run: ({ workdir, work }) => starDuckdb(workdir, work),
    beside: { engine: "tslake", task: "star_bulk", atMost: 1.5 },
    atMostMb: 2048,
  },
  star_daily: {
    description: "10,000 sales more in that star",
    prepare: (place) => prepareStar(place.workdir, scaleOf(place)),
    run: (place) => starDaily(place.workdir, place.work, scaleOf(place)),
    atMostSeconds: 3,
    atMostMb: 2048,
  },
  ...(process.env["TSLAKE_TEST_POSTGRES"] ? postgresTasks() : {}),
  spawn: {
    description: "a notebook's process, until its first cell has loaded the library",
    run: ({ root, work }) => spawn(root, work),
    atMostSeconds: 0.25,
  },
};

/** Where a PostgreSQL is. */
function postgresTasks(): Readonly<Record<string, Task>> {
  const prepare = (place: Place): Promise<void> => prepareStar(place.workdir, scaleOf(place));
  return {
    star_copy: {
      description: "the rows of that star from CSV files, by PostgreSQL's COPY alone, with the same keys",
      prepare,
      run: ({ workdir, work }) => copyPostgres(workdir, work),
    },
    star_postgres: {
      description: "5 M sales of 1 M customers as a star in PostgreSQL: keys, dimensions, facts, checks",
      prepare,
      run: ({ workdir, work }) => starPostgres(workdir, work),
      beside: { engine: "tslake", task: "star_copy", atMost: 1.5 },
      atMostMb: 2048,
    },
    star_postgres_daily: {
      description: "10,000 sales more in that star",
      prepare,
      run: (place) => starPostgresDaily(place.workdir, place.work, scaleOf(place)),
      atMostSeconds: 3,
    },
  };
}

/** How much of the data there is. */
function scaleOf({ workdir }: Place): number {
  const meta = join(workdir, "data", "meta.json");
  return (JSON.parse(fs.readFileSync(meta, "utf8")) as { readonly scale: number }).scale;
}

/** A lake with the silver histories of so many times the purchases in the data. */
async function prepareTimes({ workdir }: Place, times: number): Promise<void> {
  const { source, purchases } = await eventsIn(workdir);
  await prepareHistory(source, preparedAt(workdir, purchases * times), purchases * times, purchases);
}

/** The same, with gold as the shipped notebook makes it. */
async function prepareGvm(place: Place, times: number): Promise<void> {
  const { workdir, work, root } = place;
  const { purchases } = await eventsIn(workdir);
  const built = `${preparedAt(workdir, purchases * times)}-gvm`;
  if (fs.existsSync(built)) return;
  await prepareTimes(place, times);
  const lake = await historyOf(place, times);
  await buildGvm(root, lake);
  fs.renameSync(lake, built);
  fs.rmSync(work, { recursive: true, force: true });
}

/** The task's own copy. */
async function historyOf({ workdir, work }: Place, times: number): Promise<string> {
  const { purchases } = await eventsIn(workdir);
  return linked(preparedAt(workdir, purchases * times), join(work, "lake"));
}

async function dailyOn({ root, workdir, work }: Place, times: number): Promise<TaskResult> {
  const { purchases } = await eventsIn(workdir);
  const lake = linked(`${preparedAt(workdir, purchases * times)}-gvm`, join(work, "lake"));
  return daily(root, lake, work, purchases * times);
}

function preparedAt(workdir: string, purchases: number): string {
  return join(workdir, `history-${purchases}`);
}

async function eventsIn(workdir: string): Promise<{ readonly source: string; readonly purchases: number }> {
  const source = join(workdir, "data", "events");
  const { columns } = await readFooter(join(source, "purchase.parquet"), [field("purchase_id", "long")]);
  return { source, purchases: Number(columns[0]?.max) };
}

/** A copy made of hard links: nothing changes a file of a lake in place. */
function linked(folder: string, copy: string): string {
  fs.mkdirSync(join(copy, ".."), { recursive: true });
  execFileSync("cp", ["-al", folder, copy]);
  return copy;
}
