import { DeltaError } from "../errors.js";
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
import { type LogActions, parseCommit, parseMetadata, parseProtocol, type Sidecar } from "./actions/parse.js";
import {
  ADD,
  DOMAIN,
  deletionVectors,
  METADATA,
  nonNull,
  optionalNumber,
  PROTOCOL,
  REMOVE,
  SIDECAR,
  TXN,
  valuesOf,
  vectorColumns,
} from "./checkpoint_columns.js";
import { matchingRows, type RowCondition } from "./checkpoint_pruning.js";
import { fileKey, locateFile } from "./file_path.js";
import type { ColumnBatch, ParquetHandler, ReadOptions } from "./handler.js";
import { SIDECAR_FOLDER } from "./log_path.js";
import type { CheckpointFiles } from "./log_segment.js";
import { statsText } from "./struct_stats.js";

/**
 * Reads the kinds of actions out of a checkpoint, each on its own and only when somebody asks. A checkpoint is a Parquet
 * file, several of them, or (table feature v2Checkpoint) a Parquet or JSON file that may name sidecars with file actions.
 */
export class CheckpointReader {
  readonly #storage: Storage;
  readonly #handler: ParquetHandler;
  readonly #files: CheckpointFiles;
  #json: Promise<LogActions> | undefined;

  constructor(storage: Storage, handler: ParquetHandler, files: CheckpointFiles) {
    this.#storage = storage;
    this.#handler = handler;
    this.#files = files;
  }

  get version(): number {
    return this.#files.version;
  }

  async protocolAndMetadata(): Promise<{ protocol: Protocol | undefined; metadata: Metadata | undefined }> {
    const json = await this.#manifest();
    if (json !== undefined) return json;
    let protocol: Protocol | undefined;
    let metadata: Metadata | undefined;
    for await (const { batch, place } of this.#batches([...PROTOCOL, ...METADATA])) {
      const row = (columns: readonly string[], index: number): Record<string, unknown> =>
        Object.fromEntries(
          columns.map((name) => [name.slice(name.indexOf(".") + 1), batch.column(name, [index])[index]]),
        );
      for (const index of nonNull(batch.column("protocol.minReaderVersion")))
        protocol = parseProtocol(row(PROTOCOL, index), place);
      for (const index of nonNull(batch.column("metaData.id"))) {
        const { "format.provider": provider, "format.options": options, ...fields } = row(METADATA, index);
        metadata = parseMetadata({ ...fields, format: { provider, options } }, place);
      }
    }
    return { protocol, metadata };
  }

  /** Every data file, by key; with a condition, at least those that may satisfy it. */
  async adds(mayMatch?: RowCondition): Promise<Map<string, AddFile>> {
    const files = new Map<string, AddFile>();
    let isStatsMissing = false;
    for await (const { batch } of this.#fileActions(["add.path", "add.stats", ...ADD])) {
      const chosen = mayMatch && matchingRows(batch, mayMatch);
      if (chosen?.rows.length === 0) continue;
      const paths = chosen?.paths ?? batch.column("add.path");
      const stats = chosen?.stats ?? batch.column("add.stats");
      const [partitions, sizes, times, tags, rowIds, versions, providers] = valuesOf(batch, ADD, chosen?.rows);
      const vectors = deletionVectors(batch, "add", chosen?.rows);
      for (const index of chosen?.rows ?? nonNull(paths)) {
        const path = paths[index] ?? null;
        if (path === null) continue;
        const add: AddFile = {
          path: path as string,
          partitionValues: (partitions?.[index] ?? {}) as PartitionValues,
          size: Number(sizes?.[index] ?? 0),
          modificationTime: Number(times?.[index] ?? 0),
          dataChange: false,
          stats: (stats[index] ?? undefined) as string | undefined,
          tags: (tags?.[index] ?? undefined) as PartitionValues | undefined,
          deletionVector: vectors(index),
          baseRowId: (rowIds?.[index] ?? undefined) as bigint | undefined,
          defaultRowCommitVersion: (versions?.[index] ?? undefined) as bigint | undefined,
          clusteringProvider: (providers?.[index] ?? undefined) as string | undefined,
        };
        isStatsMissing ||= add.stats === undefined;
        files.set(fileKey(add), add);
      }
    }
    if (isStatsMissing) await this.#addStructStats(files);
    for (const add of (await this.#manifest())?.adds ?? []) files.set(fileKey(add), { ...add, dataChange: false });
    return files;
  }

  /** Every tombstone, by key. */
  async removes(): Promise<Map<string, RemoveFile>> {
    const files = new Map<string, RemoveFile>();
    for await (const { batch } of this.#fileActions(REMOVE)) {
      const [paths, times, extended, partitions, sizes, rowIds, versions] = valuesOf(batch, REMOVE);
      const vectors = deletionVectors(batch, "remove");
      for (const index of nonNull(paths)) {
        const remove: RemoveFile = {
          path: paths?.[index] as string,
          deletionTimestamp: optionalNumber(times?.[index]),
          dataChange: false,
          extendedFileMetadata: (extended?.[index] ?? undefined) as boolean | undefined,
          partitionValues: (partitions?.[index] ?? undefined) as PartitionValues | undefined,
          size: optionalNumber(sizes?.[index]),
          deletionVector: vectors(index),
          baseRowId: (rowIds?.[index] ?? undefined) as bigint | undefined,
          defaultRowCommitVersion: (versions?.[index] ?? undefined) as bigint | undefined,
        };
        files.set(fileKey(remove), remove);
      }
    }
    for (const remove of (await this.#manifest())?.removes ?? [])
      files.set(fileKey(remove), { ...remove, dataChange: false });
    return files;
  }

  /** The transactions of some applications, or of all; row groups without these applications are not read. */
  async txns(appIds?: readonly string[]): Promise<Map<string, SetTransaction>> {
    const json = await this.#manifest();
    if (json !== undefined) return new Map(json.txns.map((txn) => [txn.appId, txn]));
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
    const json = await this.#manifest();
    if (json !== undefined) return new Map(json.domains.map((domain) => [domain.domain, domain]));
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

  /** Statistics of files for which the checkpoint has them only as a struct (protocol, "Checkpoint Schema"). */
  async #addStructStats(files: Map<string, AddFile>): Promise<void> {
    for await (const { batch } of this.#fileActions(["add.path", "add.stats_parsed", ...vectorColumns("add")])) {
      const [paths, structs] = [batch.column("add.path"), batch.column("add.stats_parsed")];
      const vectors = deletionVectors(batch, "add");
      for (const index of nonNull(paths)) {
        const key = fileKey({ path: paths[index] as string, deletionVector: vectors(index) });
        const add = files.get(key);
        const stats = add?.stats === undefined ? statsText(structs[index]) : undefined;
        if (add !== undefined && stats !== undefined) files.set(key, { ...add, stats });
      }
    }
  }

  /** Columns of file actions, from the checkpoint itself and from its sidecars. */
  async *#fileActions(columns: readonly string[]): AsyncGenerator<{ readonly batch: ColumnBatch }> {
    const sidecars: Sidecar[] = [...((await this.#manifest())?.sidecars ?? [])];
    const wanted = [...columns, ...SIDECAR, ...vectorColumns(columns === REMOVE ? "remove" : "add")];
    for await (const { batch } of this.#batches([...new Set(wanted)])) {
      yield { batch };
      const [paths, sizes] = valuesOf(batch, SIDECAR);
      for (const index of nonNull(paths))
        sidecars.push({ path: paths?.[index] as string, sizeInBytes: Number(sizes?.[index] ?? 0) });
    }
    for (const { path } of sidecars) {
      const file = path.includes("/") ? locateFile(this.#storage, path) : sidecarFile(this.#storage, path);
      for await (const batch of this.#handler.read(file.storage, file.path, [...new Set(wanted)])) yield { batch };
    }
  }

  async *#batches(columns: readonly string[], options: ReadOptions = {}) {
    for (const part of this.#files.parts) {
      if (part.path.endsWith(".json")) continue;
      const place = { file: part.path, line: 0, version: this.version };
      for await (const batch of this.#handler.read(this.#storage, part.path, columns, options)) yield { batch, place };
    }
  }

  /** The actions of a checkpoint in JSON; undefined for one in Parquet. */
  async #manifest(): Promise<LogActions | undefined> {
    const path = this.#files.parts[0]?.path;
    if (path === undefined || !path.endsWith(".json")) return undefined;
    this.#json ??= readJson(this.#storage, path, this.version).catch((error) => {
      this.#json = undefined;
      throw error;
    });
    return this.#json;
  }
}

async function readJson(storage: Storage, path: string, version: number): Promise<LogActions> {
  const bytes = await storage.read(path);
  if (bytes === undefined)
    throw new DeltaError(`The checkpoint ${path} is listed but cannot be found`, {
      where: { version, file: path },
      transient: true,
    });
  return parseCommit(version, bytes, path);
}

function sidecarFile(storage: Storage, name: string) {
  return locateFile(storage, `${SIDECAR_FOLDER}/${name}`);
}
