import { nowMillis } from "../clock.js";
import { DeltaError } from "../errors.js";
import { type DataType, field, type StructType } from "../types.js";
import type { AddFile, Protocol, RemoveFile } from "./actions/action.js";
import { writeLastCheckpoint } from "./last_checkpoint.js";
import { checkpointPath } from "./log_path.js";
import type { CheckpointFiles } from "./log_segment.js";
import type { Snapshot } from "./snapshot.js";

/** Commits from one checkpoint to the next, where the table has no property for it, as long as the table is small. */
const DEFAULT_CHECKPOINT_INTERVAL = 10;

/**
 * Writes a checkpoint when enough commits have come since the last one; answers the snapshot that stands on it, or the
 * one given. Without the property `delta.checkpointInterval`, a large table (of n actions) waits for n / 20 commits, so
 * that the work of checkpoints stays in proportion to that of the commits.
 */
export async function checkpointIfDue(snapshot: Snapshot): Promise<Snapshot> {
  const last = snapshot.checkpoint;
  const commits = snapshot.version - (last?.version ?? 0);
  const due = snapshot.properties.checkpointInterval ?? DEFAULT_CHECKPOINT_INTERVAL;
  const actions = snapshot.properties.checkpointInterval === undefined ? (last?.actions ?? 0) : 0;
  if (commits < Math.max(due, actions / 20)) return snapshot;
  return snapshot.withCheckpoint(await writeCheckpoint(snapshot));
}

/**
 * Writes a classic (v1, single-file) checkpoint of a version, then `_last_checkpoint`. It holds protocol, metadata, the
 * data files, tombstones and transactions whose retention is not over, and the domains that were not removed.
 */
export async function writeCheckpoint(snapshot: Snapshot): Promise<CheckpointFiles> {
  const { protocol, metadata, version, properties, storage } = snapshot;
  const now = nowMillis();
  const adds = await snapshot.files();
  const removes = (await snapshot.tombstones()).filter(
    ({ deletionTimestamp = 0 }) => deletionTimestamp > now - properties.deletedFileRetention,
  );
  const keepTxnsFrom =
    properties.setTransactionRetention === undefined ? undefined : now - properties.setTransactionRetention;
  const txns = [...(await snapshot.allTxns()).values()]
    .filter(({ lastUpdated }) => keepTxnsFrom === undefined || lastUpdated === undefined || lastUpdated > keepTxnsFrom)
    // In order, so that the row groups' statistics lead to an application's row.
    .sort((a, b) => (a.appId < b.appId ? -1 : a.appId > b.appId ? 1 : 0));
  const domains = [...(await snapshot.domains()).values()].filter(({ removed }) => !removed);
  if ([...adds, ...removes].some(({ deletionVector }) => deletionVector !== undefined)) {
    throw new DeltaError("This engine writes no checkpoints of tables with deletion vectors", { where: { version } });
  }

  const createdTime = metadata.createdTime === undefined ? null : BigInt(metadata.createdTime);
  const header = [
    { protocol: protocolRow(protocol) },
    { metaData: { ...metadata, createdTime } },
    ...domains.map((domainMetadata) => ({ domainMetadata })),
  ];
  const actions = header.length + txns.length + adds.length + removes.length;
  const bytes = await snapshot.handler.encode(
    SCHEMA,
    rowGroups(
      actions > SINGLE_GROUP_ROWS,
      header,
      map(txns, ({ appId, version: at, lastUpdated }) => ({
        txn: { appId, version: at, lastUpdated: long(lastUpdated) },
      })),
      map(adds, addRow),
      map(removes, removeRow),
    ),
  );
  const path = checkpointPath(version);
  await storage.put(path, bytes);
  await writeLastCheckpoint(storage, { version, size: actions, sizeInBytes: bytes.length, numOfAddFiles: adds.length });
  return { version, parts: [{ path, size: bytes.length, modifiedAt: now }], actions };
}

type Row = Readonly<Record<string, unknown>>;

/** Rows of a row group: a look-up in a large checkpoint reads one group's worth. */
const ROW_GROUP_ROWS = 20_000;

/** A checkpoint of no more rows is one row group. */
const SINGLE_GROUP_ROWS = 1000;

/** All rows in one group, or, split, each kind of action in groups of its own. */
function* rowGroups(split: boolean, ...kinds: readonly Iterable<Row>[]): Generator<readonly Row[]> {
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

function* map<T, R>(items: readonly T[], convert: (item: T) => R): Generator<R> {
  for (const item of items) yield convert(item);
}

function addRow(add: AddFile): Row {
  const { path, partitionValues, size, modificationTime, stats, tags } = add;
  return {
    add: {
      path,
      partitionValues,
      size: BigInt(size),
      modificationTime: BigInt(modificationTime),
      dataChange: false,
      stats,
      tags,
    },
  };
}

function removeRow(remove: RemoveFile): Row {
  const { path, deletionTimestamp, extendedFileMetadata, partitionValues, size } = remove;
  return {
    remove: {
      path,
      deletionTimestamp: long(deletionTimestamp),
      dataChange: false,
      extendedFileMetadata: extendedFileMetadata ?? false,
      partitionValues,
      size: long(size),
    },
  };
}

function protocolRow({ minReaderVersion, minWriterVersion, readerFeatures, writerFeatures }: Protocol): Row {
  return { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures };
}

function long(value: number | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}

const struct = (...fields: readonly (readonly [string, DataType])[]): StructType => ({
  type: "struct",
  fields: fields.map(([name, type]) => field(name, type)),
});
const TEXT_MAP: DataType = { type: "map", keyType: "string", valueType: "string", valueContainsNull: true };
const TEXT_LIST: DataType = { type: "array", elementType: "string", containsNull: true };

/** Protocol, "Checkpoint Schema". */
const SCHEMA = struct(
  ["txn", struct(["appId", "string"], ["version", "long"], ["lastUpdated", "long"])],
  [
    "add",
    struct(
      ["path", "string"],
      ["partitionValues", TEXT_MAP],
      ["size", "long"],
      ["modificationTime", "long"],
      ["dataChange", "boolean"],
      ["stats", "string"],
      ["tags", TEXT_MAP],
    ),
  ],
  [
    "remove",
    struct(
      ["path", "string"],
      ["deletionTimestamp", "long"],
      ["dataChange", "boolean"],
      ["extendedFileMetadata", "boolean"],
      ["partitionValues", TEXT_MAP],
      ["size", "long"],
    ),
  ],
  [
    "metaData",
    struct(
      ["id", "string"],
      ["name", "string"],
      ["description", "string"],
      ["format", struct(["provider", "string"], ["options", TEXT_MAP])],
      ["schemaString", "string"],
      ["partitionColumns", TEXT_LIST],
      ["configuration", TEXT_MAP],
      ["createdTime", "long"],
    ),
  ],
  [
    "protocol",
    struct(
      ["minReaderVersion", "integer"],
      ["minWriterVersion", "integer"],
      ["readerFeatures", TEXT_LIST],
      ["writerFeatures", TEXT_LIST],
    ),
  ],
  ["domainMetadata", struct(["domain", "string"], ["configuration", "string"], ["removed", "boolean"])],
);
