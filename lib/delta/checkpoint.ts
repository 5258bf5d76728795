import { newId, nowMillis } from "../clock.js";
import type { StructField, StructType } from "../types.js";
import type { AddFile, RemoveFile } from "./actions/action.js";
import {
  addRow,
  domainRow,
  metadataRow,
  protocolRow,
  type Row,
  removeRow,
  sidecarRow,
  txnRow,
} from "./checkpoint_rows.js";
import { type CheckpointColumns, checkpointSchema, fileActionsSchema } from "./checkpoint_schema.js";
import { parsedPartitionSchema, parsedPartitionValues, parsedStats, parsedStatsSchema } from "./checkpoint_stats.js";
import { writeLastCheckpoint } from "./last_checkpoint.js";
import { cleanUpLog } from "./log_cleanup.js";
import { checkpointPath, sidecarPath, v2CheckpointPath } from "./log_path.js";
import type { CheckpointFiles } from "./log_segment.js";
import type { Snapshot } from "./snapshot.js";
import { type LeafColumn, statsColumns } from "./stats_columns.js";
import { hasFeature } from "./table_features.js";

/** Commits from one checkpoint to the next, where the table has no property for it, as long as the table is small. */
const DEFAULT_CHECKPOINT_INTERVAL = 10;

/**
 * Writes a checkpoint when enough commits have come since the last one; answers the snapshot that stands on it, or the
 * one given. Without the property `delta.checkpointInterval`, a large table (of n actions) waits for n / 20 commits, so
 * that the work of checkpoints stays in proportion to that of the commits.
 */
export async function checkpointIfDue(snapshot: Snapshot): Promise<Snapshot> {
  const { version, checkpoint: last, properties } = snapshot;
  const commits = version - (last?.version ?? 0);
  const due = properties.checkpointInterval ?? Math.max(DEFAULT_CHECKPOINT_INTERVAL, (last?.actions ?? 0) / 20);
  return commits < due ? snapshot : checkpointNow(snapshot);
}

/** Writes a checkpoint, then clears away what the log no longer needs; answers the snapshot that stands on it. */
export async function checkpointNow(snapshot: Snapshot): Promise<Snapshot> {
  const standing = await snapshot.withCheckpoint(await writeCheckpoint(snapshot));
  if (snapshot.properties.enableExpiredLogCleanup) await cleanUpLog(standing);
  return standing;
}

/**
 * Writes a checkpoint of a version, then `_last_checkpoint`. It holds protocol, metadata, the data files, tombstones and
 * transactions whose retention is not over, and the domains that were not removed. It is one file (v1), or, where the
 * table has the feature v2Checkpoint and its property `delta.checkpointPolicy` is `v2`, a file that names others, the
 * sidecars, which hold the files and tombstones.
 */
export async function writeCheckpoint(snapshot: Snapshot): Promise<CheckpointFiles> {
  const { version, properties, protocol, storage } = snapshot;
  const content = await contentOf(snapshot);
  const isV2 = properties.checkpointPolicy === "v2" && hasFeature(protocol, "v2Checkpoint");
  const { file, size, sizeInBytes } = await (isV2 ? writeV2(snapshot, content) : writeClassic(snapshot, content));
  await writeLastCheckpoint(storage, {
    version,
    size,
    sizeInBytes,
    numOfAddFiles: content.adds.length,
    ...(isV2 && {
      v2Checkpoint: { path: nameOf(file.path), sizeInBytes: file.size, modificationTime: file.modifiedAt },
    }),
  });
  return { version, parts: [file], actions: size };
}

/** What a checkpoint says, as rows of its kinds. */
interface Content {
  readonly columns: CheckpointColumns;
  /** Protocol, metadata, domains. */
  readonly header: readonly Row[];
  readonly txns: readonly Row[];
  readonly adds: readonly AddFile[];
  readonly removes: readonly RemoveFile[];
  /** What only some tables' checkpoints have of a data file. */
  readonly parsed: (add: AddFile) => Row;
}

interface Written {
  readonly file: CheckpointFiles["parts"][number];
  /** Actions. */
  readonly size: number;
  readonly sizeInBytes: number;
}

/** Rows of a row group: a look-up in a large checkpoint reads one group's worth. */
const ROW_GROUP_ROWS = 20_000;

/** A checkpoint of no more rows is one row group. */
const SINGLE_GROUP_ROWS = 1000;

/** File actions of a sidecar. */
const SIDECAR_ROWS = 100_000;

async function contentOf(snapshot: Snapshot): Promise<Content> {
  const { protocol, metadata, properties } = snapshot;
  const now = nowMillis();
  const { deletedFileRetention, setTransactionRetention } = properties;
  const txns = [...(await snapshot.allTxns()).values()]
    .filter(
      ({ lastUpdated }) =>
        setTransactionRetention === undefined ||
        lastUpdated === undefined ||
        lastUpdated > now - setTransactionRetention,
    )
    // In order, so that the row groups' statistics lead to an application's row.
    .sort((a, b) => (a.appId < b.appId ? -1 : a.appId > b.appId ? 1 : 0));
  const domains = [...(await snapshot.domains()).values()].filter(({ removed }) => !removed);
  const leaves = statsColumns(snapshot.schema, snapshot.partitionColumns, properties);
  const partitions = snapshot.schema.fields.filter(({ name }) => snapshot.partitionColumns.includes(name));
  return {
    columns: {
      stats: properties.writeStatsAsJson,
      parsed: properties.writeStatsAsStruct
        ? { stats: parsedStatsSchema(leaves), partitionValues: parsedPartitionSchema(partitions) }
        : undefined,
      deletionVectors: hasFeature(protocol, "deletionVectors"),
      rowIds: hasFeature(protocol, "rowTracking"),
      clustering: hasFeature(protocol, "clustering"),
    },
    header: [protocolRow(protocol), metadataRow(metadata), ...domains.map(domainRow)],
    txns: txns.map(txnRow),
    adds: await snapshot.files(),
    removes: (await snapshot.tombstones()).filter(
      ({ deletionTimestamp = 0 }) => deletionTimestamp > now - deletedFileRetention,
    ),
    parsed: properties.writeStatsAsStruct ? (add) => parsedColumns(add, leaves, partitions) : () => ({}),
  };
}

function parsedColumns(add: AddFile, leaves: readonly LeafColumn[], partitions: readonly StructField[]): Row {
  return {
    partitionValues_parsed: parsedPartitionValues(add, partitions),
    stats_parsed: parsedStats(add.stats, leaves),
  };
}

async function writeClassic(snapshot: Snapshot, content: Content): Promise<Written> {
  const { header, txns, adds, removes, columns } = content;
  const size = header.length + txns.length + adds.length + removes.length;
  const kinds = [header, txns, addRows(content, adds), map(removes, removeRow)];
  const groups = rowGroups(size > SINGLE_GROUP_ROWS, kinds);
  const path = checkpointPath(snapshot.version);
  const file = await put(snapshot, path, checkpointSchema(columns, "classic"), groups);
  return { file, size, sizeInBytes: file.size };
}

/** Sidecars first: the file that names them makes the checkpoint. */
async function writeV2(snapshot: Snapshot, content: Content): Promise<Written> {
  const { header, txns, adds, removes, columns } = content;
  const sidecars: Row[] = [];
  let sizeInBytes = 0;
  const schema = fileActionsSchema(columns);
  for (const kinds of [
    ...chunks(adds, SIDECAR_ROWS).map((part) => [addRows(content, part)]),
    ...chunks(removes, SIDECAR_ROWS).map((part) => [map(part, removeRow)]),
  ]) {
    const path = sidecarPath(newId());
    const { size, modifiedAt } = await put(snapshot, path, schema, rowGroups(true, kinds));
    sidecars.push(sidecarRow(nameOf(path), size, modifiedAt));
    sizeInBytes += size;
  }
  const about = { checkpointMetadata: { version: BigInt(snapshot.version) } };
  const rows = [[about, ...header, ...sidecars], txns];
  const path = v2CheckpointPath(snapshot.version, newId());
  const groups = rowGroups(txns.length > SINGLE_GROUP_ROWS, rows);
  const file = await put(snapshot, path, checkpointSchema(columns, "v2"), groups);
  const size = 1 + header.length + sidecars.length + txns.length + adds.length + removes.length;
  return { file, size, sizeInBytes: sizeInBytes + file.size };
}

async function put(
  { storage, handler }: Snapshot,
  path: string,
  schema: StructType,
  groups: Iterable<readonly Row[]>,
): Promise<Written["file"]> {
  const bytes = await handler.encode(schema, groups);
  await storage.put(path, bytes);
  return { path, size: bytes.length, modifiedAt: nowMillis() };
}

/** All rows in one group, or, split, each kind of action in groups of its own. */
function* rowGroups(split: boolean, kinds: readonly Iterable<Row>[]): Generator<readonly Row[]> {
  let group: Row[] = [];
  for (const rows of kinds) {
    if (split && group.length > 0) {
      yield group;
      group = [];
    }
    for (const row of rows) {
      group.push(row);
      if (group.length < ROW_GROUP_ROWS) continue;
      yield group;
      group = [];
    }
  }
  yield group;
}

function addRows({ parsed }: Content, adds: readonly AddFile[]): Iterable<Row> {
  return map(adds, (add) => addRow(add, parsed(add)));
}

function* map<T, R>(items: readonly T[], convert: (item: T) => R): Generator<R> {
  for (const item of items) yield convert(item);
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
