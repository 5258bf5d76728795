/** The actions of a commit (protocol, "Actions"), in the form that the log's JSON gives them. */

import type { JsonObject } from "../json.js";

/** Where a deletion vector is stored and how large it is. */
export interface DeletionVectorDescriptor {
  /** `u` relative file, `i` inline, `p` absolute path. */
  readonly storageType: string;
  readonly pathOrInlineDv: string;
  /** Bytes into the file. */
  readonly offset?: number;
  readonly sizeInBytes: number;
  /** Rows deleted. */
  readonly cardinality: number;
}

/** Serialized partition values by column; null (and, for every type, the empty text) is null. */
export type PartitionValues = Readonly<Record<string, string | null>>;

/** A data file that belongs to the table. */
export interface AddFile {
  /** URL-encoded, relative to the table's root, or absolute: `decodePath` gives the storage path. */
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modificationTime: number;
  /** False when the commit only rearranges rows that the table already had. */
  readonly dataChange: boolean;
  /** JSON text: see stats.ts. */
  readonly stats?: string | undefined;
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
  readonly baseRowId?: number | bigint | undefined;
  readonly defaultRowCommitVersion?: number | bigint | undefined;
  readonly clusteringProvider?: string | undefined;
}

/** A tombstone: a data file that no longer belongs to the table and may be vacuumed once the retention is over. */
export interface RemoveFile {
  readonly path: string;
  /** Milliseconds since the epoch. */
  readonly deletionTimestamp?: number | undefined;
  readonly dataChange: boolean;
  /** True when partitionValues, size and tags are given. */
  readonly extendedFileMetadata?: boolean | undefined;
  readonly partitionValues?: PartitionValues | undefined;
  readonly size?: number | undefined;
  readonly stats?: string | undefined;
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
  readonly deletionVector?: DeletionVectorDescriptor | undefined;
  readonly baseRowId?: number | bigint | undefined;
  readonly defaultRowCommitVersion?: number | bigint | undefined;
}

/** A file of row changes (protocol, "Add CDC File"): the table's columns and `_change_type`. */
export interface AddCdcFile {
  readonly path: string;
  readonly partitionValues: PartitionValues;
  /** Bytes. */
  readonly size: number;
  readonly tags?: Readonly<Record<string, string | null>> | undefined;
}

export interface Metadata {
  /** UUID of the table. */
  readonly id: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly format: { readonly provider: string; readonly options: Readonly<Record<string, string>> };
  /** The schema as JSON text: see schema.ts. */
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly configuration: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdTime?: number | undefined;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Given exactly when minReaderVersion is 3. */
  readonly readerFeatures?: readonly string[] | undefined;
  /** Given exactly when minWriterVersion is 7. */
  readonly writerFeatures?: readonly string[] | undefined;
}

/** How far an application got: makes its commits idempotent. */
export interface SetTransaction {
  readonly appId: string;
  readonly version: bigint;
  /** Milliseconds since the epoch. */
  readonly lastUpdated?: number | undefined;
}

export interface DomainMetadata {
  readonly domain: string;
  readonly configuration: string;
  readonly removed: boolean;
}

/** Provenance of a commit. Any other field may stand beside these; ours are under `tslake`. */
export interface CommitInfo extends JsonObject {
  /** Milliseconds since the epoch. */
  readonly timestamp?: number;
  /** Milliseconds since the epoch; strictly increasing, where the table has in-commit timestamps. */
  readonly inCommitTimestamp?: number;
  readonly operation?: string;
  readonly operationParameters?: JsonObject;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly readVersion?: number;
  readonly isolationLevel?: string;
  readonly isBlindAppend?: boolean;
  readonly engineInfo?: string;
  readonly txnId?: string;
  readonly userMetadata?: string;
  readonly tslake?: JsonObject;
}

/** One commit file, sorted by kind of action. Kinds that readers may ignore are left out. */
export interface Commit {
  readonly version: number;
  readonly commitInfo: CommitInfo | undefined;
  readonly protocol: Protocol | undefined;
  readonly metadata: Metadata | undefined;
  readonly txns: readonly SetTransaction[];
  readonly domains: readonly DomainMetadata[];
  readonly removes: readonly RemoveFile[];
  readonly adds: readonly AddFile[];
  /** What the commit changed, row by row; without these the added and removed files say it. */
  readonly cdc?: readonly AddCdcFile[] | undefined;
}
