import type { Site } from "./site.js";
import type { TableSummary } from "./table_summary.js";

const STATE = "state.json";

/** What the pages of the site tell of the tables; so a run needs to look only at the tables that it has changed. */
export function readState(site: Site): ReadonlyMap<string, TableSummary> | undefined {
  const text = site.read(STATE);
  if (text === undefined) return undefined;
  try {
    const { tables } = JSON.parse(text) as { readonly tables: Readonly<Record<string, TableSummary>> };
    return new Map(Object.entries(tables));
  } catch {
    return undefined;
  }
}

export function writeState(site: Site, summaries: ReadonlyMap<string, TableSummary>): void {
  const tables = Object.fromEntries([...summaries].sort(([a], [b]) => (a < b ? -1 : 1)));
  site.write(STATE, `${JSON.stringify({ tables })}\n`);
}
