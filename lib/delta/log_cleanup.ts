import { nowMillis } from "../clock.js";
import type { ObjectMeta } from "../storage/storage.js";
import { parseJson } from "./json.js";
import { commitPath, LOG_PREFIX, type LogFile, parseLogPath, SIDECAR_FOLDER } from "./log_path.js";
import type { Snapshot } from "./snapshot.js";
import { hasFeature } from "./table_features.js";

/** What a clean-up removed. */
export interface CleanedLog {
  /** The oldest version that can still be read, where something was removed. */
  readonly oldest: number | undefined;
  readonly files: number;
}

const DAY = 86_400_000;

/**
 * Removes what the log need not keep (protocol, "Metadata Cleanup"). The cut-off is the midnight (UTC) at or before the
 * present less `delta.logRetentionDuration`; the newest checkpoint of a commit that is no newer stays, with its commit
 * and all that follows; everything before it goes, oldest first, so that what remains can be read after a crash, too.
 * Then go the sidecars, older by a day, that no checkpoint names any more.
 */
export async function cleanUpLog(snapshot: Snapshot): Promise<CleanedLog> {
  const cutOff = Math.floor((nowMillis() - snapshot.properties.logRetention) / DAY) * DAY;
  if (hasFeature(snapshot.protocol, "checkpointProtection")) return NOTHING;
  const first = await snapshot.storage.head(commitPath(0));
  if (first !== undefined && first.modifiedAt > cutOff) return NOTHING;

  const files = await listLog(snapshot);
  const kept = cutOffCheckpoint(files, cutOff);
  if (kept === undefined) return NOTHING;
  const expired = files.filter(({ version }) => version < kept);
  for (const { path } of expired) await snapshot.storage.delete(path);
  const sidecars = await removeSidecars(
    snapshot,
    files.filter(({ version }) => version >= kept),
    cutOff - DAY,
  );
  return { oldest: expired.length === 0 ? undefined : kept, files: expired.length + sidecars };
}

const NOTHING: CleanedLog = { oldest: undefined, files: 0 };

interface VersionedFile extends ObjectMeta {
  readonly version: number;
  readonly kind: LogFile["kind"] | "other";
  /** Files that make up the checkpoint; 0 for other kinds. */
  readonly parts: number;
}

/** Every file of a version, ascending; also checksums and compacted commits, which begin with a version. */
async function listLog({ storage }: Snapshot): Promise<readonly VersionedFile[]> {
  const listed = await storage.list(LOG_PREFIX);
  return listed.flatMap((object) => {
    const name = object.path.slice(object.path.lastIndexOf("/") + 1);
    const version = /^(\d{20})\./.exec(name)?.[1];
    if (version === undefined) return [];
    const file = parseLogPath(object.path);
    const parts = file === undefined || file.kind === "commit" ? 0 : file.kind === "checkpoint" ? file.parts : 1;
    return [{ ...object, version: Number(version), kind: file?.kind ?? "other", parts }];
  });
}

/** The version of the newest complete checkpoint at or before the newest commit that is not after the cut-off. */
function cutOffCheckpoint(files: readonly VersionedFile[], cutOff: number): number | undefined {
  let newest = -1;
  for (const { kind, version, modifiedAt } of files) {
    if (kind !== "commit") continue;
    // Commits are no older than those before them, whatever their files' times say.
    if (modifiedAt > cutOff) break;
    newest = version;
  }
  const checkpoints = files.filter(({ parts, version }) => parts > 0 && version <= newest);
  const complete = checkpoints.filter(
    (one) =>
      checkpoints.filter(({ version, parts }) => version === one.version && parts === one.parts).length >= one.parts,
  );
  return complete.at(-1)?.version;
}

async function removeSidecars(snapshot: Snapshot, kept: readonly VersionedFile[], before: number): Promise<number> {
  const { storage } = snapshot;
  const old = (await storage.list(`${SIDECAR_FOLDER}/`)).filter(({ modifiedAt }) => modifiedAt < before);
  if (old.length === 0) return 0;
  const named = new Set<string>();
  for (const { kind, path } of kept) {
    // A checkpoint under a classic name may have sidecars, too (protocol, "V2 Spec").
    if (kind === "commit" || kind === "other") continue;
    for (const name of await sidecarNames(snapshot, path)) named.add(name);
  }
  const unnamed = old.filter(({ path }) => !named.has(path.slice(SIDECAR_FOLDER.length + 1)));
  for (const { path } of unnamed) await storage.delete(path);
  return unnamed.length;
}

/** The sidecars that a checkpoint's top-level file names. */
async function sidecarNames({ storage, handler }: Snapshot, path: string): Promise<readonly string[]> {
  const names: unknown[] = [];
  if (path.endsWith(".json")) {
    const text = new TextDecoder().decode(await storage.read(path));
    for (const line of text.split("\n")) {
      if (line.trim() === "") continue;
      names.push((parseJson(line) as { readonly sidecar?: { readonly path?: unknown } }).sidecar?.path);
    }
  } else {
    for await (const batch of handler.read(storage, path, ["sidecar.path"]))
      names.push(...batch.column("sidecar.path"));
  }
  return names
    .filter((name) => typeof name === "string")
    .map((name) => decodeURIComponent(name.slice(name.lastIndexOf("/") + 1)));
}
