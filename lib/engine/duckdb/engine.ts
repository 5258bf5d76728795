import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { RelationNode, Scan } from "../../relation/node.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { ParquetRows, PolarsEngine } from "../polars/engine.js";
import { compileNode } from "./compile_relation.js";
import { duckdbType } from "./data_type.js";
import { storageError } from "./errors.js";
import { parquetSelect } from "./parquet_select.js";
import { literal } from "./quote.js";

/** How DuckDB is told to work. */
const OPTIONS = { memory_limit: "900MB", preserve_insertion_order: "false" } as const;

/**
 * Runs relations on an embedded DuckDB, which joins and groups many texts in less time than Polars and in bounded memory. It
 * reads Parquet files: those of tables and of held results where they lie, all other sources, and what cannot be said in
 * its SQL, after the Polars engine has evaluated them into files.
 */
export class DuckdbEngine {
  readonly #polars: PolarsEngine;
  /** Files that Polars has written, by whose rows they hold. */
  readonly #written = new Map<RelationNode, Promise<readonly string[]>>();
  #folder: string | undefined;
  #running: Promise<Running> | undefined;

  constructor(polars: PolarsEngine) {
    this.#polars = polars;
  }

  /** A SELECT of a relation's rows that every DuckDB on this machine can run until this engine is closed. */
  async select(node: RelationNode): Promise<string> {
    const isKnown = node.fields.every(({ type }) => duckdbType(type) !== undefined);
    const compiled = isKnown ? await compileNode(node, (input) => this.select(input)) : undefined;
    if (compiled !== undefined) return compiled;
    const found = node.op === "scan" && isKnown ? await this.#polars.parquetRows(node.source, node.fields) : undefined;
    return parquetSelect(found ?? (await this.#evaluated(node)), node.fields);
  }

  /** The same relation, evaluated once and held by the Polars engine, in a Parquet file, until it is released there. */
  async hold(node: RelationNode): Promise<Scan> {
    const folder = newFolder(tmpdir());
    await this.write(node, join(folder, "rows.parquet"), "FORMAT parquet, COMPRESSION uncompressed");
    return this.#polars.holdFolder(folder, node.fields);
  }

  /**
   * Writes a relation's rows to one file; answers their number.
   * @param options of DuckDB's COPY
   * @throws StorageError when the disk is full or a file cannot be read or written
   */
  async write(node: RelationNode, path: string, options: string): Promise<number> {
    const select = await this.select(node);
    const { connection } = await this.#started();
    try {
      return (await connection.run(`COPY (${select}) TO ${literal(path)} (${options})`)).rowsChanged;
    } catch (cause) {
      throw storageError("rows could not be written to a file by DuckDB", path, cause);
    }
  }

  /** Ends DuckDB and removes what selects read beside tables and held results. */
  async close(): Promise<void> {
    const running = await this.#running;
    running?.connection.closeSync();
    running?.instance.closeSync();
    if (this.#folder !== undefined) removeFolder(this.#folder);
    this.#folder = undefined;
    this.#running = undefined;
  }

  #started(): Promise<Running> {
    this.#running ??= start(this.#temporary());
    return this.#running;
  }

  #temporary(): string {
    this.#folder ??= newFolder(tmpdir());
    return this.#folder;
  }

  /** A node's rows in files that Polars writes, once for all selects. */
  async #evaluated(node: RelationNode): Promise<readonly ParquetRows[]> {
    const written = this.#written.get(node) ?? this.#write(node);
    this.#written.set(node, written);
    const columns = new Map(node.fields.map(({ name }) => [name, { column: name }]));
    return (await written).map((path) => ({ path, columns }));
  }

  async #write(node: RelationNode): Promise<readonly string[]> {
    const folder = join(this.#temporary(), String(this.#written.size));
    mkdirSync(folder);
    const files = await this.#polars.writeParquet(node, {
      compression: "none",
      newPath: (_partition, index) => `${String(index).padStart(6, "0")}.parquet`,
      locate: async (path) => ({ url: join(folder, path) }),
    });
    return files.map(({ path }) => join(folder, path));
  }
}

interface Running {
  readonly instance: DuckDBInstance;
  readonly connection: DuckDBConnection;
}

async function start(folder: string): Promise<Running> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { ...OPTIONS, temp_directory: join(folder, "duckdb") });
  return { instance, connection: await instance.connect() };
}
