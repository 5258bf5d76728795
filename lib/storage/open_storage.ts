import { UsageError } from "../errors.js";
import { LocalStorage } from "./local.js";
import { S3Storage } from "./s3.js";
import { S3Connection } from "./s3_client.js";
import type { Storage } from "./storage.js";

/**
 * The storage at an address: a bucket's, `s3://bucket/prefix`, reached as AWS's environment variables say, or a folder.
 * @throws UsageError for another kind of address
 */
export function openStorage(address: string): Storage {
  const [, scheme] = /^([a-zA-Z][a-zA-Z0-9+.-]+):\/\//.exec(address) ?? [];
  if (scheme === undefined) return new LocalStorage(address);
  if (isBucketAddress(address)) return new S3Storage(address, connectionOfEnvironment());
  throw new UsageError(`There is no storage for ${scheme}: addresses`, { expected: "a folder, or s3://bucket/prefix" });
}

/** True for `s3://…` and `s3a://…`. */
export function isBucketAddress(address: string): boolean {
  return /^s3a?:\/\//i.test(address);
}

let last: { readonly variables: string; readonly connection: S3Connection } | undefined;

/** One for all tables, so that they share sockets and credentials, until a variable of AWS's changes. */
function connectionOfEnvironment(): S3Connection {
  const variables = JSON.stringify(Object.entries(process.env).filter(([name]) => /^AWS_(?!SDK_)/.test(name)));
  if (last?.variables !== variables) last = { variables, connection: new S3Connection({}) };
  return last.connection;
}
