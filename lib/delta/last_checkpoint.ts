import type { Storage } from "../storage/storage.js";
import { isJsonObject, parseJson, stringifyJson } from "./json.js";
import { LAST_CHECKPOINT } from "./log_path.js";

/** The content of `_last_checkpoint`: a hint where listing may begin, never the truth. */
export interface LastCheckpointHint {
  readonly version: number;
  /** Actions in the checkpoint. */
  readonly size: number;
  readonly parts?: number;
  readonly sizeInBytes?: number;
  readonly numOfAddFiles?: number;
  /** Given for a checkpoint with sidecars: the file that names these. */
  readonly v2Checkpoint?: { readonly path: string; readonly sizeInBytes: number; readonly modificationTime: number };
}

/** The hint, or undefined when there is none or it cannot be understood. */
export async function readLastCheckpoint(storage: Storage): Promise<LastCheckpointHint | undefined> {
  const bytes = await storage.read(LAST_CHECKPOINT);
  if (bytes === undefined) return undefined;
  try {
    const json = parseJson(new TextDecoder().decode(bytes));
    if (!isJsonObject(json) || !Number.isSafeInteger(json["version"])) return undefined;
    return { size: 0, ...json } as unknown as LastCheckpointHint;
  } catch {
    return undefined;
  }
}

export async function writeLastCheckpoint(storage: Storage, hint: LastCheckpointHint): Promise<void> {
  await storage.put(LAST_CHECKPOINT, new TextEncoder().encode(stringifyJson(hint)));
}
