import type { Snapshot } from "../delta/snapshot.js";

/** A source as a table was made from it. */
export interface SourceVersion {
  readonly version: number;
  /** Id of the Delta table: one that is deleted and built again has another. */
  readonly id: string;
}

/** Domain in which a table keeps the ids of its sources, by their names. */
const SOURCES_DOMAIN = "tslake.sources";

/**
 * Under this application id a table's log says which version of a source it has consumed. A source that has taken the place
 * of another one has an id of its own there: its versions begin at 0 again, and those of an application only grow.
 */
export function sourceAppId(source: string, tableId?: string): string {
  return tableId === undefined ? `source:${source}` : `source:${source}@${tableId}`;
}

/** The ids that the sources of a table had, by name; those of sources that nobody has noted are absent. */
async function sourceIds(target: Pick<Snapshot, "domainMetadata">): Promise<Map<string, string>> {
  const text = await target.domainMetadata(SOURCES_DOMAIN);
  return new Map(text === undefined ? [] : Object.entries(JSON.parse(text) as Readonly<Record<string, string>>));
}

/** What a table has consumed of its sources. */
export interface Consumed {
  /** By name; a source that was never consumed is absent. */
  readonly versions: ReadonlyMap<string, bigint>;
  /** Sources that are other tables now than those that were consumed. */
  readonly replaced: ReadonlySet<string>;
}

/** @param sources those of interest, by name, with their ids; undefined for one that is not there */
export async function consumedOf(
  target: Pick<Snapshot, "txns" | "domainMetadata">,
  sources: ReadonlyMap<string, string | undefined>,
): Promise<Consumed> {
  const marks = await target.txns([...sources].flatMap(([name, id]) => [sourceAppId(name), sourceAppId(name, id)]));
  const noted = await sourceIds(target);
  const versions = new Map<string, bigint>();
  const replaced = new Set<string>();
  for (const [name, id] of sources) {
    const isOther = id !== undefined && noted.has(name) && noted.get(name) !== id;
    if (isOther) replaced.add(name);
    const version = isOther ? undefined : (marks.get(sourceAppId(name, id)) ?? marks.get(sourceAppId(name)));
    if (version !== undefined) versions.set(name, version);
  }
  return { versions, replaced };
}

/** What the log of a table is to say of the sources that its rows were read from. */
export async function marksOfSources(
  target: Pick<Snapshot, "txns" | "domainMetadata"> | undefined,
  sources: ReadonlyMap<string, SourceVersion>,
): Promise<{ readonly txns: ReadonlyMap<string, number>; readonly domains: Readonly<Record<string, unknown>> }> {
  if (sources.size === 0) return { txns: new Map(), domains: {} };
  const noted = target === undefined ? new Map<string, string>() : await sourceIds(target);
  const own = await target?.txns([...sources].map(([name, { id }]) => sourceAppId(name, id)));
  const txns = new Map<string, number>();
  for (const [name, { version, id }] of sources) {
    const hasTakenPlace = own?.has(sourceAppId(name, id)) || (noted.get(name) ?? id) !== id;
    txns.set(hasTakenPlace ? sourceAppId(name, id) : sourceAppId(name), version);
    noted.set(name, id);
  }
  return { txns, domains: { [SOURCES_DOMAIN]: Object.fromEntries([...noted].sort()) } };
}
