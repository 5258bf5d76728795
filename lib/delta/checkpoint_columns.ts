import type { DeletionVectorDescriptor } from "./actions/action.js";
import type { ColumnBatch } from "./handler.js";

/** The columns of each kind of action in a checkpoint (protocol, "Checkpoint Schema"). */
export const PROTOCOL = [
  "protocol.minReaderVersion",
  "protocol.minWriterVersion",
  "protocol.readerFeatures",
  "protocol.writerFeatures",
];
export const METADATA = [
  "metaData.id",
  "metaData.name",
  "metaData.description",
  "metaData.format.provider",
  "metaData.format.options",
  "metaData.schemaString",
  "metaData.partitionColumns",
  "metaData.configuration",
  "metaData.createdTime",
];
export const ADD = [
  "add.partitionValues",
  "add.size",
  "add.modificationTime",
  "add.tags",
  "add.baseRowId",
  "add.defaultRowCommitVersion",
  "add.clusteringProvider",
];
export const REMOVE = [
  "remove.path",
  "remove.deletionTimestamp",
  "remove.extendedFileMetadata",
  "remove.partitionValues",
  "remove.size",
  "remove.baseRowId",
  "remove.defaultRowCommitVersion",
];
export const SIDECAR = ["sidecar.path", "sidecar.sizeInBytes"];
export const TXN = ["txn.appId", "txn.version", "txn.lastUpdated"];
export const DOMAIN = ["domainMetadata.domain", "domainMetadata.configuration", "domainMetadata.removed"];

/** The columns of the deletion vector of an action. */
export function vectorColumns(action: "add" | "remove"): readonly string[] {
  return VECTOR.map((name) => `${action}.deletionVector.${name}`);
}

const VECTOR = ["storageType", "pathOrInlineDv", "offset", "sizeInBytes", "cardinality"];

/** The deletion vectors of the actions in a batch, by row. */
export function deletionVectors(
  batch: ColumnBatch,
  action: "add" | "remove",
  rows?: readonly number[],
): (index: number) => DeletionVectorDescriptor | undefined {
  const [types, paths, offsets, sizes, cardinalities] = valuesOf(batch, vectorColumns(action), rows);
  return (index) => {
    const storageType = types?.[index] ?? null;
    if (storageType === null) return undefined;
    const offset = optionalNumber(offsets?.[index]);
    return {
      storageType: storageType as string,
      pathOrInlineDv: (paths?.[index] ?? "") as string,
      ...(offset === undefined ? {} : { offset }),
      sizeInBytes: Number(sizes?.[index] ?? 0),
      cardinality: Number(cardinalities?.[index] ?? 0),
    };
  };
}

/** Columns of a batch, or what they hold in some rows. */
export function valuesOf(
  batch: ColumnBatch,
  columns: readonly string[],
  rows?: readonly number[],
): readonly (readonly unknown[])[] {
  return columns.map((name) => batch.column(name, rows));
}

/** The places that hold something. */
export function* nonNull(values: readonly unknown[] = []): Generator<number> {
  for (let index = 0; index < values.length; index++) if (values[index] !== null) yield index;
}

/** A number from what Parquet gives for one; undefined for null. */
export function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
