import fs from "node:fs/promises";
import { StorageError } from "../../errors.js";

/** What a line of a password file is chosen by. */
export interface Connection {
  /** `localhost` for a Unix-domain socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * The password that a file in the format of `~/.pgpass` has for a connection: that of the first line whose host, port,
 * database and user match or are `*`; undefined without a file or such a line.
 *
 * @throws StorageError when others than its owner may read the file, which libpq would ignore
 */
export async function findPassword(path: string, connection: Connection): Promise<string | undefined> {
  const stat = await fs.stat(path).catch(() => undefined);
  if (!stat?.isFile()) return undefined;
  if (process.platform !== "win32" && (stat.mode & 0o077) !== 0) {
    throw new StorageError("others may read the file of passwords", {
      where: { path },
      expected: "mode 0600",
      actual: `mode ${(stat.mode & 0o777).toString(8).padStart(4, "0")}`,
      remedy: `chmod 0600 ${path}`,
    });
  }
  const wanted = [connection.host, String(connection.port), connection.database, connection.user];
  for (const line of (await fs.readFile(path, "utf8")).split(/\r?\n/)) {
    if (line === "" || line.startsWith("#")) continue;
    const fields = splitLine(line);
    const password = fields[4];
    if (password !== undefined && wanted.every((value, i) => fields[i] === "*" || unescape(fields[i]) === value)) {
      return unescape(password);
    }
  }
  return undefined;
}

/** Fields end at a colon that no backslash precedes; the fifth takes the rest up to its own colon. */
function splitLine(line: string): string[] {
  return [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/gs)].map(([, field = ""]) => field);
}

function unescape(field: string | undefined): string | undefined {
  return field?.replace(/\\(.)/gs, "$1");
}
