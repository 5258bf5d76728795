import type { Storage } from "../storage/storage.js";
import type {
  AddFile,
  DomainMetadata,
  Metadata,
  PartitionValues,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./actions/action.js";
import { parseMetadata, parseProtocol } from "./actions/parse.js";
import { fileKey } from "./file_path.js";
import type { ParquetHandler, ReadOptions } from "./handler.js";
import type { CheckpointFiles } from "./log_segment.js";

/** Reads the kinds of actions out of a checkpoint, each on its own and only when somebody asks. */
export class CheckpointReader {
  readonly #storage: Storage;
  readonly #handler: ParquetHandler;
  readonly #files: CheckpointFiles;

  constructor(storage: Storage, handler: ParquetHandler, files: CheckpointFiles) {
    this.#storage = storage;
    this.#handler = handler;
    this.#files = files;
  }

  get version(): number {
    return this.#files.version;
  }

  async protocolAndMetadata(): Promise<{ protocol: Protocol | undefined; metadata: Metadata | undefined }> {
    let protocol: Protocol | undefined;
    let metadata: Metadata | undefined;
    for await (const { batch, place } of this.#batches([...PROTOCOL, ...METADATA])) {
      const row = (columns: readonly string[], index: number): Record<string, unknown> =>
        Object.fromEntries(columns.map((name) => [name.slice(name.indexOf(".") + 1), batch.column(name)[index]]));
      for (const index of nonNull(batch.column("protocol.minReaderVersion")))
        protocol = parseProtocol(row(PROTOCOL, index), place);
      for (const index of nonNull(batch.column("metaData.id"))) {
        const { "format.provider": provider, "format.options": options, ...fields } = row(METADATA, index);
        metadata = parseMetadata({ ...fields, format: { provider, options } }, place);
      }
    }
    return { protocol, metadata };
  }

  /** Every data file, by key. */
  async adds(): Promise<Map<string, AddFile>> {
    const files = new Map<string, AddFile>();
    for await (const { batch } of this.#batches(ADD)) {
      const [paths, partitions, sizes, times, stats, tags] = ADD.map((name) => batch.column(name));
      for (const index of nonNull(paths)) {
        const add: AddFile = {
          path: paths?.[index] as string,
          partitionValues: (partitions?.[index] ?? {}) as PartitionValues,
          size: Number(sizes?.[index] ?? 0),
          modificationTime: Number(times?.[index] ?? 0),
          dataChange: false,
          stats: (stats?.[index] ?? undefined) as string | undefined,
          tags: (tags?.[index] ?? undefined) as PartitionValues | undefined,
        };
        files.set(fileKey(add), add);
      }
    }
    return files;
  }

  /** Every tombstone, by key. */
  async removes(): Promise<Map<string, RemoveFile>> {
    const files = new Map<string, RemoveFile>();
    for await (const { batch } of this.#batches(REMOVE)) {
      const [paths, times, extended, partitions, sizes] = REMOVE.map((name) => batch.column(name));
      for (const index of nonNull(paths)) {
        const remove: RemoveFile = {
          path: paths?.[index] as string,
          deletionTimestamp: optionalNumber(times?.[index]),
          dataChange: false,
          extendedFileMetadata: (extended?.[index] ?? undefined) as boolean | undefined,
          partitionValues: (partitions?.[index] ?? undefined) as PartitionValues | undefined,
          size: optionalNumber(sizes?.[index]),
        };
        files.set(fileKey(remove), remove);
      }
    }
    return files;
  }

  /** The transactions of some applications, or of all; row groups without these applications are not read. */
  async txns(appIds?: readonly string[]): Promise<Map<string, SetTransaction>> {
    const wanted = appIds && new Set(appIds);
    const found = new Map<string, SetTransaction>();
    const options = appIds === undefined ? {} : { oneOf: { column: "txn.appId", values: appIds } };
    for await (const { batch } of this.#batches(TXN, options)) {
      const [ids, versions, updated] = TXN.map((name) => batch.column(name));
      for (const index of nonNull(ids)) {
        const appId = ids?.[index] as string;
        if (wanted !== undefined && !wanted.has(appId)) continue;
        const version = BigInt(versions?.[index] as bigint | number);
        found.set(appId, { appId, version, lastUpdated: optionalNumber(updated?.[index]) });
      }
    }
    return found;
  }

  async domains(): Promise<Map<string, DomainMetadata>> {
    const found = new Map<string, DomainMetadata>();
    for await (const { batch } of this.#batches(DOMAIN)) {
      const [domains, configurations, removed] = DOMAIN.map((name) => batch.column(name));
      for (const index of nonNull(domains)) {
        const domain = domains?.[index] as string;
        const configuration = (configurations?.[index] ?? "") as string;
        found.set(domain, { domain, configuration, removed: removed?.[index] === true });
      }
    }
    return found;
  }

  async *#batches(columns: readonly string[], options: ReadOptions = {}) {
    for (const part of this.#files.parts) {
      const place = { file: part.path, line: 0, version: this.version };
      for await (const batch of this.#handler.read(this.#storage, part.path, columns, options)) yield { batch, place };
    }
  }
}

const PROTOCOL = [
  "protocol.minReaderVersion",
  "protocol.minWriterVersion",
  "protocol.readerFeatures",
  "protocol.writerFeatures",
];
const METADATA = [
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
const ADD = ["add.path", "add.partitionValues", "add.size", "add.modificationTime", "add.stats", "add.tags"];
const REMOVE = [
  "remove.path",
  "remove.deletionTimestamp",
  "remove.extendedFileMetadata",
  "remove.partitionValues",
  "remove.size",
];
const TXN = ["txn.appId", "txn.version", "txn.lastUpdated"];
const DOMAIN = ["domainMetadata.domain", "domainMetadata.configuration", "domainMetadata.removed"];

function* nonNull(values: readonly unknown[] = []): Generator<number> {
  for (let index = 0; index < values.length; index++) if (values[index] !== null) yield index;
}

function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}
