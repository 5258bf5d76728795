import { createHash } from "node:crypto";
import type { Assets } from "./page.js";
import type { Site } from "./site.js";
import type { TableSummary } from "./table_summary.js";

const STATE = "state.json";
/** Goes up when pages are made in another way: then all are made anew. */
const FORMAT = 11;

/** What a report remembers, so that a run needs to look only at the tables that it has changed. */
export interface State {
  readonly tables: ReadonlyMap<string, TableSummary>;
}

/** Undefined when there is none, or the pages looked otherwise then. */
export function readState(site: Site, assets: Assets): State | undefined {
  const text = site.read(STATE);
  if (text === undefined) return undefined;
  try {
    const { looks, tables } = JSON.parse(text) as {
      readonly looks: string;
      readonly tables: Record<string, TableSummary>;
    };
    return looks === looksOf(assets) ? { tables: new Map(Object.entries(tables)) } : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(site: Site, assets: Assets, summaries: ReadonlyMap<string, TableSummary>): void {
  const tables = Object.fromEntries([...summaries].sort(([a], [b]) => (a < b ? -1 : 1)));
  site.write(STATE, `${JSON.stringify({ looks: looksOf(assets), tables })}\n`);
}

function looksOf({ style, script }: Assets): string {
  return createHash("sha256").update(`${FORMAT}\0${style}\0${script}`).digest("hex").slice(0, 16);
}
