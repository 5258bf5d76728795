import { homedir, userInfo } from "node:os";
import { join } from "node:path";
import { UsageError } from "../../errors.js";
import { findPassword } from "./password_file.js";
import { type TlsAttempt, tlsAttempts } from "./tls.js";

/** How to connect, found out as libpq does: the address's parts, then its query, then PG… variables, then the defaults. */
export interface ConnectionOptions {
  /** Of the address: `postgres`, `postgresql` or a dialect's own. */
  readonly scheme: string;
  /** A name, an IP address, or the folder of a Unix-domain socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Asked for only when the server wants one; undefined when there is none. */
  readonly password: () => Promise<string | undefined>;
  /** The ways to try, in order. */
  readonly tls: readonly TlsAttempt[];
  /** Settings of the session, as `-c name=value`. */
  readonly options: string | undefined;
  readonly applicationName: string;
  /** 0 waits as long as the system does. */
  readonly connectTimeoutSeconds: number;
  /** Parameters of the address's query that are not PostgreSQL's. */
  readonly others: ReadonlyMap<string, string>;
}

/** What a dialect adds to PostgreSQL's addresses. */
export interface AddressDialect {
  readonly defaultPort: number;
  /** Query parameters that the dialect reads itself. */
  readonly parameters: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

const POSTGRES: AddressDialect = { defaultPort: 5432, parameters: ["schema"] };

/**
 * Reads `postgres://user:password@host:port/database?sslmode=verify-full` (also `postgresql:`; every part may be missing
 * and percent-encoded) with the environment's PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGPASSFILE, PGSSLMODE,
 * PGSSLROOTCERT, PGSSLCERT, PGSSLKEY, PGOPTIONS, PGAPPNAME and PGCONNECT_TIMEOUT. Parameters mean what they mean to libpq
 * (PostgreSQL's manual, "Database Connection Control Functions").
 *
 * @throws UsageError for an address that cannot be read or a parameter that is not known; it never repeats a password
 */
export function readConnectionOptions(
  address: string,
  dialect: AddressDialect = POSTGRES,
  environment: Environment = process.env,
): ConnectionOptions {
  const parts = splitAddress(address);
  const query = readQuery(parts.query, dialect);
  const value = (name: string, variable: string): string | undefined =>
    nonEmpty(query.get(name)) ?? nonEmpty(environment[variable]);
  const host = nonEmpty(parts.host) ?? value("hostaddr", "PGHOSTADDR") ?? value("host", "PGHOST") ?? defaultHost();
  const port = Number(nonEmpty(parts.port) ?? value("port", "PGPORT") ?? dialect.defaultPort);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw wrong("the port is no number from 1 to 65535");
  if (host.includes(",")) throw wrong("one host is expected, not several");
  const user = nonEmpty(parts.user) ?? value("user", "PGUSER") ?? userInfo().username;
  const database = nonEmpty(parts.database) ?? value("dbname", "PGDATABASE") ?? user;
  const given = nonEmpty(parts.password) ?? value("password", "PGPASSWORD");
  const home = environment["HOME"] ?? homedir();
  const passwordFile = value("passfile", "PGPASSFILE") ?? join(home, ".pgpass");
  const isSocket = host.startsWith("/");
  const seconds = Number(value("connect_timeout", "PGCONNECT_TIMEOUT") ?? 15);
  if (!Number.isInteger(seconds)) throw wrong("connect_timeout is no whole number of seconds");
  return {
    scheme: parts.scheme,
    host,
    port,
    user,
    database,
    password: async () =>
      given ?? findPassword(passwordFile, { host: isSocket ? "localhost" : host, port, database, user }),
    tls: isSocket
      ? [false]
      : tlsAttempts(
          {
            mode: value("sslmode", "PGSSLMODE") ?? "prefer",
            root: value("sslrootcert", "PGSSLROOTCERT"),
            certificate: value("sslcert", "PGSSLCERT"),
            key: value("sslkey", "PGSSLKEY"),
            keyPassword: nonEmpty(query.get("sslpassword")),
          },
          nonEmpty(parts.host) ?? value("host", "PGHOST") ?? host,
          join(home, ".postgresql"),
        ),
    options: value("options", "PGOPTIONS"),
    applicationName: value("application_name", "PGAPPNAME") ?? "tslake",
    connectTimeoutSeconds: Math.max(0, seconds),
    others: new Map(dialect.parameters.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? ""]] : []))),
  };
}

/** An address as it may be shown: without password, without the query's secrets, however they are written. */
export function withoutSecrets(address: string): string {
  return address
    .replace(/^([a-z][a-z0-9+.-]*:\/\/[^:@]*)[:@].*@/is, "$1:***@")
    .replace(/([?&])([^=&]*)=[^&]*/g, (pair, start: string, name: string) =>
      isSecret(name) ? `${start}${name}=***` : pair,
    );
}

/** True for the name of a parameter that holds a secret, percent-encoded or not, and for one that cannot be decoded. */
function isSecret(name: string): boolean {
  try {
    return SECRETS.includes(decodeURIComponent(name).toLowerCase());
  } catch {
    return true;
  }
}

const SECRETS = ["password", "sslpassword"];

const PARAMETERS = [
  "host",
  "hostaddr",
  "port",
  "dbname",
  "user",
  "password",
  "passfile",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "options",
  "application_name",
  "connect_timeout",
];

interface AddressParts {
  readonly scheme: string;
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly query: string;
}

function splitAddress(address: string): AddressParts {
  const match =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^:@/?]*)(?::([^@/]*))?@)?(\[[^\]]*\]|[^:/?]*)(?::([^/?]*))?(?:\/([^?]*))?(?:\?(.*))?$/is.exec(
      address,
    );
  if (match === null) throw wrong("the address cannot be read");
  const [, scheme = "", user = "", password = "", host = "", port = "", database = "", query = ""] = match;
  // What stands before it may be the rest of a password: nothing of it is repeated, and no server is asked for it.
  if ([host, port, database, query].some((part) => part.includes("@")))
    throw wrong("an @ follows the one before the host, or user and password hold a /");
  return {
    scheme,
    user: decode(user),
    password: decode(password),
    host: decode(host.replace(/^\[(.*)\]$/, "$1")),
    port: decode(port),
    database: decode(database),
    query,
  };
}

function readQuery(query: string, dialect: AddressDialect): ReadonlyMap<string, string> {
  const known = [...PARAMETERS, ...dialect.parameters];
  const pairs = new Map<string, string>();
  for (const part of query === "" ? [] : query.split("&")) {
    const at = part.indexOf("=");
    const name = decode(at < 0 ? part : part.slice(0, at));
    // Behind a secret it may be the rest of one that holds an &.
    const shown = SECRETS.some((secret) => pairs.has(secret)) ? "of such a name" : name;
    if (at < 0) throw wrong(`the parameter ${shown} has no value`);
    if (!known.includes(name)) throw wrong(`there is no parameter ${shown}`, `one of ${known.join(", ")}`);
    const value = decode(part.slice(at + 1));
    if (value === "" && dialect.parameters.includes(name)) throw wrong(`the parameter ${name} has no value`);
    pairs.set(name, value);
  }
  return pairs;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong("a % in it is followed by no two hexadecimal digits");
  }
}

function wrong(reason: string, expected = "postgres://user:password@host:5432/database"): UsageError {
  return new UsageError(`the warehouse's address is wrong: ${reason}`, {
    expected,
    remedy:
      "write special characters of user, password and parameters percent-encoded: %40 for @, %2F for /, %26 for &",
  });
}

function defaultHost(): string {
  return process.platform === "win32" ? "localhost" : "/var/run/postgresql";
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
