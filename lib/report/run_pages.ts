import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Notebook } from "../notebook/document.js";
import { parseNotebook } from "../notebook/validate.js";
import { type HiddenPlaces, withoutPlaces } from "./hidden_places.js";
import { cellAnchor, failedCell, notebookPage, notebookPath } from "./notebook_page.js";
import type { Assets } from "./page.js";
import { type RenderedStep, runPage, runPath } from "./run_page.js";
import type { RunRecord, StepRecord } from "./run_record.js";
import type { Site } from "./site.js";

/** Where pages of runs are made from, and to. */
export interface RunPages {
  readonly site: Site;
  readonly assets: Assets;
  readonly lakeFolder: string;
  readonly places: HiddenPlaces;
  /** Names of tables that have a page. */
  readonly tables: ReadonlySet<string>;
  /** True when pages of an earlier report look as they would now: notebooks that have run never change. */
  readonly isCurrent: boolean;
}

/** Writes the page of a run, and with `render` those of its notebooks; else only the ones that are there stay. */
export async function writeRun(run: RunRecord, pages: RunPages, render: boolean): Promise<void> {
  const rendered = new Map<string, RenderedStep>();
  for (const step of run.steps) {
    const path = notebookPath(run.run_id, step.step);
    const made = await writeNotebook(run, step, path, pages, render);
    if (made) rendered.set(step.step, made);
  }
  pages.site.write(runPath(run.run_id), runPage({ run, notebooks: rendered, tables: pages.tables }, pages.assets));
}

async function writeNotebook(
  run: RunRecord,
  step: StepRecord,
  path: string,
  { site, assets, lakeFolder, places, tables, isCurrent }: RunPages,
  render: boolean,
): Promise<RenderedStep | undefined> {
  if (step.notebook === null) return undefined;
  const isThere = site.has(path);
  if (isThere && isCurrent && step.status !== "failed") {
    site.keep(path);
    return { path, failed: undefined };
  }
  if (!render && !isThere) return undefined;
  // One that is gone, or was cut short by a crash, has no page.
  const notebook = await readExecuted(join(lakeFolder, step.notebook), places).catch(() => undefined);
  if (notebook === undefined) return undefined;
  const ran = new Set(run.steps.filter((one) => one.notebook !== null).map((one) => one.step));
  const links = (table: string): string | undefined =>
    ran.has(table) ? `${table}.html` : tables.has(table) ? `../../tables/${table}.html` : undefined;
  site.write(path, notebookPage({ runId: run.run_id, step: step.step, notebook, links }, assets));
  const failed = failedCell(notebook);
  return { path, failed: failed && cellAnchor(failed.id) };
}

async function readExecuted(path: string, places: HiddenPlaces): Promise<Notebook> {
  return parseNotebook(withoutPlaces(await readFile(path, "utf8"), places), path);
}
