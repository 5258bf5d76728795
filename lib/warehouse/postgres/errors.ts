import { isTslakeError, WarehouseError } from "../../errors.js";
import { identifier } from "../sql.js";

/** What can fail, as an infinitive. */
export type Doing =
  | "connect to the warehouse"
  | "prepare the session"
  | "load the warehouse"
  | "query the warehouse"
  | "read what the warehouse holds";

/** The server and account that a failure is about, as they may be shown. */
export interface ServerName {
  /** Of the warehouse's address. */
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Of the address's own parameters, `schema` is looked at. */
  readonly others?: ReadonlyMap<string, string>;
}

/**
 * What the server or the network answered, as an error that says what to do; other errors pass unchanged. The driver's own
 * error stays out of it, for it holds the connection's parameters.
 */
export function postgresError(doing: Doing, server: ServerName, cause: unknown): unknown {
  if (isTslakeError(cause) || !isOfConnection(cause)) return cause;
  const failure = failureOf(cause);
  const [meaning, remedy, transient = false] = explain(doing, failure, server);
  return new WarehouseError(`could not ${doing}: ${meaning}`, {
    where: { path: place(server) },
    actual: [failure.message, failure.detail, failure.code === "" ? "" : `code ${failure.code}`]
      .filter(Boolean)
      .join("; "),
    remedy: remedy ?? failure.hint,
    transient,
  });
}

/** A schema that is there, but not for this user. */
export function unusableSchema(doing: Doing, server: ServerName, schema: string): WarehouseError {
  const { user } = server;
  return new WarehouseError(`could not ${doing}: ${user} lacks the right to use the schema ${schema}`, {
    where: { path: place(server) },
    expected: "USAGE on the schema",
    remedy: `grant it: ${grants(doing, user, schema)}`,
  });
}

/** A schema that is not there and that this user may not make. */
export function unmakableSchema(doing: Doing, server: ServerName, schema: string): WarehouseError {
  const { user, database } = server;
  const [role, name] = [identifier(user), identifier(schema)];
  return new WarehouseError(`could not ${doing}: ${user} lacks the right to make the schema ${schema}`, {
    where: { path: place(server) },
    expected: "CREATE on the database",
    remedy: `grant it: GRANT CREATE ON DATABASE ${identifier(database)} TO ${role}; or make the schema: CREATE SCHEMA ${name} AUTHORIZATION ${role}`,
  });
}

/** The statements that give a user the rights that something takes. */
function grants(doing: Doing, user: string, schema: string | undefined): string {
  const role = identifier(user);
  const name = schema === undefined ? "…" : identifier(schema);
  if (doing === "load the warehouse") return `GRANT CREATE, USAGE ON SCHEMA ${name} TO ${role}`;
  return `GRANT USAGE ON SCHEMA ${name} TO ${role}; GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO ${role}`;
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

function explain(doing: Doing, { code, message, syscall }: Failure, server: ServerName): Explanation {
  const { host, port, database, user } = server;
  if (isUnreachable(code, message, syscall)) {
    return [
      `no server answers at ${host}, port ${port}`,
      "check host and port, whether the server runs, and the network between",
      code !== "ENOTFOUND",
    ];
  }
  if (isNoAnswerToTls(message)) {
    return [
      `what is at ${host}, port ${port}, does not answer as a PostgreSQL server that works`,
      "check host and port, and the server's log",
      true,
    ];
  }
  if (isTlsFailure(code, message)) return explainTls(code, message, host);
  if (isLost(code, message)) {
    if (doing !== "connect to the warehouse")
      return ["the connection was lost; what was not committed is undone", "run it again", true];
    return [
      `the server at ${host}, port ${port}, ended the connection`,
      "run it again; if it stays so, check host and port and the server's log",
      true,
    ];
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
      return [`${user} lacks a right`, remedyForRight(doing, server)];
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

function remedyForRight(doing: Doing, { user, database, others }: ServerName): string {
  if (doing === "connect to the warehouse")
    return `grant it: GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`;
  const grant = `grant it: ${grants(doing, user, others?.get("schema"))}`;
  return doing === "load the warehouse" ? `${grant}; and have it own the tables` : grant;
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

/** True when the question for TLS got another answer than yes or no: from something else, or from a server in trouble. */
function isNoAnswerToTls(message: string): boolean {
  return message === "There was an error establishing an SSL connection";
}

function isUnreachable(code: string, message: string, syscall: string | undefined): boolean {
  if (message === "timeout expired") return true;
  return UNREACHABLE.has(code) && (syscall === "connect" || syscall === "getaddrinfo" || code === "ETIMEDOUT");
}

function isLost(code: string, message: string): boolean {
  return (
    LOST.has(code) ||
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

function place({ scheme, host, port, database, user }: ServerName): string {
  return `${scheme}://${user}@${host}:${port}/${database}`;
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

/** Of SQLSTATE class 08 only what is about the connection: 08P01 is said of a statement, too. */
const LOST = new Set([
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "08000",
  "08001",
  "08003",
  "08004",
  "08006",
  "57P01",
  "57P02",
  "57P05",
]);

const TLS = new Set([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_SIGNATURE_FAILURE",
]);
