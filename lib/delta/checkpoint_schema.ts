import { type DataType, field, type StructType } from "../types.js";

/** Columns that only some tables' checkpoints have. */
export interface CheckpointColumns {
  /** `add.stats`: statistics as JSON text. */
  readonly stats: boolean;
  /** `add.stats_parsed` and `add.partitionValues_parsed`: the same, and the partition values, typed. */
  readonly parsed: { readonly stats: StructType; readonly partitionValues: StructType | undefined } | undefined;
  readonly deletionVectors: boolean;
  readonly rowIds: boolean;
  readonly clustering: boolean;
}

/** The columns of file actions: all that a sidecar has (protocol, "Checkpoint Schema"). */
export function fileActionsSchema(columns: CheckpointColumns): StructType {
  return struct(["add", addSchema(columns)], ["remove", removeSchema(columns)]);
}

/** The columns of a checkpoint; where sidecars have the file actions, other engines expect their columns all the same. */
export function checkpointSchema(columns: CheckpointColumns, kind: "classic" | "v2"): StructType {
  return {
    type: "struct",
    fields: [
      field("txn", TXN),
      ...fileActionsSchema(columns).fields,
      field("metaData", METADATA),
      field("protocol", PROTOCOL),
      field("domainMetadata", DOMAIN_METADATA),
      ...(kind === "classic" ? [] : [field("checkpointMetadata", CHECKPOINT_METADATA), field("sidecar", SIDECAR)]),
    ],
  };
}

function addSchema({ stats, parsed, deletionVectors, rowIds, clustering }: CheckpointColumns): StructType {
  return struct(
    ["path", "string"],
    ["partitionValues", TEXT_MAP],
    ["size", "long"],
    ["modificationTime", "long"],
    ["dataChange", "boolean"],
    ...only(stats, ["stats", "string"]),
    ["tags", TEXT_MAP],
    ...only(deletionVectors, ["deletionVector", DELETION_VECTOR]),
    ...only(rowIds, ["baseRowId", "long"], ["defaultRowCommitVersion", "long"]),
    ...only(clustering, ["clusteringProvider", "string"]),
    ...(parsed?.partitionValues ? [["partitionValues_parsed", parsed.partitionValues] as const] : []),
    ...(parsed ? [["stats_parsed", parsed.stats] as const] : []),
  );
}

function removeSchema({ deletionVectors, rowIds }: CheckpointColumns): StructType {
  return struct(
    ["path", "string"],
    ["deletionTimestamp", "long"],
    ["dataChange", "boolean"],
    ["extendedFileMetadata", "boolean"],
    ["partitionValues", TEXT_MAP],
    ["size", "long"],
    ...only(deletionVectors, ["deletionVector", DELETION_VECTOR]),
    ...only(rowIds, ["baseRowId", "long"], ["defaultRowCommitVersion", "long"]),
  );
}

type Named = readonly [name: string, type: DataType];

function struct(...fields: readonly Named[]): StructType {
  return { type: "struct", fields: fields.map(([name, type]) => field(name, type)) };
}

function only(wanted: boolean, ...fields: readonly Named[]): readonly Named[] {
  return wanted ? fields : [];
}

const TEXT_MAP: DataType = { type: "map", keyType: "string", valueType: "string", valueContainsNull: true };
const TEXT_LIST: DataType = { type: "array", elementType: "string", containsNull: true };

const TXN = struct(["appId", "string"], ["version", "long"], ["lastUpdated", "long"]);
const METADATA = struct(
  ["id", "string"],
  ["name", "string"],
  ["description", "string"],
  ["format", struct(["provider", "string"], ["options", TEXT_MAP])],
  ["schemaString", "string"],
  ["partitionColumns", TEXT_LIST],
  ["configuration", TEXT_MAP],
  ["createdTime", "long"],
);
const PROTOCOL = struct(
  ["minReaderVersion", "integer"],
  ["minWriterVersion", "integer"],
  ["readerFeatures", TEXT_LIST],
  ["writerFeatures", TEXT_LIST],
);
const DOMAIN_METADATA = struct(["domain", "string"], ["configuration", "string"], ["removed", "boolean"]);
const DELETION_VECTOR = struct(
  ["storageType", "string"],
  ["pathOrInlineDv", "string"],
  ["offset", "integer"],
  ["sizeInBytes", "integer"],
  ["cardinality", "long"],
);
const CHECKPOINT_METADATA = struct(["version", "long"], ["tags", TEXT_MAP]);
const SIDECAR = struct(["path", "string"], ["sizeInBytes", "long"], ["modificationTime", "long"], ["tags", TEXT_MAP]);
