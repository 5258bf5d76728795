import { isTslakeError, WarehouseError } from "../../errors.js";

/** The server and account that a failure is about, as they may be shown. */
export interface ServerName {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * What the server or the network answered, as an error that says what to do; other errors pass unchanged. The driver's own
 * error stays out of it, for it holds the connection's parameters.
 *
 * @param doing what failed, as an infinitive: `load the warehouse`
 */
export function postgresError(doing: string, server: ServerName, cause: unknown): unknown {
  if (isTslakeError(cause) || !isOfConnection(cause)) return cause;
  const failure = failureOf(cause);
  const [meaning, remedy, transient = false] = explain(failure, server);
  return new WarehouseError(`could not ${doing}: ${meaning}`, {
    where: { path: place(server) },
    actual: [failure.message, failure.detail, failure.code === "" ? "" : `code ${failure.code}`]
      .filter(Boolean)
      .join("; "),
    remedy: remedy ?? failure.hint,
    transient,
  });
}

/** True for the refusals after which libpq's `prefer` and `allow` try without, or with, TLS. */
export function mayTryOtherTls(cause: unknown): boolean {
  const { code, message } = failureOf(cause);
  return code === "28000" || isTlsFailure(code, message);
}

/** True when a server has no TLS at all. */
export function speaksNoTls(cause: unknown): boolean {
  return /does not support SSL/.test(failureOf(cause).message);
}

/** True for what the server or the network answered, as opposed to errors of files, rows or programs. */
function isOfConnection(cause: unknown): boolean {
  const { code, message, syscall } = failureOf(cause);
  if (sqlState(cause) !== "" || isConnectionLost(cause) || isTlsFailure(code, message)) return true;
  return isUnreachable(code, message, syscall) || isPasswordFailure(message);
}

/** True when the connection is gone, so that nothing more can be asked. */
export function isConnectionLost(cause: unknown): boolean {
  const { code, message } = failureOf(cause);
  return isLost(code, message);
}

/** The SQLSTATE of an error of the server's; empty for every other error. */
export function sqlState(cause: unknown): string {
  return cause instanceof Error && "severity" in cause ? failureOf(cause).code : "";
}

interface Failure {
  /** SQLSTATE, or a code of Node.js's. */
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** Of an error of Node.js's: what the system was asked for. */
  readonly syscall: string | undefined;
}

type Explanation = readonly [meaning: string, remedy?: string, transient?: boolean];

function explain({ code, message, syscall }: Failure, server: ServerName): Explanation {
  const { host, port, database, user } = server;
  if (isUnreachable(code, message, syscall)) {
    return [
      `no server answers at ${host}, port ${port}`,
      "check host and port, whether the server runs, and the network between",
      code !== "ENOTFOUND",
    ];
  }
  if (isTlsFailure(code, message)) return explainTls(code, message, host);
  if (isLost(code, message)) {
    return ["the connection was lost; what was not committed is undone", "run it again", true];
  }
  if (code === "28P01" || isPasswordFailure(message)) {
    return [
      `the password of ${user} is wrong or missing`,
      "set PGPASSWORD, or write it into ~/.pgpass or the warehouse's address",
    ];
  }
  switch (code) {
    case "28000":
      return [`the server does not admit ${user}`, "check the role's name and the server's pg_hba.conf"];
    case "3D000":
      return [`there is no database ${database}`, `make it: CREATE DATABASE "${database}"`];
    case "3F000":
      return ["the schema is not there", "make it, or name another by ?schema= in the warehouse's address"];
    case "42501":
      return [`${user} lacks a right`, `grant it: GRANT CREATE, USAGE ON SCHEMA … TO "${user}", or own the tables`];
    case "53100":
      return ["the server's disk is full; nothing has changed", "make room there, then run it again"];
    case "53200":
      return ["the server has no memory left; nothing has changed", "run it again later", true];
    case "53300":
      return ["the server takes no more connections", "run it again later", true];
    case "57P03":
      return ["the server is starting or stopping", "run it again later", true];
    case "2BP01":
      return [
        "something that others have made depends on a table that is to be made anew; nothing has changed",
        "drop it, run the load again, then make it again",
      ];
    case "25006":
      return ["the server is read-only", "name the primary server, not a standby"];
    case "55P03":
    case "40001":
    case "40P01":
      return ["another session held what it needs; nothing has changed", "run it again", true];
    case "57014":
      return ["it was cancelled; nothing has changed", "run it again"];
    default:
      return [message];
  }
}

function explainTls(code: string, message: string, host: string): Explanation {
  if (/does not support SSL/.test(message)) {
    return ["the server does not speak TLS", "use sslmode=prefer or disable, or switch TLS on at the server"];
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return [
      `the server's certificate is not for ${host}`,
      "use the host name that the certificate carries, or sslmode=verify-ca",
    ];
  }
  if (code === "CERT_HAS_EXPIRED") return ["the server's certificate has expired", "renew it at the server"];
  return [
    "the server's certificate is not trusted",
    "name the certificate of its authority by sslrootcert, or check that this is the right server",
  ];
}

function isTlsFailure(code: string, message: string): boolean {
  return TLS.has(code) || code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || /SSL connection/.test(message);
}

function isUnreachable(code: string, message: string, syscall: string | undefined): boolean {
  if (message === "timeout expired") return true;
  return UNREACHABLE.has(code) && (syscall === "connect" || syscall === "getaddrinfo" || code === "ETIMEDOUT");
}

function isLost(code: string, message: string): boolean {
  return (
    LOST.has(code) ||
    code.startsWith("08") ||
    /^Connection terminated|^Client was closed|not queryable|has encountered a connection error/.test(message)
  );
}

function isPasswordFailure(message: string): boolean {
  return /^SASL|password must be a string|^No password/i.test(message);
}

function failureOf(cause: unknown): Failure {
  if (!(cause instanceof Error)) {
    return { code: "", message: String(cause), detail: undefined, hint: undefined, syscall: undefined };
  }
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) return failureOf(cause.errors[0]);
  const { code, detail, hint, syscall } = cause as Error &
    Readonly<Record<"code" | "detail" | "hint" | "syscall", unknown>>;
  const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
  return {
    code: text(code) ?? "",
    message: cause.message,
    detail: text(detail),
    hint: text(hint),
    syscall: text(syscall),
  };
}

function place({ host, port, database, user }: ServerName): string {
  return `${user}@${host}:${port}/${database}`;
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOENT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
]);

const LOST = new Set(["ECONNRESET", "EPIPE", "57P01", "57P02", "57P05", "ERR_STREAM_PREMATURE_CLOSE"]);

const TLS = new Set([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);
