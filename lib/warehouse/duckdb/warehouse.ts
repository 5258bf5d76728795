import fs from "node:fs";
import { dirname } from "node:path";
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import { DuckdbEngine } from "../../engine/duckdb/engine.js";
import { storageError } from "../../engine/duckdb/errors.js";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import { isTslakeError, StorageError, UsageError, WarehouseError } from "../../errors.js";
import type { Relation } from "../../relation/relation.js";
import { fsyncFile, fsyncFolder } from "../../storage/durable.js";
import type {
  QueryResult,
  RecordedLoad,
  TransactionOptions,
  Warehouse,
  WarehouseTable,
  WarehouseTransaction,
} from "../driver.js";
import { refuseUnlessOne } from "../one_statement.js";
import { LOADS, ownNames, recordedLoads } from "../record.js";
import { identifier, identifiers } from "../sql.js";
import { DUCKDB } from "./dialect.js";
import { stampOf } from "./file_stamp.js";
import { loadsCache } from "./loads_cache.js";
import { holderOf, isLocked, lockFile } from "./lock.js";
import { resultOf } from "./values.js";

/** Memory of a load beside the rows that it is given. */
const MEMORY = "1200MB";

/**
 * A DuckDB file. As one process writes it or several read it, a load works on a copy, `<file>.next`, and renames it over
 * the file when everything is right and nobody else has written to it: readers keep the old star until they connect again.
 */
export class DuckdbWarehouse implements Warehouse {
  readonly dialect = DUCKDB;
  readonly label: string;
  readonly #path: string;
  readonly #engine: PolarsEngine;

  /** @param path absolute */
  constructor(path: string, engine: PolarsEngine) {
    this.label = `duckdb:${path}`;
    this.#path = path;
    this.#engine = engine;
  }

  async transaction<T>(
    work: (transaction: WarehouseTransaction) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    fs.mkdirSync(dirname(this.#path), { recursive: true });
    const next = `${this.#path}.next`;
    const unlock = await lockFile(this.#path);
    try {
      removeDatabase(next);
      const stamp = await this.#copyTo(next, options.replaces);
      const result = await this.#workOn(next, work);
      await fsyncFile(next);
      fs.rmSync(`${next}.tmp`, { recursive: true, force: true });
      await this.#refuseOtherFile(stamp);
      this.#replaceBy(next);
      return result;
    } catch (error) {
      removeDatabase(next);
      throw isTslakeError(error)
        ? error
        : storageError("the warehouse could not be loaded; it is as it was", this.#path, error);
    } finally {
      unlock();
    }
  }

  async query(sql: string): Promise<QueryResult> {
    refuseUnlessOne(sql, this.#path);
    if (!fs.existsSync(this.#path)) {
      throw new UsageError("there is no warehouse yet", {
        where: { path: this.#path },
        remedy: "npm run pipeline makes it",
      });
    }
    return this.#reading(async (connection) => {
      try {
        return resultOf(await connection.runAndReadAll(sql));
      } catch (error) {
        throw new UsageError(messageOf(error), { where: { path: this.#path } });
      }
    });
  }

  async loads(): Promise<readonly RecordedLoad[]> {
    if (!fs.existsSync(this.#path)) return [];
    const cache = loadsCache(this.#path);
    const cached = cache.read();
    if (cached) return cached;
    const loads = await this.#reading(async (connection) => {
      const transaction = transactionOn(connection, this.#engine);
      return recordedLoads(transaction, await transaction.columns());
    });
    cache.write(loads);
    return loads;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /**
   * A copy to work on; an empty one where all that is there is going to be replaced.
   * @returns the stamp of the file that was copied
   */
  async #copyTo(next: string, replaces: string | undefined): Promise<string> {
    if (!fs.existsSync(this.#path)) return stampOf(this.#path);
    // What a writer that is gone has left beside the file is brought into it.
    if (fs.existsSync(`${this.#path}.wal`)) await this.#opened(this.#path, {}, () => Promise.resolve());
    return this.#reading(async (connection) => {
      const stamp = stampOf(this.#path);
      if (replaces !== undefined && (await this.#hasOnly(connection, replaces))) return stamp;
      await fs.promises.copyFile(this.#path, next, fs.constants.COPYFILE_FICLONE);
      return stamp;
    });
  }

  /** What others have written since the copy was made, or are about to write, must not go with the old file. */
  async #refuseOtherFile(stamp: string): Promise<void> {
    if (fs.existsSync(this.#path)) await this.#reading(() => Promise.resolve());
    if (stampOf(this.#path) === stamp) return;
    throw new WarehouseError("another program has changed the warehouse meanwhile; nothing was loaded", {
      where: { path: this.#path },
      remedy: "run it again: it begins with the file as it is now",
      transient: true,
    });
  }

  /** Whether all that is there was made by loads of a star. */
  async #hasOnly(connection: DuckDBConnection, star: string): Promise<boolean> {
    const transaction = transactionOn(connection, this.#engine);
    const columns = await transaction.columns();
    const loads = await recordedLoads(transaction, columns);
    const own = ownNames(loads, star);
    const isOwn = (name: string): boolean => name === LOADS.name || own.has(name);
    return (
      loads.every((load) => load.star === star) && [...columns.keys()].every(isOwn) && !(await hasMore(connection))
    );
  }

  async #workOn<T>(next: string, work: (transaction: WarehouseTransaction) => Promise<T>): Promise<T> {
    const options = { memory_limit: MEMORY, temp_directory: `${next}.tmp` };
    // Nobody sees the copy until it is renamed: statements need no transaction, in which DuckDB would know no statistics.
    return this.#opened(next, options, async (connection) => {
      const result = await work(transactionOn(connection, this.#engine));
      await connection.run("CHECKPOINT");
      return result;
    });
  }

  #replaceBy(next: string): void {
    try {
      fs.renameSync(next, this.#path);
    } catch (cause) {
      throw new StorageError("the new warehouse cannot take the place of the old one", {
        where: { path: this.#path },
        expected: "no program that keeps the file open",
        remedy: "disconnect the programs that read the file, then run the step again",
        cause,
      });
    }
    try {
      fsyncFolder(dirname(this.#path));
    } catch (cause) {
      throw new StorageError("the new warehouse is in its place, but the disk has not confirmed it", {
        where: { path: this.#path },
        remedy: "see to the disk, then run it again",
        cause,
      });
    }
  }

  #reading<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    return this.#opened(this.#path, { access_mode: "READ_ONLY", enable_external_access: "false" }, work);
  }

  async #opened<T>(
    path: string,
    options: Readonly<Record<string, string>>,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> {
    const instance = await DuckDBInstance.create(path, options).catch((cause: unknown) => {
      throw this.#refused(cause);
    });
    try {
      const connection = await instance.connect();
      try {
        await connection.run("SET TimeZone = 'UTC'");
        return await work(connection);
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  }

  #refused(cause: unknown): StorageError {
    if (!isLocked(cause)) {
      return new StorageError("the warehouse's file cannot be opened", {
        where: { path: this.#path },
        expected: "a DuckDB database that may be read",
        remedy:
          "see to its rights; if it is damaged or something else, bring back a copy or move it away: the next run makes it anew, with the same keys",
        cause,
      });
    }
    return new StorageError("a program has the warehouse open for writing", {
      where: { path: this.#path },
      actual: holderOf(cause),
      remedy: "disconnect it, or connect it read-only, then run the step again",
      transient: true,
    });
  }
}

function transactionOn(connection: DuckDBConnection, engine: PolarsEngine): WarehouseTransaction {
  const query = async (sql: string): Promise<QueryResult> => resultOf(await connection.runAndReadAll(sql));
  return {
    execute: async (sql) => (await connection.run(sql)).rowsChanged,
    query,
    createTable: (table) => runAll(connection, DUCKDB.createTable(table)),
    createStaging: (table) => runAll(connection, DUCKDB.createStaging(table)),
    load: (table, rows) => loadRows(connection, engine, table, rows),
    columns: async () => {
      const { rows } = await query(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_catalog = current_database() ORDER BY table_name, ordinal_position",
      );
      const found = new Map<string, string[]>();
      for (const row of rows) {
        const table = String(row["table_name"]);
        found.set(table, [...(found.get(table) ?? []), String(row["column_name"])]);
      }
      return found;
    },
  };
}

async function runAll(connection: DuckDBConnection, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await connection.run(sql);
}

async function loadRows(
  connection: DuckDBConnection,
  engine: PolarsEngine,
  { name, columns }: Pick<WarehouseTable, "name" | "columns">,
  rows: Relation,
): Promise<number> {
  const names = identifiers(columns.map((column) => column.name));
  const duckdb = new DuckdbEngine(engine);
  try {
    const select = await duckdb.select(rows.node);
    const { rowsChanged } = await connection.run(`INSERT INTO ${identifier(name)} (${names}) ${select}`);
    return rowsChanged;
  } finally {
    await duckdb.close();
  }
}

/** Whether somebody has put macros, sequences, types or other schemas into the file. */
async function hasMore(connection: DuckDBConnection): Promise<boolean> {
  const { rows } = resultOf(
    await connection.runAndReadAll(
      `SELECT (SELECT count(*) FROM duckdb_functions() WHERE NOT internal AND database_name = current_database())
  + (SELECT count(*) FROM duckdb_sequences() WHERE database_name = current_database())
  + (SELECT count(*) FROM duckdb_types() WHERE NOT internal AND database_name = current_database())
  + (SELECT count(*) FROM duckdb_schemas() WHERE NOT internal AND database_name = current_database() AND schema_name <> 'main') AS others`,
    ),
  );
  return rows[0]?.["others"] !== 0n;
}

function removeDatabase(path: string): void {
  for (const file of [path, `${path}.wal`, `${path}.tmp`]) fs.rmSync(file, { recursive: true, force: true });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
