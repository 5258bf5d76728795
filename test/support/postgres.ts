import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import fs from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";

/** A PostgreSQL server of one's own, on a random port of the loopback address, whose cluster goes with it. */
export interface PostgresServer {
  readonly host: "localhost";
  readonly port: number;
  /** Owns every database that `database` makes, and is no superuser. */
  readonly user: "analista";
  /** The user's: nothing but the server may ever repeat it. */
  readonly password: string;
  /** A folder that the server's process may write to. */
  readonly folder: string;
  /** The server's certificate is for `localhost` only; the client's is for the user `certificado`, who has no password. */
  readonly certificates: {
    readonly root: string;
    /** A certificate of another authority. */
    readonly otherRoot: string;
    readonly client: string;
    readonly clientKey: string;
  };
  /** Address of a new, empty database. */
  database(): Promise<string>;
  /** Address of a database, with other parts than the usual ones. */
  address(database: string, parts?: AddressParts): string;
  /** Runs a statement as superuser in the database `postgres`, or another. */
  admin(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** All that the server has logged. */
  log(): string;
  stop(): Promise<void>;
}

export interface AddressParts {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly query?: string;
}

const SUPERUSER = "postgres";

/** Starts the PostgreSQL whose binaries `TSLAKE_TEST_POSTGRES` (a folder) holds. */
export async function startPostgres(): Promise<PostgresServer> {
  const binaries = process.env["TSLAKE_TEST_POSTGRES"];
  if (!binaries) throw new Error("TSLAKE_TEST_POSTGRES is not set");
  const folder = fs.mkdtempSync(join(tmpdir(), "tslake-pg-"));
  const data = join(folder, "data");
  const identity = unprivileged();
  if (identity.uid !== undefined) fs.chownSync(folder, identity.uid, identity.gid ?? identity.uid);
  const password = "s3nh@ muito:secreta/%";
  const port = await freePort();
  run(join(binaries, "initdb"), ["-D", data, "-U", SUPERUSER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"], {
    ...identity,
    cwd: folder,
  });
  const certificates = makeCertificates(folder, identity);
  fs.writeFileSync(join(data, "pg_hba.conf"), HBA);
  // Not by the command line, so that a test can switch it off.
  fs.appendFileSync(join(data, "postgresql.conf"), "ssl = on\n");
  const logFile = join(folder, "log");
  const log = fs.openSync(logFile, "w");
  const settings: Readonly<Record<string, string>> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    full_page_writes: "off",
    ssl_cert_file: join(folder, "server.crt"),
    ssl_key_file: join(folder, "server.key"),
    ssl_ca_file: certificates.root,
    password_encryption: "scram-sha-256",
    max_wal_size: "4GB",
  };
  const argv = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const child = spawn(join(binaries, "postgres"), ["-D", data, ...argv], {
    ...identity,
    cwd: folder,
    stdio: ["ignore", log, log],
  });
  fs.closeSync(log);
  const readLog = (): string => fs.readFileSync(logFile, "utf8");

  const admin = async (sql: string, database = "postgres"): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ host: folder, port, user: SUPERUSER, database, ssl: false });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  await untilAnswers(admin, child, readLog);
  await admin(`CREATE ROLE analista LOGIN PASSWORD '${password}'`);
  await admin("CREATE ROLE certificado LOGIN");

  let made = 0;
  const address = (database: string, parts: AddressParts = {}): string => {
    const { user = "analista", host = "localhost", query } = parts;
    const secret = encodeURIComponent(parts.password ?? password);
    return `postgres://${user}:${secret}@${host}:${port}/${database}${query === undefined ? "" : `?${query}`}`;
  };
  return {
    host: "localhost",
    port,
    user: "analista",
    password,
    folder,
    certificates,
    address,
    database: async () => {
      const name = `armazem_${++made}`;
      await admin(`CREATE DATABASE ${name} OWNER analista`);
      return address(name);
    },
    admin,
    log: readLog,
    stop: async () => {
      const ended = new Promise((done) => child.once("exit", done));
      child.kill("SIGQUIT");
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Over TCP: `so_tls` only by TLS, `sem_tls` only without, `certificado` by certificate, all others by password. */
const HBA = `local all all trust
hostnossl all so_tls 127.0.0.1/32 reject
hostssl all sem_tls 127.0.0.1/32 reject
hostssl all certificado 127.0.0.1/32 cert
host all certificado 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
`;

/** PostgreSQL refuses to run as root: it then runs as the user whom its package made, or as nobody. */
function unprivileged(): { readonly uid?: number; readonly gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      const id = (flag: string): number => Number(execFileSync("id", [flag, name], { stdio: "pipe" }));
      return { uid: id("-u"), gid: id("-g") };
    } catch {
      // There is no such user.
    }
  }
  throw new Error("there is no user to run PostgreSQL as");
}

function makeCertificates(
  folder: string,
  identity: { readonly uid?: number; readonly gid?: number },
): PostgresServer["certificates"] {
  const path = (name: string): string => join(folder, name);
  const openssl = (...argv: string[]): void => run("openssl", argv, { cwd: folder });
  const authority = (name: string): void =>
    openssl(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30"],
      ...["-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.crt`],
    );
  const signed = (name: string, subject: string, extension: string): void => {
    openssl(
      ...["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-subj", subject, "-addext", extension, "-keyout", `${name}.key`, "-out", `${name}.csr`],
    );
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "root.crt", "-CAkey", "root.key", "-CAcreateserial"],
      ...["-copy_extensions", "copy", "-days", "30", "-out", `${name}.crt`],
    );
  };
  authority("root");
  authority("other");
  signed("server", "/CN=localhost", "subjectAltName=DNS:localhost");
  signed("client", "/CN=certificado", "extendedKeyUsage=clientAuth");
  fs.chmodSync(path("server.key"), 0o600);
  if (identity.uid !== undefined) fs.chownSync(path("server.key"), identity.uid, identity.gid ?? identity.uid);
  for (const name of ["root.crt", "server.crt"]) fs.chmodSync(path(name), 0o644);
  return {
    root: path("root.crt"),
    otherRoot: path("other.crt"),
    client: path("client.crt"),
    clientKey: path("client.key"),
  };
}

function run(command: string, argv: readonly string[], options: SpawnOptions): void {
  execFileSync(command, argv, { ...options, stdio: "pipe" });
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function untilAnswers(
  admin: (sql: string) => Promise<unknown>,
  child: ChildProcess,
  log: () => string,
): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (child.exitCode !== null) throw new Error(`PostgreSQL ended with status ${child.exitCode}:\n${log()}`);
    const answered = await admin("SELECT 1").then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`PostgreSQL does not answer:\n${log()}`);
}
