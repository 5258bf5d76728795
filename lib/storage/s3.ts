import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { GetObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { StorageError, UsageError } from "../errors.js";
import { checkPath, compareUtf8, joinPath, TEMPORARY_PREFIX } from "./path.js";
import { S3Connection, type S3Options } from "./s3_client.js";
import { failureOf, isNoSuchKey, isTransient, s3Error } from "./s3_errors.js";
import { type S3Object, upload, uploadFile } from "./s3_upload.js";
import type { Location, ObjectMeta, Storage } from "./storage.js";

/** Times that an object whose bytes stop coming is asked for again: only requests are repeated by the SDK. */
const READ_ATTEMPTS = 4;

/** Times that a conditional write which meets another is sent, and the pause, longer each time. */
const CONFLICT_ATTEMPTS = 20;
const CONFLICT_PAUSE_MILLIS = 25;

/**
 * Objects below a prefix of a bucket, at Amazon or any server that speaks S3. The server must know conditional writes
 * (`If-None-Match: *`) and list what was written at once: Amazon S3, MinIO, Cloudflare R2, Ceph and versitygw do.
 */
export class S3Storage implements Storage {
  readonly uri: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #connection: S3Connection;

  /**
   * @param uri `s3://bucket/prefix`; `s3a://` means the same
   * @param via how to connect, or a connection that is there
   * @throws UsageError for anything else
   */
  constructor(uri: string, via: S3Options | S3Connection = {}) {
    const { bucket, prefix } = parseUri(uri);
    this.uri = `s3://${joinPath(bucket, prefix)}`;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#connection = via instanceof S3Connection ? via : new S3Connection(via);
  }

  read(path: string): Promise<Uint8Array | undefined> {
    return this.#get(path);
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array | undefined> {
    if (end <= start) return (await this.head(path)) && new Uint8Array();
    return this.#get(path, `bytes=${start}-${end - 1}`);
  }

  async head(path: string): Promise<ObjectMeta | undefined> {
    const object = this.#object(path);
    return this.#absentIsUndefined("look at", path, async (client) => {
      const { HeadObjectCommand } = await import("@aws-sdk/client-s3");
      const found = await client.send(new HeadObjectCommand(object));
      return { path, size: found.ContentLength ?? 0, modifiedAt: found.LastModified?.getTime() ?? 0 };
    });
  }

  async list(prefix: string, options: { readonly startAfter?: string } = {}): Promise<readonly ObjectMeta[]> {
    const { startAfter } = options;
    const root = this.#prefix === "" ? "" : `${this.#prefix}/`;
    return this.#request("list", prefix, async (client) => {
      const { paginateListObjectsV2 } = await import("@aws-sdk/client-s3");
      const found: ObjectMeta[] = [];
      const after = startAfter === undefined ? {} : { StartAfter: root + startAfter };
      for await (const page of paginateListObjectsV2(
        { client },
        { Bucket: this.#bucket, Prefix: root + prefix, ...after },
      )) {
        for (const { Key = "", Size = 0, LastModified } of page.Contents ?? []) {
          // A key that ends in / is what some tools leave as a folder.
          if (Key.endsWith("/") || Key.startsWith(TEMPORARY_PREFIX, Key.lastIndexOf("/") + 1)) continue;
          found.push({ path: Key.slice(root.length), size: Size, modifiedAt: LastModified?.getTime() ?? 0 });
        }
      }
      return found.sort((a, b) => compareUtf8(a.path, b.path));
    });
  }

  async put(path: string, bytes: Uint8Array): Promise<void> {
    const object = this.#object(path);
    const source = { size: bytes.length, slice: async (start: number, end: number) => bytes.subarray(start, end) };
    await this.#request("write", path, (client) => upload(client, object, source));
  }

  async putIfAbsent(path: string, bytes: Uint8Array): Promise<boolean> {
    const object = this.#object(path);
    return this.#request("write", path, async (client) => {
      const probe = joinPath(this.#prefix, `${TEMPORARY_PREFIX}${randomBytes(12).toString("base64url")}`);
      await this.#connection.checkConditionalWrites({ Bucket: this.#bucket, Key: probe });
      const { PutObjectCommand } = await import("@aws-sdk/client-s3");
      const request = { ...object, Body: bytes, IfNoneMatch: "*" };
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(new PutObjectCommand(request));
          return true;
        } catch (error) {
          const { code, status, attempts } = failureOf(error);
          // Sent twice, the first may have succeeded although its answer was lost.
          if (code === "PreconditionFailed" || status === 412) return attempts > 1 && this.#holds(path, bytes);
          // Another conditional write is under way: who wins is not known yet.
          if (status !== 409 || attempt === CONFLICT_ATTEMPTS) throw error;
          await sleep(attempt * CONFLICT_PAUSE_MILLIS);
        }
      }
    });
  }

  async delete(path: string): Promise<void> {
    const object = this.#object(path);
    await this.#absentIsUndefined("delete", path, async (client) => {
      const { DeleteObjectCommand } = await import("@aws-sdk/client-s3");
      await client.send(new DeleteObjectCommand(object));
    });
  }

  async locate(path: string): Promise<Location> {
    const object = this.#object(path);
    return this.#request("reach", path, async () => ({
      url: `s3://${object.Bucket}/${object.Key}`,
      cloudOptions: await this.#connection.cloudOptions(),
      upload: (file: string) => this.#request("write", path, (client) => uploadFile(client, object, file)),
    }));
  }

  async settle(path: string): Promise<number> {
    const meta = await this.head(path);
    if (meta !== undefined) return meta.size;
    throw new StorageError(`Nothing was written at the location of ${path} in ${this.uri}`, { where: { path } });
  }

  at(folder: string): Storage {
    checkPath(folder);
    return new S3Storage(`${this.uri}/${folder}`, this.#connection);
  }

  #object(path: string): S3Object {
    checkPath(path);
    return { Bucket: this.#bucket, Key: joinPath(this.#prefix, path) };
  }

  async #get(path: string, range?: string): Promise<Uint8Array | undefined> {
    const input = { ...this.#object(path), ...(range !== undefined && { Range: range }) };
    return this.#absentIsUndefined("read", path, async (client) => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await getBytes(client, input);
        } catch (error) {
          // The range begins where the object ends, or behind.
          if (failureOf(error).status === 416) return new Uint8Array();
          if (attempt === READ_ATTEMPTS || !isTransient(error)) throw error;
        }
      }
    });
  }

  async #holds(path: string, bytes: Uint8Array): Promise<boolean> {
    const found = await this.read(path);
    return found !== undefined && Buffer.compare(found, bytes) === 0;
  }

  async #absentIsUndefined<T>(
    verb: string,
    path: string,
    action: (client: S3Client) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return this.#request(verb, path, async (client) => {
      try {
        return await action(client);
      } catch (error) {
        // The answer to HEAD has no body: another request tells what is wrong, or that nothing is but the object's absence.
        if (["NotFound", "Unknown"].includes(failureOf(error).code)) await this.#checkBucket(client);
        if (!isNoSuchKey(error)) throw error;
        return undefined;
      }
    });
  }

  async #checkBucket(client: S3Client): Promise<void> {
    const { ListObjectsV2Command } = await import("@aws-sdk/client-s3");
    await client.send(new ListObjectsV2Command({ Bucket: this.#bucket, MaxKeys: 1 }));
  }

  async #request<T>(verb: string, path: string, action: (client: S3Client) => Promise<T>): Promise<T> {
    try {
      return await action(await this.#connection.client());
    } catch (error) {
      const place = { uri: this.uri, bucket: this.#bucket, path };
      throw await s3Error(verb, this.#connection, place, error);
    }
  }
}

async function getBytes(client: S3Client, input: GetObjectCommandInput): Promise<Uint8Array> {
  const { GetObjectCommand } = await import("@aws-sdk/client-s3");
  const { Body, ContentLength } = await client.send(new GetObjectCommand(input));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  if (ContentLength !== undefined && bytes.length !== ContentLength) {
    throw Object.assign(new Error(`${bytes.length} of ${ContentLength} bytes came`), { code: "IncompleteBody" });
  }
  return bytes;
}

function parseUri(uri: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, prefix = ""] = /^s3a?:\/\/([a-zA-Z0-9][a-zA-Z0-9._-]{2,62})(?:\/(.*))?$/s.exec(uri) ?? [];
  const folder = prefix.replace(/\/+$/, "");
  if (bucket === undefined) {
    throw new UsageError("This is no address of a bucket", {
      expected: "s3://bucket or s3://bucket/prefix",
      // Whoever writes keys into it does not want to see them in a log.
      actual: uri.replace(/\/\/[^/]*@/, "//***@"),
    });
  }
  if (folder !== "") checkPath(folder);
  return { bucket, prefix: folder };
}
