import { join } from "node:path";
import { yesterday } from "../clock.js";
import type { Catalog } from "../contract/catalog.js";
import { type DayMark, dayMark } from "../history/days.js";
import { codeHash } from "./code_hash.js";
import { type LandingView, viewLanding } from "./landing.js";
import type { Notebooks } from "./notebooks.js";
import { type DayOptions, type RunDays, runDays } from "./run_days.js";
import { isFreeForSamples, type Origin, originOf, type Samples } from "./samples.js";
import { selectTables } from "./selection.js";
import type { Circumstances } from "./staleness.js";
import { notebookOf, type Step, type StoredTables } from "./step.js";
import { StoredView } from "./stored_view.js";

/** Where a pipeline works and what is asked of it. */
export interface PipelineOptions {
  /** Absolute folders, of the workspace and of the landing zone. */
  readonly root: string;
  readonly landing: string;
  /** Where the tables are: a folder or an address. */
  readonly lake: string;
  /** Absolute folder of run records, executed notebooks and the run's lock. */
  readonly lakeFolder: string;
  /** Address of the stars' warehouse; undefined for the file in that folder. */
  readonly warehouse: string | undefined;
  /** Of the IANA database: decides which day yesterday was. */
  readonly timeZone: string;
  readonly catalog: Catalog;
  readonly stored: StoredTables;
  readonly notebooks: Notebooks;
  /** Expressions of `selectTables`; none for all tables. */
  readonly select: readonly string[];
  readonly days: DayOptions;
  readonly fullRefresh: boolean;
  /** The samples that may feed the lake when it is new; undefined where landing zone or lake are the user's own. */
  readonly samples: Samples | undefined;
  readonly mayCopySamples: boolean;
}

/** A run or plan before its first step; nothing has been written. */
export interface Prepared {
  /** The selected steps in dependency order. */
  readonly steps: readonly Step[];
  readonly days: RunDays;
  readonly stored: StoredView;
  readonly circumstances: Circumstances;
  /** True when the samples are to be copied first. */
  readonly needsSamples: boolean;
  readonly warnings: readonly string[];
}

/**
 * Finds out what a run is about: its steps, its days, what waits for it.
 * @throws UsageError for an unknown selection or a day that cannot be run; NotebookError for a broken notebook
 */
export async function prepare(options: PipelineOptions): Promise<Prepared> {
  const { catalog, samples } = options;
  const selected = new Set(selectTables(catalog, options.select));
  const steps = await Promise.all(catalog.steps.map((table) => stepOf(table.name, options)));
  const stored = new StoredView(options.stored);
  const bronze = await Promise.all(catalog.tables.filter((t) => t.landing).map((t) => stored.snapshot(t.name)));
  const isNew = bronze.every((snapshot) => snapshot === undefined);
  const copied =
    options.mayCopySamples && isNew && samples && isFreeForSamples(samples, options.landing) ? samples : undefined;
  const folder = copied?.folder ?? options.landing;
  const landing = viewLanding(folder, catalog.tables);
  const waiting = [...landing.waiting.values()].flat();
  const origin = samples && (await originOf(samples, bronze, folder, waiting));
  const onlySamples = origin?.samples === true && !origin.mixed && origin.others.length === 0;
  const latest = yesterday(options.timeZone);
  const byDefault = [latest, ...(onlySamples && samples ? [samples.lastDay] : [])].sort()[0] ?? latest;
  const dated = new Set(steps.filter((step) => step.parameters.includes("date")).map((step) => step.name));
  const histories = await dayMarks(catalog, dated, stored);
  const days = runDays(options.days, { timeZone: options.timeZone, byDefault, histories });
  return {
    steps: steps.filter((step) => selected.has(step.name)),
    days,
    stored,
    circumstances: { catalog, stored, landing, dated, day: days.day, fullRefresh: options.fullRefresh },
    needsSamples: copied !== undefined,
    warnings: warningsOf(landing, origin),
  };
}

async function stepOf(name: string, { catalog, root, notebooks }: PipelineOptions): Promise<Step> {
  const table = catalog.table(name);
  const notebook = join(root, "notebooks", notebookOf(name));
  const { code, parameters } = await notebooks.outline(notebook);
  return { name, table, notebook, parameters, codeHash: codeHash(code, table) };
}

/** How far the histories fed by the landing zone have come. */
function dayMarks(catalog: Catalog, dated: ReadonlySet<string>, stored: StoredView): Promise<readonly DayMark[]> {
  const first = [...dated].filter((name) => !catalog.table(name).reads.some((read) => dated.has(read)));
  return Promise.all(first.map(async (name) => dayMark(await stored.snapshot(name))));
}

function warningsOf(landing: LandingView, origin: Origin | undefined): readonly string[] {
  const warnings = landing.strangers.map(({ path, reason }) => `left in landing: ${path}: ${reason}`);
  if (origin?.samples !== true || origin.mixed || origin.others.length === 0) return warnings;
  const names = origin.others.slice(0, 3).join(", ") + (origin.others.length > 3 ? ", …" : "");
  return [
    ...warnings,
    `${names}: the first files beside the samples, in the same lake. To start afresh: npx tslake reset`,
  ];
}
