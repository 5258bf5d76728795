import { join } from "node:path";
import type { Lake } from "../lake/lake.js";
import type { Warehouse } from "../warehouse/driver.js";
import { askViews, dashboardPage, dashboardPath } from "./dashboard_page.js";
import type { HiddenPlaces } from "./hidden_places.js";
import { knownSection } from "./known_section.js";
import { Reads } from "./lake_picture.js";
import { LineageGraph } from "./lineage_graph.js";
import { notebookPath } from "./notebook_page.js";
import { overviewPage, tablesPage, withLastRun } from "./overview_page.js";
import { type Assets, readAssets } from "./page.js";
import { type RejectedFile, readRejectedFiles, rejectedSection } from "./rejected_files.js";
import { writeRun } from "./run_pages.js";
import { isIdle, listRuns, type RunRecord, readRun } from "./run_record.js";
import { RUNS_LISTED, runsPage, withRun } from "./runs_page.js";
import { Site } from "./site.js";
import { starPage } from "./star_page.js";
import { readState, type State, writeState } from "./state.js";
import { type LakeTable, lakeTables, type StoredFacts, storedFacts } from "./table_facts.js";
import { tablePage, tablePath } from "./table_page.js";
import { fareOf, type LastStep, lastSteps, summarize, summarizeStar, type TableSummary } from "./table_summary.js";

/** What a report tells of. */
export interface ReportSources {
  readonly lake: Lake;
  /** Absolute folder of run records and executed notebooks; the report is written to its `_report`. */
  readonly lakeFolder: string;
  /** Absolute folder of arriving files. */
  readonly landing: string;
  /** Absolute folder of the workspace. */
  readonly root: string;
  /** Where the stars are; without it what their views say is not shown. */
  readonly warehouse?: () => Warehouse;
}

/** What writing a report did. */
export interface Report {
  /** Absolute path of the overview. */
  readonly overview: string;
  /** Paths below the report's folder that were made or changed. */
  readonly written: readonly string[];
}

const TABLES_AT_ONCE = 4;
/** Notebooks of so many runs are rendered, and the last one of each table; pages that are there stay. */
const RUNS_RENDERED = 20;

/** The report's folder of a lake. */
export function reportFolder(lakeFolder: string): string {
  return join(lakeFolder, "_report");
}

/**
 * Writes the whole report; pages that would stay the same are not touched, those of tables and runs that are gone are removed.
 * @throws StorageError when the folder cannot be written, and whatever reading the tables throws
 */
export function writeReport(sources: ReportSources): Promise<Report> {
  return new ReportWriter(sources).whole();
}

/**
 * Brings the report up to date after a run: its page, those of the tables that it changed, and the lists that tell of them.
 * After a run that found nothing to do only its page is written, and its line in the list of runs and in the overview.
 * @throws as `writeReport`
 */
export function updateReport(sources: ReportSources, runId: string): Promise<Report> {
  return new ReportWriter(sources).after(runId);
}

class ReportWriter {
  readonly #sources: ReportSources;
  readonly #site: Site;
  readonly #assets: Assets;
  readonly #tables: readonly LakeTable[];
  readonly #reads: Reads;
  readonly #places: HiddenPlaces;
  readonly #rejected: readonly RejectedFile[];
  /** What an earlier report of the same looks left behind. */
  readonly #state: State | undefined;

  constructor(sources: ReportSources) {
    this.#sources = sources;
    this.#site = new Site(reportFolder(sources.lakeFolder));
    this.#assets = readAssets(join(sources.root, "lib", "report", "assets"));
    this.#tables = lakeTables(sources.lake.catalog);
    this.#reads = new Reads(this.#tables);
    this.#places = [
      [sources.landing, "landing"],
      [sources.lakeFolder, "lake"],
      [sources.root, "."],
    ];
    this.#rejected = readRejectedFiles(sources.landing);
    this.#state = readState(this.#site, this.#assets);
  }

  async whole(): Promise<Report> {
    const runs = this.#runs(Number.POSITIVE_INFINITY);
    const last = lastSteps(runs);
    const newest = new Set(runs.slice(0, RUNS_RENDERED).map(({ run_id: id }) => id));
    for (const { runId } of last.values()) newest.add(runId);
    for (const run of runs) await this.#writeRun(run, newest.has(run.run_id));
    await this.#writeDashboards(runs);
    await this.#writeTables(this.#tables, new Map(), runs, last);
    const present = new Set(listRuns(this.#sources.lakeFolder));
    this.#site.prune((path) => present.has(/^(?:runs|notebooks)\/([^/]+?)(?:\.html)?(?:\/|$)/.exec(path)?.[1] ?? ""));
    return this.#report();
  }

  async after(runId: string): Promise<Report> {
    const run = readRun(this.#sources.lakeFolder, runId, this.#places);
    if (this.#state === undefined || run === undefined) return this.whole();
    await this.#writeRun(run, true);
    if (isIdle(run) && this.#addToLists(run)) return this.#report();
    const runs = this.#runs(RUNS_LISTED);
    const { stars } = this.#sources.lake.catalog;
    const touched = new Set(run.steps.map(({ step }) => step));
    for (const star of stars) if (touched.has(star.name)) for (const { name } of star.keyMaps) touched.add(name);
    const tables = this.#tables.filter(({ name, role }) => touched.has(name) || role === "record");
    await this.#writeTables(tables, this.#state.tables, runs, lastSteps(runs));
    return this.#report();
  }

  /** Without looking at any table or other run; false where there are no lists. */
  #addToLists(run: RunRecord): boolean {
    const lists = [
      ["runs/index.html", withRun],
      ["index.html", withLastRun],
    ] as const;
    const changed = lists.map(([path, withIt]) => ({ path, text: withIt(this.#site.read(path) ?? "", run) }));
    for (const { path, text } of changed) if (text !== undefined) this.#site.write(path, text);
    return changed.every(({ text }) => text !== undefined);
  }

  /** Views are asked when the whole report is written, not after each run. */
  async #writeDashboards(runs: readonly RunRecord[]): Promise<void> {
    const { lake, warehouse } = this.#sources;
    for (const star of lake.catalog.stars) {
      const load = summarizeStar(star, runs)?.version;
      const path = dashboardPath(star.name);
      if (warehouse === undefined && this.#site.has(path)) this.#site.keep(path);
      const answers = load === undefined ? undefined : warehouse && (await askViews(star, warehouse()));
      if (load !== undefined && answers !== undefined && answers.length > 0)
        this.#site.write(path, dashboardPage(star, load, answers, this.#assets));
    }
  }

  #runs(limit: number): readonly RunRecord[] {
    const { lakeFolder } = this.#sources;
    return listRuns(lakeFolder)
      .slice(0, limit)
      .flatMap((id) => readRun(lakeFolder, id, this.#places) ?? []);
  }

  /** @param known what the pages of the other tables tell */
  async #writeTables(
    tables: readonly LakeTable[],
    known: ReadonlyMap<string, TableSummary>,
    runs: readonly RunRecord[],
    last: ReadonlyMap<string, LastStep>,
  ): Promise<void> {
    const summaries = new Map(known);
    const stored = new Map<string, StoredFacts>();
    const read = async (these: readonly LakeTable[]): Promise<void> => {
      for (const [name, facts] of await this.#readTables(these)) {
        stored.set(name, facts);
        summaries.set(name, summarize(facts));
      }
      for (const { name } of these) {
        const star = this.#sources.lake.catalog.star(name);
        const loaded = star && summarizeStar(star, runs);
        if (loaded) summaries.set(name, loaded);
      }
    };
    await read(tables);
    const changed = tables.filter(({ name }) => lineageText(summaries.get(name)) !== lineageText(known.get(name)));
    const touched = new Set(tables.map(({ name }) => name));
    const others = this.#connected(changed).filter(({ name }) => !touched.has(name));
    await read(others);
    const graph = new LineageGraph(new Map([...summaries].map(([name, { lineage }]) => [name, lineage])));
    for (const table of [...tables, ...others])
      this.#writeTable(table, stored.get(table.name), graph, last.get(table.name), summaries.get(table.name));
    const overview = { tables: this.#tables, summaries, last, runs: runs.slice(0, RUNS_LISTED), more: [] };
    this.#site.write("index.html", overviewPage(overview, this.#assets));
    this.#site.write("tables/index.html", tablesPage(overview, this.#assets));
    this.#site.write("runs/index.html", runsPage(overview.runs, this.#assets));
    writeState(this.#site, this.#assets, summaries);
  }

  #writeTable(
    table: LakeTable,
    stored: StoredFacts | undefined,
    graph: LineageGraph,
    last: LastStep | undefined,
    summary: TableSummary | undefined,
  ): void {
    const notebook = last && notebookPath(last.runId, table.name);
    const common = {
      last,
      fare: fareOf(table, summary, last),
      notebook: notebook !== undefined && this.#site.has(notebook) ? notebook : undefined,
    };
    const star = this.#sources.lake.catalog.star(table.name);
    if (star !== undefined) {
      this.#site.write(
        tablePath(star.name),
        starPage({ ...common, star, summary, hasDashboard: this.#site.has(dashboardPath(star.name)) }, this.#assets),
      );
      return;
    }
    const [around, readers] = [this.#reads.around(table.name), this.#reads.readersOf(table.name)];
    const rejected = this.#rejected.filter((file) => file.table === table.name);
    const more = [rejectedSection(rejected), knownSection(stored?.known, table.name)].filter(
      (part) => part !== undefined,
    );
    this.#site.write(
      tablePath(table.name),
      tablePage({ ...common, table, stored, graph, around, readers, more }, this.#assets),
    );
  }

  #writeRun(run: RunRecord, render: boolean): Promise<void> {
    const pages = {
      site: this.#site,
      assets: this.#assets,
      lakeFolder: this.#sources.lakeFolder,
      places: this.#places,
      tables: new Set(this.#tables.map(({ name }) => name)),
      isCurrent: this.#state !== undefined,
    };
    return writeRun(run, pages, render);
  }

  async #readTables(tables: readonly LakeTable[]): Promise<ReadonlyMap<string, StoredFacts>> {
    const found = new Map<string, StoredFacts>();
    const waiting = [...tables];
    const worker = async (): Promise<void> => {
      for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
        const facts = await storedFacts(this.#sources.lake, table);
        if (facts !== undefined) found.set(table.name, facts);
      }
    };
    await Promise.all(Array.from({ length: TABLES_AT_ONCE }, worker));
    return found;
  }

  /** The tables whose pages tell of these tables' columns. */
  #connected(tables: readonly LakeTable[]): readonly LakeTable[] {
    const { catalog } = this.#sources.lake;
    const names = new Set(
      tables
        .filter(({ name }) => catalog.has(name))
        .flatMap(({ name }) => [...catalog.upstream(name), ...catalog.downstream(name)]),
    );
    return this.#tables.filter(({ name }) => names.has(name));
  }

  #report(): Report {
    return { overview: join(this.#site.folder, "index.html"), written: this.#site.written };
  }
}

function lineageText(summary: TableSummary | undefined): string {
  return JSON.stringify(summary?.lineage ?? {});
}
