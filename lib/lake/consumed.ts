import type { Snapshot } from "../delta/snapshot.js";

/** A source as a table was made from it. */
export interface SourceVersion {
  readonly version: number;
  /** Id of the Delta table: one that is deleted and built again has another. */
  readonly id: string;
}

/** Domain in which a table keeps the ids of its sources, by their names. */
export const SOURCES_DOMAIN = "tslake.sources";

/** Under this application id a table's log says which version of a source it has consumed. */
export function sourceAppId(source: string): string {
  return `source:${source}`;
}

/** The ids that the sources of a table had, by name; those of sources that nobody has noted are absent. */
export async function sourceIds(target: Pick<Snapshot, "domainMetadata">): Promise<ReadonlyMap<string, string>> {
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
  const names = [...sources.keys()];
  const marks = await target.txns(names.map(sourceAppId));
  const ids = await sourceIds(target);
  const isOther = (name: string): boolean => {
    const [noted, now] = [ids.get(name), sources.get(name)];
    return noted !== undefined && now !== undefined && noted !== now;
  };
  const versions = names.flatMap((name): [string, bigint][] => {
    const version = marks.get(sourceAppId(name));
    return version === undefined || isOther(name) ? [] : [[name, version]];
  });
  return { versions: new Map(versions), replaced: new Set(names.filter(isOther)) };
}
