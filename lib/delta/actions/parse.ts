import { DeltaError } from "../../errors.js";
import { isJsonObject, type JsonObject, parseJson } from "../json.js";
import { commitPath } from "../log_path.js";
import type {
  AddCdcFile,
  AddFile,
  Commit,
  CommitInfo,
  DeletionVectorDescriptor,
  DomainMetadata,
  Metadata,
  PartitionValues,
  Protocol,
  RemoveFile,
  SetTransaction,
} from "./action.js";

/** A file beside a v2 checkpoint that holds some of its file actions (protocol, "Sidecar File Information"). */
export interface Sidecar {
  /** A name in `_delta_log/_sidecars`, or an absolute path; URL-encoded. */
  readonly path: string;
  /** Bytes. */
  readonly sizeInBytes: number;
}

/** What a commit file or a checkpoint in JSON holds. */
export interface LogActions extends Commit {
  readonly sidecars: readonly Sidecar[];
}

/**
 * Reads a commit file, or a checkpoint in JSON (`file`, which has the same form). Throws DeltaError that names file and
 * line when a line is torn or an action lacks a field.
 */
export function parseCommit(version: number, bytes: Uint8Array, file = commitPath(version)): LogActions {
  const commit = {
    version,
    commitInfo: undefined as CommitInfo | undefined,
    protocol: undefined as Protocol | undefined,
    metadata: undefined as Metadata | undefined,
    txns: [] as SetTransaction[],
    domains: [] as DomainMetadata[],
    removes: [] as RemoveFile[],
    adds: [] as AddFile[],
    cdc: [] as AddCdcFile[],
    sidecars: [] as Sidecar[],
  };
  const lines = new TextDecoder().decode(bytes).split("\n");
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const place: Place = { file, line: index + 1, version };
    const action = parseLine(line, place);
    if (isJsonObject(action["add"])) commit.adds.push(parseAdd(action["add"], place));
    else if (isJsonObject(action["remove"])) commit.removes.push(parseRemove(action["remove"], place));
    else if (isJsonObject(action["commitInfo"])) commit.commitInfo = action["commitInfo"];
    else if (isJsonObject(action["txn"])) commit.txns.push(parseTxn(action["txn"], place));
    else if (isJsonObject(action["domainMetadata"])) commit.domains.push(parseDomain(action["domainMetadata"], place));
    else if (isJsonObject(action["metaData"])) commit.metadata = parseMetadata(action["metaData"], place);
    else if (isJsonObject(action["protocol"])) commit.protocol = parseProtocol(action["protocol"], place);
    else if (isJsonObject(action["cdc"])) commit.cdc.push(parseCdc(action["cdc"], place));
    else if (isJsonObject(action["sidecar"])) commit.sidecars.push(parseSidecar(action["sidecar"], place));
  }
  return commit;
}

/** The commitInfo of a commit file, without parsing its other actions where it comes first. */
export function parseCommitInfo(version: number, bytes: Uint8Array): CommitInfo | undefined {
  const end = bytes.indexOf(10);
  const first = new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end));
  if (first.startsWith('{"commitInfo"')) {
    const action = parseLine(first, { file: commitPath(version), line: 1, version });
    return isJsonObject(action["commitInfo"]) ? action["commitInfo"] : undefined;
  }
  return parseCommit(version, bytes).commitInfo;
}

/** Where an action stands, for messages. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly version: number;
}

export function parseMetadata(json: JsonObject, place: Place): Metadata {
  const format = isJsonObject(json["format"]) ? json["format"] : {};
  return {
    id: text(json, "id", place),
    name: optionalText(json["name"]),
    description: optionalText(json["description"]),
    format: { provider: optionalText(format["provider"]) ?? "parquet", options: textMap(format["options"]) },
    // Some engines make a table before it has columns.
    schemaString: optionalText(json["schemaString"]) ?? '{"type":"struct","fields":[]}',
    partitionColumns: textList(json["partitionColumns"]) ?? [],
    configuration: textMap(json["configuration"]),
    createdTime: optionalNumber(json["createdTime"]),
  };
}

export function parseProtocol(json: JsonObject, place: Place): Protocol {
  return {
    minReaderVersion: number(json, "minReaderVersion", place),
    minWriterVersion: number(json, "minWriterVersion", place),
    readerFeatures: textList(json["readerFeatures"]),
    writerFeatures: textList(json["writerFeatures"]),
  };
}

function parseTxn(json: JsonObject, place: Place): SetTransaction {
  const version = json["version"];
  if (typeof version !== "number" && typeof version !== "bigint") throw missing("version", place);
  return {
    appId: text(json, "appId", place),
    version: BigInt(version),
    lastUpdated: optionalNumber(json["lastUpdated"]),
  };
}

function parseDomain(json: JsonObject, place: Place): DomainMetadata {
  return {
    domain: text(json, "domain", place),
    configuration: optionalText(json["configuration"]) ?? "",
    removed: json["removed"] === true,
  };
}

function parseAdd(json: JsonObject, place: Place): AddFile {
  return {
    path: text(json, "path", place),
    partitionValues: partitionValues(json["partitionValues"]) ?? {},
    size: number(json, "size", place),
    modificationTime: optionalNumber(json["modificationTime"]) ?? 0,
    dataChange: json["dataChange"] !== false,
    stats: optionalText(json["stats"]),
    tags: partitionValues(json["tags"]),
    deletionVector: parseDeletionVector(json["deletionVector"], place),
    baseRowId: optionalLong(json["baseRowId"]),
    defaultRowCommitVersion: optionalLong(json["defaultRowCommitVersion"]),
    clusteringProvider: optionalText(json["clusteringProvider"]),
  };
}

function parseRemove(json: JsonObject, place: Place): RemoveFile {
  return {
    path: text(json, "path", place),
    deletionTimestamp: optionalNumber(json["deletionTimestamp"]),
    dataChange: json["dataChange"] !== false,
    extendedFileMetadata: typeof json["extendedFileMetadata"] === "boolean" ? json["extendedFileMetadata"] : undefined,
    partitionValues: partitionValues(json["partitionValues"]),
    size: optionalNumber(json["size"]),
    stats: optionalText(json["stats"]),
    tags: partitionValues(json["tags"]),
    deletionVector: parseDeletionVector(json["deletionVector"], place),
    baseRowId: optionalLong(json["baseRowId"]),
    defaultRowCommitVersion: optionalLong(json["defaultRowCommitVersion"]),
  };
}

function parseCdc(json: JsonObject, place: Place): AddCdcFile {
  return {
    path: text(json, "path", place),
    partitionValues: partitionValues(json["partitionValues"]) ?? {},
    size: number(json, "size", place),
    tags: partitionValues(json["tags"]),
  };
}

function parseSidecar(json: JsonObject, place: Place): Sidecar {
  return { path: text(json, "path", place), sizeInBytes: number(json, "sizeInBytes", place) };
}

function parseDeletionVector(json: unknown, place: Place): DeletionVectorDescriptor | undefined {
  if (!isJsonObject(json)) return undefined;
  const offset = optionalNumber(json["offset"]);
  return {
    storageType: text(json, "storageType", place),
    pathOrInlineDv: text(json, "pathOrInlineDv", place),
    ...(offset === undefined ? {} : { offset }),
    sizeInBytes: number(json, "sizeInBytes", place),
    cardinality: number(json, "cardinality", place),
  };
}

function parseLine(line: string, place: Place): JsonObject {
  try {
    const action = parseJson(line);
    if (isJsonObject(action)) return action;
  } catch (cause) {
    throw new DeltaError(`The commit ${place.file} is damaged: line ${place.line} is not complete JSON`, {
      where: place,
      actual: excerpt(line),
      remedy: "Restore the file from a backup; a reader cannot know what this commit did.",
      cause,
    });
  }
  throw new DeltaError(`The commit ${place.file} is damaged: line ${place.line} is no JSON object`, {
    where: place,
    actual: excerpt(line),
  });
}

function excerpt(line: string): string {
  return line.length <= 80 ? line : `…${line.slice(-80)}`;
}

function missing(name: string, place: Place): DeltaError {
  return new DeltaError(`An action in ${place.file} (line ${place.line}) has no valid "${name}"`, { where: place });
}

function text(json: JsonObject, name: string, place: Place): string {
  const value = json[name];
  if (typeof value !== "string") throw missing(name, place);
  return value;
}

function number(json: JsonObject, name: string, place: Place): number {
  const value = optionalNumber(json[name]);
  if (value === undefined) throw missing(name, place);
  return value;
}

function optionalText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function optionalNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : undefined;
}

function optionalLong(value: unknown): number | bigint | undefined {
  return typeof value === "number" || typeof value === "bigint" ? value : undefined;
}

/** A map of texts and nulls, also when a writer gave numbers or booleans instead of texts. */
function partitionValues(json: unknown): PartitionValues | undefined {
  if (!isJsonObject(json)) return undefined;
  for (const value of Object.values(json)) {
    if (value !== null && typeof value !== "string") {
      return Object.fromEntries(
        Object.entries(json).map(([name, item]) => [name, item === null ? null : String(item)]),
      );
    }
  }
  return json as PartitionValues;
}

function textList(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : undefined;
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
