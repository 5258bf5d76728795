import type { Snapshot } from "../delta/snapshot.js";

/** A version of a table, told from those of the same number that another table, or another past of this one, has. */
export interface SourceVersion {
  readonly version: number;
  /** Id of the Delta table: one that is deleted and built again has another. Undefined where nobody has noted it. */
  readonly id: string | undefined;
  /** `txnId` of the commit; undefined where its writer gives none, and where nobody has noted it. */
  readonly commit: string | undefined;
}

/** Domain in which a table keeps the versions of its sources that it has consumed, by their names. */
export const SOURCES_DOMAIN = "tslake.sources";

/** A source as its log says. */
interface Source extends Pick<Snapshot, "version" | "commitInfo"> {
  readonly metadata: Pick<Snapshot["metadata"], "id">;
}

/** How a version of a source is noted. */
export async function sourceVersion(source: Source): Promise<SourceVersion> {
  const { version, metadata } = source;
  return { version, id: metadata.id, commit: (await source.commitInfo(version))?.txnId };
}

/**
 * Why a source is no later state of a version that was consumed, so that its new rows alone say nothing: it is another table
 * (`replaced`), or its log has lost that version (`reverted`), as when its folder was put back from a copy. A commit that log
 * clean-up has taken counts as held. Undefined where the source is a later state or the same, is not there, or was not consumed.
 */
export async function divergence(
  consumed: SourceVersion | undefined,
  source: Source | undefined,
): Promise<"replaced" | "reverted" | undefined> {
  if (consumed === undefined || source === undefined) return undefined;
  const { version, id, commit } = consumed;
  if (id !== undefined && id !== source.metadata.id) return "replaced";
  if (version > source.version) return "reverted";
  const held = commit === undefined ? undefined : await source.commitInfo(version);
  return held === undefined || held.txnId === commit ? undefined : "reverted";
}

type Log = Pick<Snapshot, "txn" | "domainMetadata">;
type Notes = Readonly<Record<string, SourceVersion | string>>;

async function notesOf(target: Log): Promise<Notes> {
  return JSON.parse((await target.domainMetadata(SOURCES_DOMAIN)) ?? "{}") as Notes;
}

/** What a table has consumed of these sources, by their names; one of which it has consumed nothing is absent. */
export async function consumedOf(target: Log, names: readonly string[]): Promise<ReadonlyMap<string, SourceVersion>> {
  const notes = await notesOf(target);
  const consumed = new Map<string, SourceVersion>();
  for (const name of names) {
    const note = notes[name];
    const version = typeof note === "object" ? note : await olderNote(target, name, note);
    if (version !== undefined) consumed.set(name, version);
  }
  return consumed;
}

/** Older logs have the version as an application's, beside the id alone or nothing. */
async function olderNote(target: Log, name: string, id: string | undefined): Promise<SourceVersion | undefined> {
  const own = id === undefined ? undefined : await target.txn(`source:${name}@${id}`);
  const version = own ?? (await target.txn(`source:${name}`));
  return version === undefined ? undefined : { version: Number(version), id, commit: undefined };
}

/** The value of `SOURCES_DOMAIN` in a table's log once it has consumed these versions, by the names of the sources. */
export async function notesWith(
  target: Log | undefined,
  sources: ReadonlyMap<string, SourceVersion>,
): Promise<Readonly<Record<string, unknown>>> {
  const notes = { ...(target && (await notesOf(target))), ...Object.fromEntries(sources) };
  return Object.fromEntries(Object.entries(notes).sort());
}
