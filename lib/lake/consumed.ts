import type { CommitInfo } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";

/** A source as a table was made from it. */
export interface SourceVersion {
  readonly version: number;
  /** Id of the Delta table: one that is deleted and built again has another. */
  readonly id: string;
  /** When the version was committed, in milliseconds since the epoch; undefined where nobody has noted it. */
  readonly at?: number | undefined;
}

/** Domain in which a table keeps what its sources were, by their names. */
const SOURCES_DOMAIN = "tslake.consumed";

/** What a table has noted of a source beside the version that it has consumed. */
interface SourceNote extends Pick<SourceVersion, "id" | "at"> {
  /** The source began anew when the table had come to this version; absent where it never did. */
  readonly since?: number | undefined;
}

type Log = Pick<Snapshot, "txns" | "domainMetadata">;

/**
 * Under this application id a table's log says which version of a source it has consumed. A source whose versions began
 * anew gets another id: the versions of an application only grow.
 */
export function sourceAppId(source: string, since?: number): string {
  return since === undefined ? `source:${source}` : `source:${source}@${since}`;
}

async function sourceNotes(target: Log): Promise<ReadonlyMap<string, SourceNote>> {
  const text = await target.domainMetadata(SOURCES_DOMAIN);
  return new Map(text === undefined ? [] : Object.entries(JSON.parse(text) as Readonly<Record<string, SourceNote>>));
}

/** What a table has consumed of its sources. */
interface Consumed {
  /** By name; a source that was never consumed is absent. */
  readonly versions: ReadonlyMap<string, bigint>;
  /** Sources that are other tables now than those that were consumed. */
  readonly replaced: ReadonlySet<string>;
}

/** @param sources those of interest, by name, with their ids; undefined for one that is not there */
export async function consumedOf(target: Log, sources: ReadonlyMap<string, string | undefined>): Promise<Consumed> {
  const notes = await sourceNotes(target);
  const appId = (name: string): string => sourceAppId(name, notes.get(name)?.since);
  const marks = await target.txns([...sources.keys()].map(appId));
  const versions = new Map<string, bigint>();
  const replaced = new Set<string>();
  for (const [name, id] of sources) {
    const noted = notes.get(name);
    const version = marks.get(appId(name));
    if (id !== undefined && noted !== undefined && noted.id !== id) replaced.add(name);
    else if (version !== undefined) versions.set(name, version);
  }
  return { versions, replaced };
}

/** A source as its log says now. */
interface SourceTable extends Pick<Snapshot, "version" | "addedSince"> {
  readonly metadata: Pick<Snapshot["metadata"], "id">;
}

/** A source as it is, for a table that was made from it. */
export interface Standing {
  /** The version that was consumed; undefined where the table has consumed nothing of this source. */
  readonly consumed: bigint | undefined;
  /**
   * Why the source is no later state of what was consumed, so that its new rows alone say nothing: it is another table, or
   * its log has lost the version that was consumed, as when its folder was restored from a copy.
   */
  readonly other: "replaced" | "reverted" | undefined;
}

/** How a source stands to what a table has consumed of it. */
export async function standingOf(target: Log, name: string, source: SourceTable | undefined): Promise<Standing> {
  const { versions, replaced } = await consumedOf(target, new Map([[name, source?.metadata.id]]));
  const consumed = versions.get(name);
  if (replaced.has(name)) return { consumed, other: "replaced" };
  if (source === undefined || consumed === undefined) return { consumed, other: undefined };
  const { at } = (await sourceNotes(target)).get(name) ?? {};
  return { consumed, other: (await holds(source, Number(consumed), at)) ? undefined : "reverted" };
}

/** Whether a source's log holds the commit of a version; a commit that log clean-up has taken counts as held. */
async function holds(source: SourceTable, version: number, at: number | undefined): Promise<boolean> {
  if (source.version < version) return false;
  const [commit] = (at !== undefined && (await source.addedSince(version - 1))) || [];
  const committed = commit?.commitInfo && committedAt(commit.commitInfo);
  return committed === undefined || committed === at;
}

function committedAt({ inCommitTimestamp, timestamp }: CommitInfo): number | undefined {
  return inCommitTimestamp ?? timestamp;
}

/** What the log of a table is to say of the sources that its rows were read from. */
export async function marksOfSources(
  target: (Log & Pick<Snapshot, "version">) | undefined,
  sources: ReadonlyMap<string, SourceVersion>,
): Promise<{ readonly txns: ReadonlyMap<string, number>; readonly domains: Readonly<Record<string, unknown>> }> {
  if (sources.size === 0) return { txns: new Map(), domains: {} };
  const notes = new Map(target && (await sourceNotes(target)));
  const ids = new Map([...sources].map(([name, { id }]) => [name, id]));
  const consumed = target && (await consumedOf(target, ids));
  const txns = new Map<string, number>();
  for (const [name, { version, id, at }] of sources) {
    const beganAnew = consumed?.replaced.has(name) || BigInt(version) < (consumed?.versions.get(name) ?? 0n);
    const since = beganAnew && target ? target.version + 1 : notes.get(name)?.since;
    txns.set(sourceAppId(name, since), version);
    notes.set(name, { id, at, since });
  }
  return { txns, domains: { [SOURCES_DOMAIN]: Object.fromEntries([...notes].sort()) } };
}
