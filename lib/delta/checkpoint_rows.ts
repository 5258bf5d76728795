import type {
  AddFile,
  DeletionVectorDescriptor,
  DomainMetadata,
  Metadata,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";

/** A row of a checkpoint, its action below the name of its kind; longs are `bigint`. */
export type Row = Readonly<Record<string, unknown>>;

export function protocolRow({ minReaderVersion, minWriterVersion, readerFeatures, writerFeatures }: Protocol): Row {
  return { protocol: { minReaderVersion, minWriterVersion, readerFeatures, writerFeatures } };
}

export function metadataRow(metadata: Metadata): Row {
  return { metaData: { ...metadata, createdTime: long(metadata.createdTime) } };
}

export function domainRow(domainMetadata: DomainMetadata): Row {
  return { domainMetadata };
}

export function txnRow({ appId, version, lastUpdated }: SetTransaction): Row {
  return { txn: { appId, version, lastUpdated: long(lastUpdated) } };
}

/** @param parsed the columns with typed values, where the checkpoint has them */
export function addRow(add: AddFile, parsed: Row): Row {
  const { path, partitionValues, size, modificationTime, stats, tags, clusteringProvider } = add;
  return {
    add: {
      path,
      partitionValues,
      size: BigInt(size),
      modificationTime: BigInt(modificationTime),
      dataChange: false,
      stats,
      tags,
      deletionVector: deletionVector(add.deletionVector),
      baseRowId: long(add.baseRowId),
      defaultRowCommitVersion: long(add.defaultRowCommitVersion),
      clusteringProvider,
      ...parsed,
    },
  };
}

export function removeRow(remove: RemoveFile): Row {
  const { path, deletionTimestamp, extendedFileMetadata, partitionValues, size } = remove;
  return {
    remove: {
      path,
      deletionTimestamp: long(deletionTimestamp),
      dataChange: false,
      extendedFileMetadata: extendedFileMetadata ?? false,
      partitionValues,
      size: long(size),
      deletionVector: deletionVector(remove.deletionVector),
      baseRowId: long(remove.baseRowId),
      defaultRowCommitVersion: long(remove.defaultRowCommitVersion),
    },
  };
}

/** @param path the sidecar's name in its folder */
export function sidecarRow(path: string, sizeInBytes: number, modificationTime: number): Row {
  return { sidecar: { path, sizeInBytes: BigInt(sizeInBytes), modificationTime: BigInt(modificationTime) } };
}

function deletionVector(vector: DeletionVectorDescriptor | undefined): Row | undefined {
  return vector && { ...vector, cardinality: BigInt(vector.cardinality) };
}

function long(value: number | bigint | undefined): bigint | null {
  return value === undefined ? null : BigInt(value);
}
