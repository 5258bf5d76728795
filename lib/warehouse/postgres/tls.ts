import fs from "node:fs";
import { join } from "node:path";
import { type ConnectionOptions, checkServerIdentity } from "node:tls";
import { UsageError } from "../../errors.js";

/** One way to connect: without TLS, or with it under these options. */
export type TlsAttempt = false | ConnectionOptions;

/** libpq's sslmode, sslrootcert, sslcert, sslkey and sslpassword. */
export interface TlsParameters {
  readonly mode: string;
  /** A file, or `system` for the authorities that Node.js trusts. */
  readonly root: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly keyPassword: string | undefined;
}

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;

/**
 * The ways to try one after another, as libpq's sslmode says (PostgreSQL's manual, "SSL Support", table 34.1): the server's
 * certificate is checked under `verify-ca` and `verify-full`, and under weaker modes whenever a root certificate is there;
 * its name only under `verify-full`.
 *
 * @param host the name that the server's certificate must carry under `verify-full`
 * @param folder of root.crt, postgresql.crt and postgresql.key, which are used where they exist and no other is named
 * @throws UsageError for an unknown mode, a file that is missing, and a key that others may read
 */
export function tlsAttempts(parameters: TlsParameters, host: string, folder: string): readonly TlsAttempt[] {
  const mode = MODES.find((name) => name === parameters.mode);
  if (mode === undefined) {
    throw new UsageError("there is no such sslmode", {
      expected: `one of ${MODES.join(", ")}`,
      actual: parameters.mode,
    });
  }
  if (mode === "disable") return [false];
  const tls = tlsOptions(mode, parameters, host, folder);
  if (mode === "allow") return [false, tls];
  return mode === "prefer" ? [tls, false] : [tls];
}

function tlsOptions(
  mode: (typeof MODES)[number],
  parameters: TlsParameters,
  host: string,
  folder: string,
): ConnectionOptions {
  const ca = rootCertificate(mode, parameters.root, join(folder, "root.crt"));
  const isChecked = parameters.root === "system" || ca !== undefined;
  return {
    rejectUnauthorized: isChecked,
    checkServerIdentity: (_name, certificate) =>
      mode === "verify-full" || parameters.root === "system" ? checkServerIdentity(host, certificate) : undefined,
    ...(ca === undefined ? {} : { ca }),
    ...clientCertificate(parameters, folder),
  };
}

function rootCertificate(mode: string, named: string | undefined, usual: string): Buffer | undefined {
  if (named === "system") {
    if (mode === "verify-full") return undefined;
    throw new UsageError("sslrootcert=system needs sslmode=verify-full", { actual: `sslmode=${mode}` });
  }
  const path = named ?? usual;
  if (fs.existsSync(path)) return fs.readFileSync(path);
  if (!mode.startsWith("verify")) return undefined;
  throw new UsageError("there is no root certificate to check the server's certificate with", {
    where: { path },
    remedy:
      "name the file by sslrootcert, trust the system's authorities by sslrootcert=system, or use another sslmode",
  });
}

function clientCertificate(parameters: TlsParameters, folder: string): ConnectionOptions {
  const certificate = parameters.certificate ?? join(folder, "postgresql.crt");
  if (!fs.existsSync(certificate)) {
    if (parameters.certificate === undefined) return {};
    throw new UsageError("the certificate that sslcert names is not there", { where: { path: certificate } });
  }
  const key = parameters.key ?? join(folder, "postgresql.key");
  const stat = fs.statSync(key, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new UsageError("there is a certificate but no private key for it", {
      where: { path: key },
      remedy: "name the file by sslkey",
    });
  }
  if (process.platform !== "win32" && (stat.mode & (stat.uid === 0 ? 0o037 : 0o077)) !== 0) {
    throw new UsageError("others may read the private key", { where: { path: key }, remedy: `chmod 0600 ${key}` });
  }
  return {
    cert: fs.readFileSync(certificate),
    key: fs.readFileSync(key),
    ...(parameters.keyPassword === undefined ? {} : { passphrase: parameters.keyPassword }),
  };
}
