import type { Client } from "pg";
import type { QueryResult } from "../driver.js";
import { connect } from "../postgres/connect.js";
import type { ConnectionOptions } from "../postgres/connection_options.js";
import { type Doing, postgresError } from "../postgres/errors.js";
import { AS_TEXT, resultOf } from "../postgres/values.js";

/** A conversation with a cluster or workgroup in which a transaction lasts from BEGIN to COMMIT. */
export interface RedshiftSession {
  /** Runs a statement; answers the number of rows that it changed. */
  execute(sql: string): Promise<number>;
  query(sql: string): Promise<QueryResult>;
  close(): Promise<void>;
}

/** Those of PostgreSQL's session settings that Redshift has. */
const SESSION = ["SET datestyle TO ISO, YMD", "SET timezone TO 'UTC'", "SET extra_float_digits TO 0"];

/** A session over PostgreSQL's wire protocol, to the cluster's endpoint. */
export async function wireSession(options: ConnectionOptions): Promise<RedshiftSession> {
  const client = await connect(options, 0);
  const told = async <T>(doing: Doing, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw postgresError(doing, options, error);
    }
  };
  for (const setting of SESSION) await told("prepare the session", () => client.query(setting));
  return {
    execute: (sql) => told("load the warehouse", async () => (await client.query(sql)).rowCount ?? 0),
    query: (sql) => told("query the warehouse", () => ask(client, sql)),
    close: () => client.end(),
  };
}

async function ask(client: Client, sql: string): Promise<QueryResult> {
  const question = { text: sql, rowMode: "array" as const, types: AS_TEXT, queryMode: "extended" };
  return resultOf(await client.query<(string | null)[]>(question));
}
