import { StorageError } from "../errors.js";
import type { S3Connection } from "./s3_client.js";

/** What the SDK's errors have in common. */
interface S3Failure {
  /** S3's error code, or the name of an error of the SDK or of Node.js. */
  readonly code: string;
  /** HTTP status, if the server answered. */
  readonly status: number | undefined;
  /** Times that the request was sent. */
  readonly attempts: number;
}

export function failureOf(error: unknown): S3Failure {
  if (!(error instanceof Error)) return { code: "", status: undefined, attempts: 1 };
  const { code, $metadata = {} } = error as Error & {
    readonly code?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  };
  return {
    code: typeof code === "string" && $metadata.httpStatusCode === undefined ? code : error.name,
    status: $metadata.httpStatusCode,
    attempts: $metadata.attempts ?? 1,
  };
}

/** True when nothing is at the key. */
export function isNoSuchKey(error: unknown): boolean {
  const { code, status } = failureOf(error);
  return code === "NoSuchKey" || (code === "NotFound" && status === 404);
}

/** True when the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  const { code, status = 0 } = failureOf(error);
  return TRANSIENT.has(code) || status === 429 || (status >= 500 && status !== 501);
}

/**
 * A failed request as a StorageError that says what to do; errors of the family pass unchanged. The SDK's error stays
 * out of it, for its fields can hold keys and tokens.
 */
export async function s3Error(
  verb: string,
  connection: S3Connection,
  place: { readonly uri: string; readonly bucket: string; readonly path: string },
  cause: unknown,
): Promise<StorageError> {
  if (cause instanceof StorageError) return cause;
  const { code, status } = failureOf(cause);
  const said = await connection.redact(cause instanceof Error ? cause.message : String(cause));
  const [meaning, remedy] = explain(code, status, place.bucket, connection.server) ?? [said || code, undefined];
  const answer = status === undefined ? "" : `${connection.server} answered with status ${status}: `;
  return new StorageError(`Could not ${verb} ${place.path || "objects"} in ${place.uri}: ${meaning}`, {
    where: { path: place.path },
    actual: `${answer}${[code, said].filter(Boolean).join(", ")}`,
    remedy,
    transient: isTransient(cause),
  });
}

function explain(
  code: string,
  status: number | undefined,
  bucket: string,
  server: string,
): readonly [meaning: string, remedy: string] | undefined {
  if (code === "NoSuchBucket") {
    return [`the bucket ${bucket} does not exist`, "Check its name and the endpoint, or make the bucket first."];
  }
  if (WRONG_CREDENTIALS.has(code)) {
    return [
      "the credentials are wrong or have expired",
      "Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or the profile.",
    ];
  }
  if (NO_CREDENTIALS.has(code)) {
    return [
      "there are no credentials",
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile by AWS_PROFILE.",
    ];
  }
  if (UNREACHABLE.has(code)) {
    return [`${server} cannot be reached`, "Check AWS_ENDPOINT_URL, the network, and whether the server runs."];
  }
  if (THROTTLED.has(code) || status === 429 || status === 503) {
    return ["the server asks for fewer requests", "Run again later, or with fewer writers at once."];
  }
  if (WRONG_REGION.has(code) || status === 301) {
    return [`the bucket ${bucket} is in another region`, "Set AWS_REGION to the bucket's region."];
  }
  if (code === "RequestTimeTooSkewed") {
    return ["this machine's clock differs too much from the server's", "Set the clock."];
  }
  if (code === "NotImplemented" || status === 501) {
    return [
      "the server does not know this kind of request",
      "Use a server with conditional writes (If-None-Match): without them two writers could overwrite each other's commits.",
    ];
  }
  if (code === "AccessDenied" || status === 403) {
    return [
      "access is denied",
      `Allow s3:ListBucket, s3:GetObject, s3:PutObject and s3:DeleteObject on ${bucket}, or use other credentials.`,
    ];
  }
  return undefined;
}

const WRONG_CREDENTIALS = new Set([
  "InvalidAccessKeyId",
  "SignatureDoesNotMatch",
  "ExpiredToken",
  "InvalidToken",
  "TokenRefreshRequired",
  "InvalidClientTokenId",
  "UnrecognizedClientException",
]);

const NO_CREDENTIALS = new Set(["CredentialsProviderError", "TokenProviderError"]);

const WRONG_REGION = new Set([
  "PermanentRedirect",
  "AuthorizationHeaderMalformed",
  "IllegalLocationConstraintException",
]);

const THROTTLED = new Set([
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
  "TooManyRequestsException",
]);

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
]);

const TRANSIENT = new Set([
  ...UNREACHABLE,
  ...THROTTLED,
  "InternalError",
  "ServiceUnavailable",
  "RequestTimeout",
  "OperationAborted",
  "ConditionalRequestConflict",
  "IncompleteBody",
]);
