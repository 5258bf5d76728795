import { open } from "node:fs/promises";
import type { CompletedPart, S3Client } from "@aws-sdk/client-s3";

export interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
}

/** Objects up to this size go in one request; larger ones in parts. */
const PART_BYTES = 16 << 20;

/** S3's bound. */
const MAX_PARTS = 10_000;

/** Parts of an object under way at once. */
const PARALLEL_PARTS = 4;

/** Bytes that can be asked for piece by piece. */
export interface UploadSource {
  readonly size: number;
  slice(start: number, end: number): Promise<Uint8Array>;
}

/** Uploads a local file. It is visible all at once, when its last byte has arrived. */
export async function uploadFile(client: S3Client, object: S3Object, file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const slice = async (start: number, end: number): Promise<Uint8Array> => {
      const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(end - start), 0, end - start, start);
      if (bytesRead !== end - start) throw new Error(`${file} became shorter while it was uploaded`);
      return buffer;
    };
    await upload(client, object, { size, slice });
  } finally {
    await handle.close();
  }
}

/** Uploads bytes, replacing what is there. */
export async function upload(client: S3Client, object: S3Object, source: UploadSource): Promise<void> {
  const { PutObjectCommand } = await import("@aws-sdk/client-s3");
  if (source.size > PART_BYTES) return uploadParts(client, object, source);
  await client.send(new PutObjectCommand({ ...object, Body: await source.slice(0, source.size) }));
}

async function uploadParts(client: S3Client, object: S3Object, source: UploadSource): Promise<void> {
  const {
    AbortMultipartUploadCommand,
    CompleteMultipartUploadCommand,
    CreateMultipartUploadCommand,
    UploadPartCommand,
  } = await import("@aws-sdk/client-s3");
  // The parts' checksums are those that the SDK gives every request.
  const isChecked = (await client.config.requestChecksumCalculation()) === "WHEN_SUPPORTED";
  const { UploadId } = await client.send(
    new CreateMultipartUploadCommand({ ...object, ...(isChecked && { ChecksumAlgorithm: "CRC32" }) }),
  );
  const size = Math.max(PART_BYTES, Math.ceil(source.size / MAX_PARTS));
  const count = Math.ceil(source.size / size);
  const parts: CompletedPart[] = [];
  let next = 0;
  const uploadNext = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const Body = await source.slice(index * size, Math.min(source.size, (index + 1) * size));
      const PartNumber = index + 1;
      const part = await client.send(new UploadPartCommand({ ...object, UploadId, PartNumber, Body }));
      parts[index] = { PartNumber, ETag: part.ETag, ChecksumCRC32: part.ChecksumCRC32 };
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(PARALLEL_PARTS, count) }, uploadNext));
    await client.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    next = count;
    await client.send(new AbortMultipartUploadCommand({ ...object, UploadId })).catch(() => undefined);
    throw error;
  }
}
