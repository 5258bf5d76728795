import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { type NewCluster, type PostgresCluster, startCluster } from "../../bench/postgres_server.js";

/** A PostgreSQL server of one's own that speaks TLS, with a user who owns every database that `database` makes. */
export interface PostgresServer extends PostgresCluster {
  readonly host: "localhost";
  /** No superuser. */
  readonly user: "analista";
  /** The user's: nothing but the server may ever repeat it. */
  readonly password: string;
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
}

export interface AddressParts {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly query?: string;
}

/** Starts the PostgreSQL whose binaries `TSLAKE_TEST_POSTGRES` (a folder) holds. */
export async function startPostgres(): Promise<PostgresServer> {
  const password = "s3nh@ muito:secreta/%";
  const cluster = await startCluster(({ folder, data, identity }) => {
    const { root } = makeCertificates(folder, identity);
    fs.writeFileSync(join(data, "pg_hba.conf"), HBA);
    // Not by the command line, so that a test can switch it off.
    fs.appendFileSync(join(data, "postgresql.conf"), "ssl = on\n");
    return {
      ssl_cert_file: join(folder, "server.crt"),
      ssl_key_file: join(folder, "server.key"),
      ssl_ca_file: root,
      password_encryption: "scram-sha-256",
    };
  });
  const { port, admin } = cluster;
  await admin(`CREATE ROLE analista LOGIN PASSWORD '${password}'`);
  await admin("CREATE ROLE certificado LOGIN");

  let made = 0;
  const address = (database: string, parts: AddressParts = {}): string => {
    const { user = "analista", host = "localhost", query } = parts;
    const secret = encodeURIComponent(parts.password ?? password);
    return `postgres://${user}:${secret}@${host}:${port}/${database}${query === undefined ? "" : `?${query}`}`;
  };
  return {
    ...cluster,
    host: "localhost",
    user: "analista",
    password,
    certificates: certificatesIn(cluster.folder),
    address,
    database: async () => {
      const name = `armazem_${++made}`;
      await admin(`CREATE DATABASE ${name} OWNER analista`);
      return address(name);
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

function makeCertificates(folder: string, identity: NewCluster["identity"]): PostgresServer["certificates"] {
  const path = (name: string): string => join(folder, name);
  const openssl = (...argv: string[]): void => run("openssl", argv, folder);
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
  return certificatesIn(folder);
}

function certificatesIn(folder: string): PostgresServer["certificates"] {
  const path = (name: string): string => join(folder, name);
  return {
    root: path("root.crt"),
    otherRoot: path("other.crt"),
    client: path("client.crt"),
    clientKey: path("client.key"),
  };
}

function run(command: string, argv: readonly string[], cwd: string): void {
  execFileSync(command, argv, { cwd, stdio: "pipe" });
}
