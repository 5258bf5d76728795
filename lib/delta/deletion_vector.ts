import { Buffer } from "node:buffer";
import { crc32 } from "node:zlib";
import { newId } from "../clock.js";
import { DeltaError } from "../errors.js";
import type { Storage } from "../storage/storage.js";
import type { DeletionVectorDescriptor } from "./actions/action.js";
import { decodeBase85, encodeBase85 } from "./base85.js";
import { encodePath, locateFile, type StoredPath } from "./file_path.js";
import { decodeRoaringBitmap, encodeRoaringBitmap } from "./roaring_bitmap.js";

/**
 * The rows of a data file that are deleted, by their number in the file from 0, ascending (protocol, "Deletion Vectors").
 * Throws DeltaError when the vector is absent or damaged, or holds another number of rows than the log says.
 */
export async function readDeletionVector(storage: Storage, vector: DeletionVectorDescriptor): Promise<Uint32Array> {
  const rows = decodeRoaringBitmap(await bytesOf(storage, vector));
  if (rows.length === vector.cardinality) return rows;
  throw new DeltaError("A deletion vector holds another number of rows than the log says", {
    where: { file: vector.pathOrInlineDv },
    expected: `${vector.cardinality} rows`,
    actual: `${rows.length} rows`,
  });
}

/** The file that holds a deletion vector; undefined for one that stands in the log itself. */
export function deletionVectorFile(storage: Storage, vector: DeletionVectorDescriptor): StoredPath | undefined {
  const { storageType, pathOrInlineDv: text } = vector;
  switch (storageType) {
    case "i":
      return undefined;
    case "p":
      return locateFile(storage, text);
    case "u": {
      const prefix = text.slice(0, -UUID_CHARACTERS);
      const uuid = Buffer.from(decodeBase85(text.slice(-UUID_CHARACTERS))).toString("hex");
      const name = `deletion_vector_${uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")}.bin`;
      return locateFile(storage, encodePath(prefix === "" ? name : `${prefix}/${name}`));
    }
    default:
      throw new DeltaError("The log holds a deletion vector of a kind that this engine does not know", {
        where: { file: text },
        expected: "i, u or p",
        actual: storageType,
      });
  }
}

/**
 * Writes deletion vectors, each of rows ascending and once, into one file of the table; answers how the log names them.
 * Nothing refers to the file until they are committed.
 */
export async function writeDeletionVectors(
  storage: Storage,
  vectors: readonly Uint32Array[],
): Promise<readonly DeletionVectorDescriptor[]> {
  const id = newId();
  const parts: Uint8Array[] = [Uint8Array.of(FORMAT_VERSION)];
  let offset = FIRST_OFFSET;
  const descriptors = vectors.map((rows): DeletionVectorDescriptor => {
    const data = encodeRoaringBitmap(rows);
    const framed = new Uint8Array(data.length + 8);
    const view = new DataView(framed.buffer);
    view.setInt32(0, data.length);
    framed.set(data, 4);
    view.setUint32(data.length + 4, crc32(data));
    parts.push(framed);
    const start = offset;
    offset += framed.length;
    const pathOrInlineDv = encodeBase85(Buffer.from(id.replaceAll("-", ""), "hex"));
    return { storageType: "u", pathOrInlineDv, offset: start, sizeInBytes: data.length, cardinality: rows.length };
  });
  if (vectors.length > 0) await storage.put(`deletion_vector_${id}.bin`, Buffer.concat(parts));
  return descriptors;
}

const UUID_CHARACTERS = 20;
const FORMAT_VERSION = 1;
/** The first deletion vector of a file comes after the file's version. */
const FIRST_OFFSET = 1;

async function bytesOf(storage: Storage, vector: DeletionVectorDescriptor): Promise<Uint8Array> {
  const { pathOrInlineDv: text, offset = FIRST_OFFSET, sizeInBytes: size } = vector;
  const file = deletionVectorFile(storage, vector);
  if (file === undefined) return decodeBase85(text).subarray(0, size);
  const stored = await file.storage.readRange(file.path, offset, offset + size + 8);
  if (stored === undefined)
    throw new DeltaError(`The log needs the deletion vector ${file.path}, which does not exist`, {
      where: { file: file.path },
      remedy: "Restore the file; without it nobody knows which rows are deleted.",
    });
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const data = stored.subarray(4, 4 + size);
  if (view.byteLength === size + 8 && view.getInt32(0) === size && view.getUint32(size + 4) === crc32(data))
    return data;
  throw new DeltaError(`The deletion vector in ${file.path} is damaged`, {
    where: { file: file.path },
    expected: `${size} bytes and their checksum at byte ${offset}`,
    actual: view.byteLength < size + 8 ? `${view.byteLength} bytes` : `${view.getInt32(0)} bytes, or another checksum`,
  });
}
