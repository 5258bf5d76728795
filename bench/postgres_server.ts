import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./free_port.js";

/** A PostgreSQL server of one's own, on a random port of the loopback address, whose cluster goes with it. */
export interface PostgresCluster {
  readonly port: number;
  /** A folder that the server's process may write to. */
  readonly folder: string;
  /** Runs a statement as superuser in the database `postgres`, or another. */
  admin(sql: string, database?: string): Promise<readonly Record<string, unknown>[]>;
  /** All that the server has logged. */
  log(): string;
  stop(): Promise<void>;
}

/** A cluster that is made but not running yet. */
export interface NewCluster {
  readonly folder: string;
  /** The server's data. */
  readonly data: string;
  /** Whom the server runs as. */
  readonly identity: Pick<SpawnOptions, "uid" | "gid">;
}

/** Who may do everything, and needs no password. */
export const SUPERUSER = "postgres";

/**
 * Starts the PostgreSQL whose binaries `TSLAKE_TEST_POSTGRES` (a folder) holds.
 * @param prepare completes the cluster; answers settings for the server
 */
export async function startCluster(
  prepare: (cluster: NewCluster) => Readonly<Record<string, string>> = () => ({}),
): Promise<PostgresCluster> {
  const binaries = process.env["TSLAKE_TEST_POSTGRES"];
  if (!binaries) throw new Error("TSLAKE_TEST_POSTGRES is not set");
  const folder = fs.mkdtempSync(join(tmpdir(), "tslake-pg-"));
  const data = join(folder, "data");
  const identity = unprivileged();
  if (identity.uid !== undefined) fs.chownSync(folder, identity.uid, identity.gid ?? identity.uid);
  const port = await freePort();
  const initdb = ["-D", data, "-U", SUPERUSER, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
  execFileSync(join(binaries, "initdb"), initdb, { ...identity, cwd: folder, stdio: "pipe" });
  const settings: Readonly<Record<string, string>> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    full_page_writes: "off",
    max_wal_size: "4GB",
    ...prepare({ folder, data, identity }),
  };
  const logFile = join(folder, "log");
  const log = fs.openSync(logFile, "w");
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
  return {
    port,
    folder,
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

/** PostgreSQL refuses to run as root: it then runs as the user whom its package made, or as nobody. */
function unprivileged(): NewCluster["identity"] {
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
