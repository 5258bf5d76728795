import type { Client } from "pg";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import { UsageError, WarehouseError } from "../../errors.js";
import type { Dialect, QueryResult, RecordedLoad, Warehouse, WarehouseTransaction } from "../driver.js";
import { refuseCopy, refuseUnlessOne } from "../one_statement.js";
import { otherLoadRuns, PATIENCE_SECONDS } from "../other_load.js";
import { recordedLoads } from "../record.js";
import { identifier, literal } from "../sql.js";
import { connect } from "./connect.js";
import { type ConnectionOptions, readConnectionOptions, withoutSecrets } from "./connection_options.js";
import { copyRows } from "./copy_rows.js";
import { POSTGRES } from "./dialect.js";
import { type Doing, isConnectionLost, postgresError, sqlState, unmakableSchema, unusableSchema } from "./errors.js";
import { AS_TEXT, resultOf, SESSION } from "./values.js";

/** A load sorts and joins millions of rows, in a few statements that are not worth compiling. */
const SETTINGS = { work_mem: "128MB", maintenance_work_mem: "256MB", jit: "off" } as const;

const UNDEFINED_TABLE = "42P01";

/**
 * A schema of a PostgreSQL database: the connection's own (`public`, as a rule) or the one that the address names by
 * `?schema=`. A load is one transaction; an advisory lock of it keeps a second load waiting.
 */
export class PostgresWarehouse implements Warehouse {
  readonly dialect: Dialect = POSTGRES;
  readonly label: string;
  readonly #options: ConnectionOptions;
  readonly #engine: PolarsEngine;
  #idle: PlainClient | undefined;

  /**
   * @param address `postgres://user:password@host:port/database?schema=…`; see `readConnectionOptions`
   * @throws UsageError for an address that cannot be read
   */
  constructor(address: string, engine: PolarsEngine) {
    this.label = withoutSecrets(address);
    this.#options = readConnectionOptions(address);
    this.#engine = engine;
  }

  transaction<T>(work: (transaction: WarehouseTransaction) => Promise<T>): Promise<T> {
    return this.#connected("load the warehouse", async (client) => {
      await client.query("BEGIN");
      await this.#lock(client);
      await this.#makeSchema(client, "load the warehouse");
      await this.#useSchema(client, "load the warehouse");
      for (const [setting, value] of Object.entries(SETTINGS)) await client.query(`SET LOCAL ${setting} TO '${value}'`);
      const result = await work(await this.#transactionOn(client));
      await this.#commit(client);
      return result;
    });
  }

  async query(sql: string): Promise<QueryResult> {
    refuseUnlessOne(sql, this.label);
    refuseCopy(sql, this.label);
    return this.#connected("query the warehouse", async (client) => {
      await client.query("BEGIN TRANSACTION READ ONLY");
      const unusable = await this.#enterSchema(client, "query the warehouse");
      const result = await ask(client, sql).catch((error: unknown) => {
        if (unusable && sqlState(error) === UNDEFINED_TABLE) throw unusable;
        throw usageErrorOf(error, sql, this.label) ?? error;
      });
      await client.query("ROLLBACK");
      return result;
    });
  }

  loads(): Promise<readonly RecordedLoad[]> {
    return this.#connected("read what the warehouse holds", async (client) => {
      await client.query("BEGIN TRANSACTION READ ONLY");
      await this.#useSchema(client, "read what the warehouse holds");
      const tables = await columnsOf(client);
      const loads = await recordedLoads({ query: (sql) => ask(client, sql) }, tables);
      await client.query("ROLLBACK");
      return loads;
    });
  }

  async close(): Promise<void> {
    const client = this.#idle;
    this.#idle = undefined;
    client?.ref();
    await client?.end();
  }

  async #transactionOn(client: Client): Promise<WarehouseTransaction> {
    const isEmpty = (await columnsOf(client)).size === 0;
    const [tables, stagings] = [new Set<string>(), new Set<string>()];
    return {
      execute: async (sql) => (await client.query(sql)).rowCount ?? 0,
      createTable: async (table) => {
        for (const sql of POSTGRES.createTable(table)) await client.query(sql);
        tables.add(table.name);
      },
      createStaging: async (table) => {
        for (const sql of POSTGRES.createStaging(table)) await client.query(sql);
        stagings.add(table.name);
      },
      query: (sql) => ask(client, sql),
      load: async (table, rows, pieces = [rows]) => {
        const freeze = isEmpty && tables.has(table.name);
        const count = await copyRows(client, this.#engine, table, pieces, { freeze });
        // Nobody else tells the planner what a staging table holds.
        if (stagings.has(table.name)) await client.query(`ANALYZE ${identifier(table.name)}`);
        return count;
      },
      columns: () => columnsOf(client),
    };
  }

  async #lock(client: Client): Promise<void> {
    await client.query(`SET LOCAL lock_timeout TO '${PATIENCE_SECONDS}s'`);
    const named = this.#options.others.get("schema");
    const schema = named === undefined ? "current_schema()" : literal(named);
    try {
      await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('tslake ' || ${schema}, 0))`);
    } catch (error) {
      if (sqlState(error) !== "55P03") throw error;
      throw otherLoadRuns(this.label);
    }
    for (const setting of ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]) {
      await client.query(`SET LOCAL ${setting} TO 0`);
    }
  }

  /** Makes the schema that the address names, where it is not there. */
  async #makeSchema(client: Client, doing: Doing): Promise<void> {
    const schema = this.#options.others.get("schema");
    if (schema === undefined) return;
    // IF NOT EXISTS would ask for the right to make schemas even where there is nothing to make.
    const { rows } = await client.query(`SELECT FROM pg_namespace WHERE nspname = ${literal(schema)}`);
    if (rows.length > 0) return;
    await client.query(`CREATE SCHEMA ${identifier(schema)}`).catch((error: unknown) => {
      throw sqlState(error) === "42501" ? unmakableSchema(doing, this.#options, schema) : error;
    });
  }

  async #useSchema(client: Client, doing: Doing): Promise<void> {
    const unusable = await this.#enterSchema(client, doing);
    if (unusable) throw unusable;
  }

  /**
   * Goes to the address's schema. Answers what is wrong where the user may not use it, or has none: the server then passes
   * over it, and says that there are no such tables.
   */
  async #enterSchema(client: Client, doing: Doing): Promise<WarehouseError | undefined> {
    const schema = this.#options.others.get("schema");
    if (schema !== undefined) await client.query(`SET LOCAL search_path TO ${identifier(schema)}`);
    const meant = schema === undefined ? "IN ('public', current_user)" : `= ${literal(schema)}`;
    const { rows } = await client.query<{ readonly name: string }>(
      `SELECT nspname AS name FROM pg_namespace
WHERE current_schema() IS NULL AND nspname ${meant} AND NOT has_schema_privilege(oid, 'USAGE') ORDER BY nspname LIMIT 1`,
    );
    const [unusable] = rows;
    return unusable && unusableSchema(doing, this.#options, unusable.name);
  }

  async #commit(client: Client): Promise<void> {
    try {
      await client.query("COMMIT");
    } catch (error) {
      if (!isConnectionLost(error)) throw error;
      throw new WarehouseError("the connection was lost while the load was committed; it may or may not be there", {
        where: { path: this.label },
        remedy: "run it again: it goes on from what is there",
        transient: true,
      });
    }
  }

  /** Gives a connection, and undoes what work that fails has begun. */
  async #connected<T>(doing: Doing, work: (client: Client) => Promise<T>): Promise<T> {
    const client = this.#idle ?? (await this.#connect());
    this.#idle = undefined;
    client.ref();
    try {
      const result = await work(client);
      this.#keep(client);
      return result;
    } catch (error) {
      const isUndone = await client.query("ROLLBACK").then(
        () => true,
        () => false,
      );
      if (isUndone) this.#keep(client);
      else void client.end().catch(() => undefined);
      throw postgresError(doing, this.#options, error);
    }
  }

  async #connect(): Promise<PlainClient> {
    const client = (await connect(this.#options)) as PlainClient;
    for (const setting of SESSION) await client.query(setting);
    client.once("end", () => {
      if (this.#idle === client) this.#idle = undefined;
    });
    return client;
  }

  /** For the next question; it does not keep the process alive. */
  #keep(client: PlainClient): void {
    if (this.#idle === undefined) this.#idle = client;
    else void client.end().catch(() => undefined);
    client.unref();
  }
}

/** The driver's client with what its types leave out. */
type PlainClient = Client & { ref(): void; unref(): void };

/** Runs one statement; several in one text are refused by the server. */
async function ask(client: Client, sql: string): Promise<QueryResult> {
  const question = { text: sql, rowMode: "array" as const, types: AS_TEXT, queryMode: "extended" };
  return resultOf(await client.query<(string | null)[]>(question));
}

async function columnsOf(client: Client): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await client.query<{ readonly table: string; readonly columns: readonly string[] }>(
    `SELECT c.relname AS table, array_agg(a.attname::text ORDER BY a.attnum) AS columns
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema()) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
GROUP BY c.relname`,
  );
  return new Map(rows.map((row) => [row.table, row.columns]));
}

/** The statement's own fault, as opposed to the server's; SQLSTATE classes 0A, 21, 22, 26 and 42, parameters, and what a reader may not do. */
function usageErrorOf(error: unknown, sql: string, label: string): UsageError | undefined {
  const state = sqlState(error);
  if (state === "25006") {
    return new UsageError("the statement would change the warehouse: only queries are run", { where: { path: label } });
  }
  if (!(error instanceof Error) || state === "42501" || !/^(?:0A|21|22|26|42|08P01)/.test(state)) return undefined;
  if (state === "08P01") {
    return new UsageError("the statement has parameters, for which there are no values", {
      where: { path: label },
      actual: error.message,
      remedy: "write the values in the place of $1, $2 …",
    });
  }
  const { position, hint } = error as Error & Readonly<Record<"position" | "hint", unknown>>;
  const line = typeof position === "string" ? sql.slice(0, Number(position) - 1).split("\n").length : undefined;
  return new UsageError(error.message, {
    where: { path: label, ...(line === undefined ? {} : { line }) },
    ...(typeof hint === "string" ? { remedy: hint } : {}),
  });
}
