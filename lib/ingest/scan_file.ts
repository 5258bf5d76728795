import { createHash } from "node:crypto";
import fs from "node:fs";
import { basename, dirname } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { createGunzip } from "node:zlib";
import { DataError } from "../errors.js";
import { codeOf, storageError } from "../storage/local_errors.js";
import { writeAll } from "./temporary_files.js";

/** Bytes read at a time: small enough to stay in the processor's cache for every look at them. */
const CHUNK = 1 << 18;

/** Between two turns of the event loop, so that signals are heard and other work goes on. */
const BYTES_PER_TURN = 1 << 20;

/** Takes the bytes of a file in order. A chunk is only valid during the call. */
export type ByteSink = (chunk: Uint8Array) => void;

/** The SHA-256 of a file's bytes, and why the sink refused them, if it did; the hash is of the whole file all the same. */
export interface ScannedFile {
  readonly sha256: string;
  readonly refusal: DataError | undefined;
}

/**
 * Hashes a file and hands its bytes to a sink, in one pass.
 * @throws StorageError when the file cannot be read
 */
export async function scanFile(path: string, sink: ByteSink): Promise<ScannedFile> {
  const hash = createHash("sha256");
  let refusal: DataError | undefined;
  await readChunks(path, (chunk) => {
    hash.update(chunk);
    if (refusal !== undefined) return;
    try {
      sink(chunk);
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      refusal = error;
    }
  });
  return { sha256: hash.digest("hex"), refusal };
}

/** The SHA-256 of a file's bytes, in hexadecimal digits. */
export async function hashFile(path: string): Promise<string> {
  return (await scanFile(path, () => undefined)).sha256;
}

/**
 * Hands the bytes of a file to a sink, in order.
 * @throws StorageError when the file cannot be read
 */
export async function readChunks(path: string, sink: ByteSink): Promise<void> {
  try {
    const descriptor = fs.openSync(path, "r");
    try {
      // No Buffer: its slice would be a view of bytes that the next read overwrites.
      const buffer = new Uint8Array(CHUNK);
      for (let sinceTurn = 0; ; ) {
        const size = fs.readSync(descriptor, buffer, 0, buffer.length, null);
        if (size === 0) return;
        sink(buffer.subarray(0, size));
        sinceTurn += size;
        if (sinceTurn < BYTES_PER_TURN) continue;
        sinceTurn = 0;
        await turn();
      }
    } finally {
      fs.closeSync(descriptor);
    }
  } catch (error) {
    if (codeOf(error) === "") throw error;
    throw storageError("read", dirname(path), basename(path), error);
  }
}

/**
 * Writes what a gzip file holds to another file.
 * @throws DataError when the file is no whole gzip file; StorageError when one of the two fails
 */
export async function unzipFile(path: string, to: string): Promise<void> {
  try {
    const target = fs.openSync(to, "wx");
    try {
      const source = fs.createReadStream(path, { highWaterMark: CHUNK });
      const unzipped = createGunzip({ chunkSize: CHUNK });
      source.on("error", (error) => unzipped.destroy(error));
      for await (const chunk of source.pipe(unzipped) as AsyncIterable<Uint8Array>) writeAll(target, chunk);
    } finally {
      fs.closeSync(target);
    }
  } catch (error) {
    const code = codeOf(error);
    if (code === "") throw error;
    if (!code.startsWith("Z_")) throw storageError("unzip", dirname(path), basename(path), error);
    throw new DataError("the gzip file is broken", {
      expected: "a whole gzip file",
      actual: (error as Error).message,
      remedy: "have the file sent again, complete",
      cause: error,
    });
  }
}
