import fs from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import type { Relation } from "../../relation/relation.js";
import type { WarehouseTable } from "../driver.js";
import { type RowFile, withParquetFiles } from "../parquet_rows.js";
import { identifier, identifiers, literal } from "../sql.js";

/** While one file's rows are sent, those of the next become text: so much is on the disk besides the Parquet files. */
const ROWS_PER_FILE = 250_000;
const MEMORY = "512MB";
const CHUNK = 1 << 18;

export interface CopyOptions {
  /**
   * Writes rows that need no later vacuum. Only for a table made in this transaction that no one could have read before:
   * they show in every snapshot, also in older ones.
   */
  readonly freeze: boolean;
}

/** Sends rows by one `COPY … FROM STDIN`, in bounded memory; answers their number. */
export function copyRows(
  client: Client,
  engine: PolarsEngine,
  { name, columns }: Pick<WarehouseTable, "name" | "columns">,
  rows: Relation,
  { freeze }: CopyOptions,
): Promise<number> {
  return withParquetFiles(engine, rows, ROWS_PER_FILE, async (files) => {
    if (files.length === 0) return 0;
    const { from } = await import("pg-copy-streams");
    const names = identifiers(columns.map((column) => column.name));
    const statement = `COPY ${identifier(name)} (${names}) FROM STDIN WITH (FORMAT csv${freeze ? ", FREEZE" : ""})`;
    // Older servers take a line of nothing but `\.` for the end of all rows.
    const options = `FORMAT csv, HEADER false, NULLSTR ''${columns.length === 1 ? ", FORCE_QUOTE *" : ""}`;
    return withConverter(names, options, async (convert) => {
      const copy = client.query(from(statement));
      // When the connection breaks, the stream's own end never comes.
      const failed = new Promise<never>((_done, fail) => copy.once("error", fail));
      await Promise.race([pipeline(Readable.from(csvOf(files, convert)), copy), failed]);
      return copy.rowCount;
    });
  });
}

/** Writes the rows of a Parquet file as CSV; answers the path. */
type Convert = (file: RowFile) => Promise<string>;

/** The rows of files as CSV in which null is nothing and an empty text is `""`, as COPY reads it. */
async function* csvOf(files: readonly RowFile[], convert: Convert): AsyncGenerator<Buffer, void, undefined> {
  const [first, ...others] = files;
  let next: Promise<string> | undefined = first && convert(first);
  for (const file of [...others, undefined]) {
    const path = await next;
    if (path === undefined) return;
    next = file && convert(file);
    // It is awaited in the next round; until then its failure is nobody's.
    next?.catch(() => undefined);
    for await (const chunk of fs.createReadStream(path, { highWaterMark: CHUNK })) yield chunk as Buffer;
    fs.rmSync(path);
  }
}

async function withConverter<T>(names: string, options: string, use: (convert: Convert) => Promise<T>): Promise<T> {
  const { DuckDBInstance } = await import("@duckdb/node-api");
  const instance = await DuckDBInstance.create(":memory:", { memory_limit: MEMORY });
  const connection = await instance.connect();
  let running: Promise<unknown> = Promise.resolve();
  const convert: Convert = async ({ path }) => {
    const csv = `${path}.csv`;
    const work = connection.run(
      `COPY (SELECT ${names} FROM read_parquet(${literal(path)})) TO ${literal(csv)} (${options})`,
    );
    running = work;
    await work;
    fs.rmSync(path);
    return csv;
  };
  try {
    return await use(convert);
  } finally {
    await running.catch(() => undefined);
    connection.closeSync();
    instance.closeSync();
  }
}
