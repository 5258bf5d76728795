import type { Client } from "pg";
import { WarehouseError } from "../../errors.js";
import type { ConnectionOptions } from "./connection_options.js";
import { mayTryOtherTls, postgresError, speaksNoTls } from "./errors.js";
import type { TlsAttempt } from "./tls.js";

/** The oldest server that a star is loaded into, as `server_version_num` says it: PostgreSQL 12. */
const OLDEST = 120_000;

/**
 * Connects, by the first way that the server takes.
 *
 * @param oldest server version, as `server_version_num` says it; 0 takes any
 * @throws WarehouseError for a server that does not answer, refuses or is too old
 */
export async function connect(options: ConnectionOptions, oldest = OLDEST): Promise<Client> {
  let refusal: unknown;
  for (const tls of options.tls) {
    try {
      const client = await connectBy(options, tls);
      await refuseOldServer(client, oldest);
      return client;
    } catch (error) {
      if (refusal === undefined || speaksNoTls(refusal)) refusal = error;
      if (!mayTryOtherTls(error)) break;
    }
  }
  throw postgresError("connect to the warehouse", options, refusal);
}

async function connectBy(options: ConnectionOptions, tls: TlsAttempt): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    host: options.host,
    port: options.port,
    user: options.user,
    database: options.database,
    password: async () => {
      const password = await options.password();
      if (password === undefined) throw new Error("No password is known");
      return password;
    },
    ssl: tls,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutSeconds * 1000,
    keepAlive: true,
    ...(options.options === undefined ? {} : { options: options.options }),
  });
  // A connection that breaks between two questions is found out by the next one.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function refuseOldServer(client: Client, oldest: number): Promise<void> {
  if (oldest === 0) return;
  const { rows } = await client.query<{ readonly number: string; readonly name: string }>(
    "SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name",
  );
  const { number = "0", name = "" } = rows[0] ?? {};
  if (Number(number) >= oldest) return;
  await client.end();
  throw new WarehouseError("the PostgreSQL server is too old", {
    expected: `version ${Math.floor(oldest / 10_000)} or newer`,
    actual: name,
  });
}
