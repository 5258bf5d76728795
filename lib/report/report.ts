import { join } from "node:path";
import type { Lake } from "../lake/lake.js";
import { readsOf } from "./lake_picture.js";
import { LineageGraph } from "./lineage_graph.js";
import { type Overview, overviewPage, tablesPage } from "./overview_page.js";
import { type Assets, readAssets } from "./page.js";
import { listRuns, readRun } from "./run_record.js";
import { RUNS_LISTED, runsPage } from "./runs_page.js";
import { Site } from "./site.js";
import { writeState } from "./state.js";
import { type LakeTable, lakeTables, type StoredFacts, storedFacts } from "./table_facts.js";
import { tablePage, tablePath } from "./table_page.js";
import { fareOf, lastSteps, summarize, type TableSummary } from "./table_summary.js";

/** What a report tells of. */
export interface ReportSources {
  readonly lake: Lake;
  /** Absolute folder of run records and executed notebooks; the report is written to its `_report`. */
  readonly lakeFolder: string;
  /** Absolute folder of the workspace. */
  readonly root: string;
}

/** What writing a report did. */
export interface Report {
  /** Absolute path of the overview. */
  readonly overview: string;
  /** Paths below the report's folder that were made or changed. */
  readonly written: readonly string[];
}

const TABLES_AT_ONCE = 4;

/** The report's folder of a lake. */
export function reportFolder(lakeFolder: string): string {
  return join(lakeFolder, "_report");
}

/**
 * Writes the whole report; pages that would stay the same are not touched, those of tables and runs that are gone are removed.
 * @throws StorageError when the folder cannot be written, and whatever reading the tables throws
 */
export async function writeReport(sources: ReportSources): Promise<Report> {
  const writer = new ReportWriter(sources);
  return writer.whole();
}

class ReportWriter {
  readonly #sources: ReportSources;
  readonly #site: Site;
  readonly #assets: Assets;
  readonly #tables: readonly LakeTable[];

  constructor(sources: ReportSources) {
    this.#sources = sources;
    this.#site = new Site(reportFolder(sources.lakeFolder));
    this.#assets = readAssets(join(sources.root, "lib", "report", "assets"));
    this.#tables = lakeTables(sources.lake.catalog);
  }

  async whole(): Promise<Report> {
    const { lakeFolder } = this.#sources;
    const runs = listRuns(lakeFolder).flatMap((id) => readRun(lakeFolder, id) ?? []);
    const stored = await this.#readTables(this.#tables);
    const summaries = new Map([...stored].map(([name, facts]): [string, TableSummary] => [name, summarize(facts)]));
    const graph = lineageOf(summaries);
    const last = lastSteps(runs);
    for (const table of this.#tables) {
      const facts = stored.get(table.name);
      this.#site.write(
        tablePath(table.name),
        tablePage(
          {
            table,
            stored: facts,
            fare: fareOf(table, summaries.get(table.name), last.get(table.name)),
            last: last.get(table.name),
            graph,
            readers: this.#readersOf(table.name),
            notebook: undefined,
            more: [],
          },
          this.#assets,
        ),
      );
    }
    this.#writeLists({ tables: this.#tables, summaries, last, runs: runs.slice(0, RUNS_LISTED), more: [] });
    writeState(this.#site, summaries);
    this.#site.prune();
    return this.#report();
  }

  #writeLists(overview: Overview): void {
    this.#site.write("index.html", overviewPage(overview, this.#assets));
    this.#site.write("tables/index.html", tablesPage(overview, this.#assets));
    this.#site.write("runs/index.html", runsPage(overview.runs, this.#assets));
  }

  async #readTables(tables: readonly LakeTable[]): Promise<ReadonlyMap<string, StoredFacts>> {
    const found = new Map<string, StoredFacts>();
    const waiting = [...tables];
    const worker = async (): Promise<void> => {
      for (let table = waiting.shift(); table !== undefined; table = waiting.shift()) {
        const facts = await storedFacts(this.#sources.lake, table.name);
        if (facts !== undefined) found.set(table.name, facts);
      }
    };
    await Promise.all(Array.from({ length: TABLES_AT_ONCE }, worker));
    return found;
  }

  #readersOf(name: string): readonly string[] {
    return this.#tables.filter((other) => readsOf(other).includes(name)).map((other) => other.name);
  }

  #report(): Report {
    return { overview: join(this.#site.folder, "index.html"), written: this.#site.written };
  }
}

function lineageOf(summaries: ReadonlyMap<string, TableSummary>): LineageGraph {
  return new LineageGraph(new Map([...summaries].map(([name, { lineage }]) => [name, lineage])));
}
