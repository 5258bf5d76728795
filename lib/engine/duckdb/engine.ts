import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { RelationNode, Scan, Source } from "../../relation/node.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { StructField } from "../../types.js";
import type { ParquetRows, PolarsEngine } from "../polars/engine.js";
import { compileNode } from "./compile_relation.js";
import { duckdbType } from "./data_type.js";
import { identifier, literal } from "./quote.js";

/** How DuckDB is told to work. */
const OPTIONS = { memory_limit: "900MB", preserve_insertion_order: "false" } as const;

/**
 * Runs relations on an embedded DuckDB, which joins and groups many texts in less time than Polars and in bounded memory. It
 * reads Parquet files: those of tables and of held results where they lie, all other sources, and what cannot be said in
 * its SQL, after the Polars engine has evaluated them into files.
 */
export class DuckdbEngine {
  readonly #polars: PolarsEngine;
  /** Files that Polars has written, by what they hold. */
  readonly #written = new Map<Source | RelationNode, Promise<readonly string[]>>();
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
    return selectFrom(found ?? (await this.#evaluated(node)), node.fields);
  }

  /** The same relation, evaluated once and held by the Polars engine, in a Parquet file, until it is released there. */
  async hold(node: RelationNode): Promise<Scan> {
    const folder = newFolder(tmpdir());
    await this.write(node, join(folder, "rows.parquet"), "FORMAT parquet");
    return this.#polars.holdFolder(folder, node.fields);
  }

  /**
   * Writes a relation's rows to one file; answers their number.
   * @param options of DuckDB's COPY
   */
  async write(node: RelationNode, path: string, options: string): Promise<number> {
    const select = await this.select(node);
    const { connection } = await this.#started();
    return (await connection.run(`COPY (${select}) TO ${literal(path)} (${options})`)).rowsChanged;
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
    const of = node.op === "scan" ? node.source : node;
    const written = this.#written.get(of) ?? this.#write(node);
    this.#written.set(of, written);
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

/** Files of the same columns are read together; one that lacks rows by itself. */
function selectFrom(rows: readonly ParquetRows[], fields: readonly StructField[]): string {
  const groups = new Map<string, string[]>();
  for (const { path, columns, deleted } of rows) {
    const select = `SELECT ${fields.map((field) => columnOf(columns, field)).join(", ")}`;
    const isWhole = deleted === undefined || deleted.length === 0;
    const where = isWhole ? "" : ` WHERE file_row_number NOT IN (${deleted.join(", ")})`;
    const key = JSON.stringify([select, where]);
    groups.set(key, [...(groups.get(key) ?? []), literal(path)]);
  }
  if (groups.size === 0) return `SELECT ${fields.map((field) => `${nullOf(field)}`).join(", ")} LIMIT 0`;
  const selects = [...groups].map(([key, paths]) => {
    const [select, where] = JSON.parse(key) as readonly [string, string];
    const numbered = where === "" ? "" : ", file_row_number = true";
    return `${select} FROM read_parquet([${paths.join(", ")}], hive_partitioning = false${numbered})${where}`;
  });
  return selects.join(" UNION ALL ");
}

function columnOf(columns: ParquetRows["columns"], field: StructField): string {
  const from = columns.get(field.name) ?? { value: null };
  if ("column" in from) return `${identifier(from.column)} AS ${identifier(field.name)}`;
  if (from.value === null) return nullOf(field);
  return `CAST(${literal(from.value)} AS ${duckdbType(field.type) ?? "VARCHAR"}) AS ${identifier(field.name)}`;
}

function nullOf({ name, type }: StructField): string {
  return `CAST(NULL AS ${duckdbType(type) ?? "VARCHAR"}) AS ${identifier(name)}`;
}
