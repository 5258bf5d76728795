import { newId } from "../clock.js";
import { DeltaError } from "../errors.js";
import type { AddFile, DomainMetadata, Metadata, Protocol, RemoveFile } from "./actions/action.js";
import { fileKey } from "./file_path.js";
import { isJsonObject, parseJson, stringifyJson } from "./json.js";
import type { Snapshot } from "./snapshot.js";
import { parseStats } from "./stats.js";
import { hasFeature } from "./table_features.js";

const DOMAIN = "delta.rowTracking";
const ENABLED = "delta.enableRowTracking";
const SUSPENDED = "delta.rowTrackingSuspended";
const MATERIALIZED = {
  "delta.rowTracking.materializedRowIdColumnName": "_row-id-col-",
  "delta.rowTracking.materializedRowCommitVersionColumnName": "_row-commit-version-col-",
} as const;

/** What a commit says of the ids of its rows. */
export interface TrackedRows {
  readonly adds: readonly AddFile[];
  /** The highest id so far, where it has grown. */
  readonly domain?: DomainMetadata;
  /** Whether every row of the table keeps its id; undefined where rows need none. */
  readonly preserved?: boolean;
}

/**
 * Metadata with names, that no column has, for what files of a table with row tracking may hold beside its columns.
 * @throws DeltaError when row tracking is both enabled and suspended
 */
export function trackedMetadata(metadata: Metadata): Metadata {
  if (!isEnabled(metadata)) return metadata;
  if (isTrue(metadata, SUSPENDED))
    throw new DeltaError(`${ENABLED} and ${SUSPENDED} exclude each other`, { remedy: `Take ${SUSPENDED} away.` });
  const names = Object.entries(MATERIALIZED).map(([key, prefix]) => [key, `${prefix}${newId()}`]);
  return { ...metadata, configuration: { ...Object.fromEntries(names), ...metadata.configuration } };
}

/**
 * The files that a commit adds, with ids for their rows (protocol, "Writer Requirements for Row Tracking"): new files get
 * ids above all that were ever given, known ones keep theirs. Rows that are written again, updated or as they were, get new
 * ids: this engine writes no ids beside the rows. The commit that turns the feature on gives ids to all files of the table.
 * @param base the version that the commit follows
 */
export async function trackRows(
  base: Snapshot | undefined,
  changes: {
    readonly protocol: Protocol | undefined;
    readonly metadata: Metadata | undefined;
    readonly adds: readonly AddFile[];
    readonly removes: readonly RemoveFile[];
  },
  version: number,
): Promise<TrackedRows> {
  const { adds, removes } = changes;
  const [protocol, metadata] = [changes.protocol ?? base?.protocol, changes.metadata ?? base?.metadata];
  if (!protocol || !metadata || !hasFeature(protocol, "rowTracking") || isTrue(metadata, SUSPENDED)) return { adds };
  const begins = isEnabled(metadata) && base !== undefined && !isEnabled(base.metadata);
  const known = begins ? await untrackedFiles(base, changes) : [];
  const before = await highWaterMark(base);
  let last = before;
  const tracked = [...adds, ...known].map((add) => {
    const { baseRowId = last + 1n, defaultRowCommitVersion = version } = add;
    if (add.baseRowId === undefined) last += rowsIn(add);
    return { ...add, baseRowId, defaultRowCommitVersion };
  });
  const isFresh = adds.some(({ baseRowId }) => baseRowId === undefined);
  return {
    adds: tracked,
    ...(last > before && { domain: domainOf(last) }),
    ...(isEnabled(metadata) && { preserved: !isFresh || removes.length === 0 }),
  };
}

/** The files of the table that have no ids and stay. */
async function untrackedFiles(
  base: Snapshot,
  { adds, removes }: { readonly adds: readonly AddFile[]; readonly removes: readonly RemoveFile[] },
): Promise<readonly AddFile[]> {
  const touched = new Set([...adds, ...removes].map(fileKey));
  const files = await base.files();
  return files
    .filter((file) => file.baseRowId === undefined && !touched.has(fileKey(file)))
    .map((file) => ({ ...file, dataChange: false }));
}

/** The highest id that a row has had; -1 where none has. */
async function highWaterMark(base: Snapshot | undefined): Promise<bigint> {
  const text = await base?.domainMetadata(DOMAIN);
  if (text === undefined) return -1n;
  const parsed = parseJson(text);
  const mark = isJsonObject(parsed) ? parsed["rowIdHighWaterMark"] : undefined;
  if (typeof mark === "number" || typeof mark === "bigint") return BigInt(mark);
  throw new DeltaError(`The metadata domain ${DOMAIN} holds no rowIdHighWaterMark`, { actual: text });
}

function domainOf(last: bigint): DomainMetadata {
  return { domain: DOMAIN, configuration: stringifyJson({ rowIdHighWaterMark: last }), removed: false };
}

/** All rows of a file, those that are hidden, too. */
function rowsIn({ path, stats }: AddFile): bigint {
  const rows = parseStats(stats)?.numRecords;
  if (rows !== undefined) return rows;
  throw new DeltaError("The table tracks rows, but a file does not tell how many it has", {
    where: { file: path },
    expected: "numRecords in its statistics",
  });
}

function isEnabled(metadata: Metadata): boolean {
  return isTrue(metadata, ENABLED);
}

function isTrue({ configuration }: Metadata, name: string): boolean {
  return configuration[name]?.toLowerCase() === "true";
}
