/** Names of the files in a table's log (protocol, "File Types"). */

export const LOG_FOLDER = "_delta_log";
export const LAST_CHECKPOINT = `${LOG_FOLDER}/_last_checkpoint`;

/** Every versioned file's name begins with a digit, and versions of 20 digits with 0. */
export const LOG_PREFIX = `${LOG_FOLDER}/0`;

export type LogFile =
  | { readonly kind: "commit"; readonly version: number }
  | { readonly kind: "checkpoint"; readonly version: number; readonly part: number; readonly parts: number }
  /** A checkpoint named by UUID (table feature v2Checkpoint); the id tells apart those of one version. */
  | { readonly kind: "v2-checkpoint"; readonly version: number; readonly id: string };

const NAME =
  /^(\d{20})\.(?:(json)|checkpoint\.(?:(\d{10})\.(\d{10})\.parquet|parquet|([0-9a-fA-F-]{36}\.(?:json|parquet))))$/;

/** What a file in the log is; undefined for checksums, compacted logs and anything else that readers may ignore. */
export function parseLogPath(path: string): LogFile | undefined {
  const match = NAME.exec(path.slice(path.lastIndexOf("/") + 1));
  if (match === null) return undefined;
  const version = Number(match[1]);
  if (match[2] !== undefined) return { kind: "commit", version };
  if (match[5] !== undefined) return { kind: "v2-checkpoint", version, id: match[5] };
  if (match[3] === undefined) return { kind: "checkpoint", version, part: 1, parts: 1 };
  return { kind: "checkpoint", version, part: Number(match[3]), parts: Number(match[4]) };
}

export function commitPath(version: number): string {
  return `${LOG_FOLDER}/${padded(version)}.json`;
}

export function checkpointPath(version: number): string {
  return `${LOG_FOLDER}/${padded(version)}.checkpoint.parquet`;
}

/** A checkpoint with sidecars, named by a UUID (protocol, "UUID-named checkpoint"). */
export function v2CheckpointPath(version: number, id: string): string {
  return `${LOG_FOLDER}/${padded(version)}.checkpoint.${id}.parquet`;
}

/** Holds the sidecars of checkpoints. */
export const SIDECAR_FOLDER = `${LOG_FOLDER}/_sidecars`;

export function sidecarPath(id: string): string {
  return `${SIDECAR_FOLDER}/${id}.parquet`;
}

/** Sorts before every log file of this version and after all of the versions below. */
export function versionPrefix(version: number): string {
  return `${LOG_FOLDER}/${padded(version)}`;
}

function padded(version: number): string {
  return String(version).padStart(20, "0");
}
