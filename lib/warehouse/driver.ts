import type { StarView } from "../contract/star.js";
import type { SourceVersion } from "../lake/consumed.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { DataType, StructField } from "../types.js";

/** A column as a warehouse has it. */
export interface WarehouseColumn {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly description: string;
}

/** A table of a star, or of the load itself, as a warehouse has it. */
export interface WarehouseTable {
  readonly name: string;
  readonly description: string;
  readonly columns: readonly WarehouseColumn[];
  /** Columns whose values are different in every row: enforced where that is cheap, checked by the load everywhere. */
  readonly key: readonly string[];
  /** Columns that other rows are found by: indexes, where the engine has them. */
  readonly lookups: readonly string[];
  /** `fact` tables are large, `dimension` tables are joined to them, `record` tables keep what was loaded. */
  readonly role: "fact" | "dimension" | "record";
}

/** How an engine spells what the load says; each method answers SQL without a final semicolon. */
export interface Dialect {
  readonly name: "duckdb" | "postgres" | "redshift";
  /** The engine's name of a column type. */
  type(type: DataType): string;
  /** The table, with what its role asks for (keys, indexes, distribution); it is not there yet. */
  createTable(table: WarehouseTable): readonly string[];
  /** An empty table of these columns, gone with the transaction or at the connection's end. */
  createStaging(table: Pick<WarehouseTable, "name" | "columns">): readonly string[];
  dropTable(name: string): string;
  /** Removes all rows, inside the transaction. */
  clear(name: string): string;
  createView(view: StarView): readonly string[];
  dropView(name: string): string;
  /** Descriptions of a table or view and its columns, where people's tools find them. */
  comments(
    kind: "TABLE" | "VIEW",
    of: { readonly name: string; readonly description: string; readonly columns: readonly Described[] },
  ): readonly string[];
  /** What the engine wants to be told when a table has been filled anew; nothing for most. */
  afterLoad(table: WarehouseTable): readonly string[];
}

/** A name and what it stands for. */
export interface Described {
  readonly name: string;
  readonly description: string;
}

/** Rows that a query has given: 64-bit integers as bigint; decimals, dates and times as exact text. */
export interface QueryResult {
  readonly fields: readonly StructField[];
  readonly rows: readonly Readonly<Record<string, Value>>[];
}

/** A database as one load sees it: everything in one transaction. */
export interface WarehouseTransaction {
  /** Runs a statement; answers the number of rows that it changed, 0 where the engine does not count. */
  execute(sql: string): Promise<number>;
  query(sql: string): Promise<QueryResult>;
  /** Makes a table that is not there yet. */
  createTable(table: WarehouseTable): Promise<void>;
  /** Makes an empty table of these columns that goes with the transaction or at the connection's end. */
  createStaging(table: Pick<WarehouseTable, "name" | "columns">): Promise<void>;
  /**
   * Adds the rows of a relation, which has the table's columns in order, by the engine's bulk load; answers their number.
   * @param pieces the same rows in parts, so that one can be sent while the next is evaluated
   */
  load(table: Pick<WarehouseTable, "name" | "columns">, rows: Relation, pieces?: readonly Relation[]): Promise<number>;
  /** Columns of each table and view in the schema, by name; empty when nothing is there. */
  columns(): Promise<ReadonlyMap<string, readonly string[]>>;
}

/** What a transaction is going to do. */
export interface TransactionOptions {
  /** The star of which everything is made anew: where its loads made all that is there, an engine may begin with an empty database. */
  readonly replaces?: string;
}

/** A warehouse: one per engine. Errors are TslakeErrors that never hold a password. */
export interface Warehouse {
  /** As people may see it: the address without a password. */
  readonly label: string;
  readonly dialect: Dialect;
  /**
   * Does all of the work or nothing of it; readers see the old or the new rows. One load works at a time: a second waits
   * or is refused.
   * @throws what the work throws, after everything is undone; StorageError when a file cannot be opened or written;
   *   WarehouseError when a server cannot be reached or refuses, and, transient, while another load is running
   */
  transaction<T>(work: (transaction: WarehouseTransaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Reads. A statement that would change anything is refused.
   * @throws UsageError for SQL that the engine does not take, for none or several statements, and when there is no database yet
   */
  query(sql: string): Promise<QueryResult>;
  /** The rows of `tslake_cargas`: what was loaded of each star; empty when there is no warehouse yet. Cheap. */
  loads(): Promise<readonly RecordedLoad[]>;
  close(): Promise<void>;
}

/** The record of the last load of a star: a row of `tslake_cargas`, written with the rows that it speaks of. */
export interface RecordedLoad {
  /** Name of the star. */
  readonly star: string;
  /** 1, 2, 3… */
  readonly number: number;
  /** Versions of the lake's tables that are loaded, and of the key maps that gave the keys, by name. */
  readonly sources: Readonly<Record<string, SourceVersion>>;
  /**
   * Digests of the definitions of the star's tables and views, by name: what is defined otherwise is made anew. Read again,
   * those that somebody has dropped are left out.
   */
  readonly definitions: Readonly<Record<string, string>>;
  /** What the step was that loaded it (JSON of a step mark); undefined for a load outside a run. */
  readonly step: string | undefined;
}
