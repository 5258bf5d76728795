import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Catalog } from "../../lib/contract/catalog.js";
import { text } from "../../lib/contract/column_spec.js";
import { type AnyTable, defineTable } from "../../lib/contract/define_table.js";
import { DAYS_DOMAIN } from "../../lib/history/days.js";
import { SOURCES_DOMAIN } from "../../lib/lake/consumed.js";
import { STEP_DOMAIN } from "../../lib/lake/step_mark.js";
import type { NotebookJob, Notebooks } from "../../lib/pipeline/notebooks.js";
import type { Recorder } from "../../lib/pipeline/record.js";
import { type RunOptions, type RunSummary, runPipeline } from "../../lib/pipeline/run.js";
import type { StoredTable, StoredTables } from "../../lib/pipeline/step.js";
import type { StepMetrics } from "../../lib/run.js";

const columns = { a: text().notNull() };

/** bronze.sales → silver.sales → gold.sales; bronze.events → silver.events → gold.daily (append-only, closing days). */
export function smallCatalog(): Catalog {
  const define = (name: string, reads: readonly AnyTable[], write: "append" | "merge", source?: string): AnyTable =>
    defineTable(name, {
      description: name,
      grain: "a row",
      columns,
      reads,
      write,
      ...(write === "merge" ? { key: ["a"] as const } : {}),
      ...(source === undefined ? {} : { landing: { source, files: ["*.csv"] } }),
    });
  const bronzeSales = define("bronze.sales", [], "append", "sales");
  const silverSales = define("silver.sales", [bronzeSales], "merge");
  const goldSales = define("gold.sales", [silverSales], "merge");
  const bronzeEvents = define("bronze.events", [], "append", "events");
  const silverEvents = define("silver.events", [bronzeEvents], "append");
  const daily = define("gold.daily", [silverEvents], "append");
  return new Catalog([bronzeSales, silverSales, goldSales, bronzeEvents, silverEvents, daily]);
}

/** Two feeds whose histories close their days together. */
export function calendarCatalog(): Catalog {
  const about = { description: "", grain: "a row", columns };
  const feed = (name: string): AnyTable =>
    defineTable(`bronze.${name}`, { ...about, landing: { source: name, files: ["*.csv"] } });
  const [events, refunds] = [feed("events"), feed("refunds")];
  const history = (name: string, reads: readonly AnyTable[]): AnyTable =>
    defineTable(`silver.${name}`, { ...about, reads, calendar: "shop" });
  return new Catalog([events, refunds, history("events", [events, refunds]), history("refunds", [refunds, events])]);
}

interface TableState {
  readonly id: string;
  version: number;
  /** The `txnId` of each version's commit. */
  readonly commits: string[];
  rows: bigint;
  readonly txns: Map<string, bigint>;
  readonly domains: Map<string, string>;
}

/** A lake of tables without rows, whose notebooks do what real ones leave in the log. */
export class FakeLake implements StoredTables, Recorder, Notebooks {
  readonly folder = mkdtempSync(join(tmpdir(), "tslake-pipeline-"));
  readonly catalog: Catalog;
  readonly tables = new Map<string, TableState>();
  readonly records = new Map<string, Readonly<Record<string, unknown>>[]>();
  /** Code cells by table, and the tables whose notebooks take a day. */
  readonly code = new Map<string, string>();
  readonly dated = new Set(["silver.events", "silver.refunds", "gold.daily"]);
  problems: readonly string[] = [];
  /** Every job, in the order in which it began. */
  readonly jobs: NotebookJob[] = [];
  /** Steps that run now, and the most at once. */
  running = 0;
  most = 0;
  /** What a step does instead of succeeding. */
  readonly behaviours = new Map<string, (job: NotebookJob, attempt: number) => Promise<StepMetrics | undefined>>();

  constructor(catalog = smallCatalog()) {
    this.catalog = catalog;
  }

  get landing(): string {
    return join(this.folder, "landing");
  }
  get lake(): string {
    return join(this.folder, "lake");
  }
  get began(): string[] {
    return this.jobs.map((job) => stepOf(job));
  }

  /** Puts a file into the landing zone. */
  arrive(path: string, content = "a\n1\n"): void {
    mkdirSync(join(this.landing, path, ".."), { recursive: true });
    writeFileSync(join(this.landing, path), content);
  }

  async snapshot(name: string): Promise<StoredTable | undefined> {
    const state = this.tables.get(name);
    if (state === undefined) return undefined;
    const { id, version, rows, txns, domains, commits } = state;
    return {
      version,
      metadata: { id },
      txn: async (id) => txns.get(id),
      txns: async (ids) => new Map([...txns].filter(([id]) => ids.includes(id))),
      allTxns: async () => new Map([...txns].map(([appId, at]) => [appId, { appId, version: at }])),
      domainMetadata: async (domain) => domains.get(domain),
      numRecords: async () => rows,
      commitInfo: async (at) => ({ txnId: commits[at] ?? "" }),
    };
  }

  async appendRows(name: string, _: unknown, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    this.records.set(name, [...(this.records.get(name) ?? []), ...rows]);
  }

  async markFailed({ name }: AnyTable): Promise<void> {
    const state = this.tables.get(name);
    const mark = JSON.parse(state?.domains.get(STEP_DOMAIN) ?? "{}") as object;
    state?.domains.set(STEP_DOMAIN, JSON.stringify({ ...mark, failed: true }));
  }

  async outline(path: string): Promise<{ code: string[]; parameters: string[] }> {
    const name = path.split(/[\\/]/).slice(-2).join(".").replace(".ipynb", "");
    return { code: [this.code.get(name) ?? ""], parameters: this.dated.has(name) ? ["date", "from"] : [] };
  }

  async check(): Promise<readonly string[]> {
    return this.problems;
  }

  async settled(): Promise<void> {}

  async run(job: NotebookJob): Promise<StepMetrics> {
    const step = stepOf(job);
    this.jobs.push(job);
    this.most = Math.max(this.most, ++this.running);
    try {
      await new Promise((resolve) => setTimeout(resolve, 5));
      const attempt = this.began.filter((name) => name === step).length;
      const result = await this.behaviours.get(step)?.(job, attempt);
      if (result !== undefined) return result;
      this.write(job);
      return { read: 3, written: 2, duplicates: 1 };
    } finally {
      this.running--;
    }
  }

  pipeline(options: Partial<RunOptions> = {}): Promise<RunSummary> {
    return runPipeline({ ...this.options(), ...options });
  }

  options(): RunOptions {
    return {
      root: this.folder,
      landing: this.landing,
      lake: this.lake,
      lakeFolder: this.lake,
      warehouse: undefined,
      timeZone: "UTC",
      catalog: this.catalog,
      stored: this,
      notebooks: this,
      recorder: this,
      select: [],
      days: { date: "2023-06-30" },
      fullRefresh: false,
      samples: undefined,
      mayCopySamples: false,
      jobs: 2,
      timeLimit: 60_000,
      memoryLimit: undefined,
      observer: {},
      signal: new AbortController().signal,
      retries: { attempts: 3, firstWait: 1 },
    };
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** What a notebook's write leaves. */
  write(job: NotebookJob): void {
    const step = stepOf(job);
    const table = this.catalog.table(step);
    const made = { id: randomUUID(), version: -1, commits: [], rows: 0n, txns: new Map(), domains: new Map() };
    const state = this.tables.get(step) ?? made;
    this.tables.set(step, state);
    state.version++;
    state.commits[state.version] = randomUUID();
    for (const name of table.calendar === undefined ? table.reads : table.reads.slice(0, 1)) {
      const source = this.tables.get(name);
      if (source === undefined) continue;
      const { id, version } = source;
      const notes = JSON.parse(state.domains.get(SOURCES_DOMAIN) ?? "{}") as object;
      const note = { version, id, commit: source.commits[version] };
      state.domains.set(SOURCES_DOMAIN, JSON.stringify({ ...notes, [name]: note }));
      state.rows += source.rows;
    }
    for (const file of this.#files(table)) {
      state.rows++;
      state.txns.set(`file:${createHash("sha256").update(readFileSync(file)).digest("hex")}`, 1n);
      rmSync(file);
    }
    state.domains.set(
      STEP_DOMAIN,
      JSON.stringify({ codeHash: job.environment["TSLAKE_CODE_HASH"], parameters: job.parameters }),
    );
    const events = ["bronze.events", "bronze.refunds"].some((name) => (this.tables.get(name)?.rows ?? 0n) > 0n);
    if (this.dated.has(step) && events) {
      state.domains.set(DAYS_DOMAIN, JSON.stringify({ day: job.parameters["date"] }));
    }
  }

  #files(table: AnyTable): string[] {
    if (table.landing === undefined) return [];
    const folder = join(this.landing, table.landing.source);
    mkdirSync(folder, { recursive: true });
    return readdirSync(folder).map((name) => join(folder, name));
  }
}

function stepOf(job: NotebookJob): string {
  return job.environment["TSLAKE_STEP"] ?? "";
}
