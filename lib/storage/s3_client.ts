import { inspect } from "node:util";
import type { S3Client } from "@aws-sdk/client-s3";
import { StorageError, UsageError } from "../errors.js";
import { failureOf } from "./s3_errors.js";
import type { S3Object } from "./s3_upload.js";

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** How a store that speaks S3 is reached. What is left out comes from where AWS's own tools take it. */
export interface S3Options {
  /** URL of another server than Amazon's. Default: `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`. */
  readonly endpoint?: string;
  /** Default: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile; `us-east-1` at an endpoint of one's own. */
  readonly region?: string;
  /** `https://host/bucket/key` instead of `https://bucket.host/key`. Default: true at an endpoint of one's own. */
  readonly pathStyle?: boolean;
  /** Default: AWS's chain of environment, profile, single sign-on, web identity, container and instance. */
  readonly credentials?: S3Credentials;
}

/** What an engine that does its own I/O needs to reach the store, by the names that object stores' libraries know. */
export type CloudOptions = Readonly<Record<string, string>>;

/** Requests that fail for a passing reason are sent so often, the pauses growing from 0.1 s to 20 s, each by chance shorter. */
const MAX_ATTEMPTS = 8;

const CONNECTION_TIMEOUT_MILLIS = 5_000;
/** Without a byte for so long, a connection is given up. */
const IDLE_TIMEOUT_MILLIS = 60_000;

/** One connection for all storages of a bucket. The SDK is loaded by its first request. */
export class S3Connection {
  readonly #endpoint: string | undefined;
  readonly #options: S3Options;
  #client: Promise<S3Client> | undefined;
  /** Buckets whose server knows conditional writes. */
  readonly #checked = new Set<string>();

  /** @throws UsageError for an endpoint that is no URL or that holds a password */
  constructor(options: S3Options) {
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    this.#endpoint = options.endpoint ?? (AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL || undefined);
    this.#options = options;
    if (this.#endpoint !== undefined) checkEndpoint(this.#endpoint);
  }

  /** For messages. */
  get server(): string {
    return this.#endpoint ?? "Amazon S3";
  }

  client(): Promise<S3Client> {
    this.#client ??= this.#connect();
    return this.#client;
  }

  /** Holds credentials, which may be valid for minutes only: ask again for every use. */
  async cloudOptions(): Promise<CloudOptions> {
    const { config } = await this.client();
    const [credentials, region] = await Promise.all([config.credentials(), config.region()]);
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    return withoutTrace({
      aws_access_key_id: accessKeyId,
      aws_secret_access_key: secretAccessKey,
      ...(sessionToken !== undefined && { aws_session_token: sessionToken }),
      aws_region: region,
      aws_virtual_hosted_style_request: String(!config.forcePathStyle),
      ...(this.#endpoint !== undefined && {
        aws_endpoint_url: this.#endpoint,
        aws_allow_http: String(this.#endpoint.startsWith("http:")),
      }),
    });
  }

  /** The text without any part of the credentials. */
  async redact(text: string): Promise<string> {
    const credentials = await this.#client
      ?.then(({ config }) => config.credentials())
      .catch((): undefined => undefined);
    const secrets = [credentials?.accessKeyId, credentials?.secretAccessKey, credentials?.sessionToken];
    return secrets.reduce<string>((shown, secret) => (secret ? shown.replaceAll(secret, "***") : shown), text);
  }

  /**
   * Finds out, once for a bucket at an endpoint of one's own, that a conditional write does not replace what is there.
   * @param probe an object that may be written and removed
   * @throws StorageError when the server takes no notice of the condition
   */
  async checkConditionalWrites(probe: S3Object): Promise<void> {
    if (this.#endpoint === undefined || this.#checked.has(probe.Bucket)) return;
    const { DeleteObjectCommand, PutObjectCommand } = await import("@aws-sdk/client-s3");
    const client = await this.client();
    const put = new PutObjectCommand({ ...probe, Body: new Uint8Array(), IfNoneMatch: "*" });
    await client.send(put);
    let isReplaced = true;
    try {
      await client.send(put);
    } catch (error) {
      if (failureOf(error).status !== 412) throw error;
      isReplaced = false;
    } finally {
      await client.send(new DeleteObjectCommand(probe)).catch(() => undefined);
    }
    if (isReplaced) {
      throw new StorageError(`${this.server} ignores If-None-Match: two writers would overwrite each other's commits`, {
        where: { path: probe.Bucket },
        remedy: "Use a server with conditional writes, such as MinIO, Ceph or versitygw in their present versions.",
      });
    }
    this.#checked.add(probe.Bucket);
  }

  async #connect(): Promise<S3Client> {
    // What later versions of the SDK will need does not matter to the one that is pinned.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const { S3Client } = await import("@aws-sdk/client-s3");
    const { AWS_REGION, AWS_DEFAULT_REGION, AWS_MAX_ATTEMPTS } = process.env;
    const { credentials, pathStyle = this.#endpoint !== undefined } = this.#options;
    const region = this.#options.region ?? (AWS_REGION || AWS_DEFAULT_REGION || (this.#endpoint && "us-east-1"));
    return new S3Client({
      ...(this.#endpoint !== undefined && { endpoint: this.#endpoint }),
      ...(region && { region }),
      ...(credentials !== undefined && { credentials }),
      ...(!AWS_MAX_ATTEMPTS && { maxAttempts: MAX_ATTEMPTS }),
      forcePathStyle: pathStyle,
      followRegionRedirects: true,
      requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MILLIS, socketTimeout: IDLE_TIMEOUT_MILLIS },
    });
  }
}

function checkEndpoint(endpoint: string): void {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError("The S3 endpoint is no URL", {
      expected: "for instance https://s3.example.com or http://127.0.0.1:9000",
      actual: url === undefined ? endpoint : url.protocol,
    });
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError("The S3 endpoint holds a name or a password", {
      actual: url.host,
      remedy: "Give credentials by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or by a profile.",
    });
  }
}

/** Neither printed nor turned into JSON do the options show what they hold. */
function withoutTrace(options: CloudOptions): CloudOptions {
  return Object.defineProperties(options, {
    toJSON: { value: () => "***" },
    [inspect.custom]: { value: () => "***" },
  });
}
