import fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../clock.js";
import { DuckdbEngine } from "../../engine/duckdb/engine.js";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import { UsageError } from "../../errors.js";
import type { Relation } from "../../relation/relation.js";
import type { Storage } from "../../storage/storage.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { Dialect, QueryResult, RecordedLoad, Warehouse, WarehouseTransaction } from "../driver.js";
import { refuseUnlessOne } from "../one_statement.js";
import { LOADS, recordedLoads } from "../record.js";
import { identifier } from "../sql.js";
import { copyParquet, REDSHIFT } from "./dialect.js";
import type { RedshiftSession } from "./session.js";

/** How a Redshift database is reached. */
export interface RedshiftPlace {
  /** The address without secrets. */
  readonly label: string;
  /** Default: the user's own, `public` as a rule. */
  readonly schema: string | undefined;
  /** Where files lie until COPY has read them; undefined: only queries work. */
  readonly staging: Staging | undefined;
  openSession(): Promise<RedshiftSession>;
}

/** A place in a bucket that the cluster may read. */
export interface Staging {
  /** `s3://bucket/prefix` */
  readonly address: string;
  readonly storage: Storage;
  /** ARN, or `default`. */
  readonly iamRole: string;
}

/** A schema of a Redshift database. A load is one transaction; a lock on its own record keeps a second load waiting. */
export class RedshiftWarehouse implements Warehouse {
  readonly dialect: Dialect = REDSHIFT;
  readonly label: string;
  readonly #place: RedshiftPlace;
  readonly #engine: PolarsEngine;

  constructor(place: RedshiftPlace, engine: PolarsEngine) {
    this.label = place.label;
    this.#place = place;
    this.#engine = engine;
  }

  transaction<T>(work: (transaction: WarehouseTransaction) => Promise<T>): Promise<T> {
    return this.#inSession("BEGIN", async (session) => {
      // Redshift has no advisory locks; only loads read or write this table.
      if ((await columnsOf(session)).has(LOADS.name)) await session.execute(`LOCK ${identifier(LOADS.name)}`);
      const result = await work({
        execute: (sql) => session.execute(sql),
        query: (sql) => session.query(sql),
        createTable: (table) => executeAll(session, REDSHIFT.createTable(table)),
        createStaging: (table) => executeAll(session, REDSHIFT.createStaging(table)),
        load: (table, rows, pieces = [rows]) => this.#load(session, table.name, pieces),
        columns: () => columnsOf(session),
      });
      await session.execute("COMMIT");
      return result;
    });
  }

  async query(sql: string): Promise<QueryResult> {
    refuseUnlessOne(sql, this.label);
    return this.#inSession("BEGIN READ ONLY", async (session) => {
      const result = await session.query(sql);
      await session.execute("ROLLBACK");
      return result;
    });
  }

  loads(): Promise<readonly RecordedLoad[]> {
    return this.#inSession("BEGIN READ ONLY", async (session) => {
      const tables = await columnsOf(session);
      const loads = await recordedLoads({ query: (sql) => session.query(sql) }, tables);
      await session.execute("ROLLBACK");
      return loads;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #inSession<T>(begin: string, work: (session: RedshiftSession) => Promise<T>): Promise<T> {
    const session = await this.#place.openSession();
    try {
      if (this.#place.schema !== undefined)
        await session.execute(`SET search_path TO ${identifier(this.#place.schema)}`);
      await session.execute(begin);
      return await work(session);
    } catch (error) {
      await session.execute("ROLLBACK").catch(() => undefined);
      throw error;
    } finally {
      await session.close().catch(() => undefined);
    }
  }

  /**
   * Files go to the bucket, into the table, and away again, also when COPY fails. What cannot be closed or deleted stays, under
   * a name that no load uses again: it is no reason to undo a load, nor to hide why COPY failed.
   */
  async #load(session: RedshiftSession, table: string, pieces: readonly Relation[]): Promise<number> {
    const { staging } = this.#place;
    if (staging === undefined) {
      throw new UsageError("a load into Redshift needs a place in a bucket and a role that may read it", {
        expected: "redshift://user@host:5439/database?s3=s3://bucket/prefix&iam_role=arn:aws:iam::…",
      });
    }
    const duckdb = new DuckdbEngine(this.#engine);
    const local = newFolder(tmpdir());
    const folder = `${newId()}/`;
    const keys: string[] = [];
    let count = 0;
    try {
      for (const [i, { node }] of pieces.entries()) {
        const name = `${String(i).padStart(6, "0")}.parquet`;
        const found = await duckdb.write(node, join(local, name), "FORMAT parquet");
        if (found === 0) continue;
        count += found;
        keys.push(`${folder}${name}`);
        await bring(join(local, name), staging.storage, `${folder}${name}`);
        await fs.rm(join(local, name));
      }
      const prefix = `${staging.address.replace(/\/+$/, "")}/${folder}`;
      if (count > 0) await session.execute(copyParquet(table, { prefix, iamRole: staging.iamRole }));
    } finally {
      for (const key of keys) await staging.storage.delete(key).catch(() => undefined);
      await duckdb
        .close()
        .catch(() => undefined)
        .then(() => removeFolder(local))
        .catch(() => undefined);
    }
    return count;
  }
}

async function executeAll(session: RedshiftSession, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await session.execute(sql);
}

async function bring(file: string, storage: Storage, path: string): Promise<void> {
  const location = await storage.locate(path);
  if (location.upload !== undefined) return location.upload(file);
  await fs.copyFile(file, location.url);
  await storage.settle(path);
}

async function columnsOf(session: RedshiftSession): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await session.query(
    "SELECT table_name, column_name FROM svv_columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position",
  );
  const found = new Map<string, string[]>();
  for (const row of rows) {
    const table = String(row["table_name"]);
    found.set(table, [...(found.get(table) ?? []), String(row["column_name"])]);
  }
  return found;
}
