import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { DuckdbEngine } from "../../engine/duckdb/engine.js";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import { DataError } from "../../errors.js";
import type { Relation } from "../../relation/relation.js";
import type { TextColumn } from "../../relation/text_column.js";
import { at } from "../../relation/untyped.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { WarehouseTable } from "../driver.js";
import { identifier, identifiers } from "../sql.js";
import { sqlState } from "./errors.js";

const CHUNK = 1 << 18;

export interface CopyOptions {
  /**
   * Writes rows that need no later vacuum. Only for a table made in this transaction that no one could have read before:
   * they show in every snapshot, also in older ones.
   */
  readonly freeze: boolean;
}

/** Sends rows by one `COPY … FROM STDIN`: while one piece is sent, the next becomes text. Answers their number. */
export async function copyRows(
  client: Client,
  engine: PolarsEngine,
  { name, columns }: Pick<WarehouseTable, "name" | "columns">,
  pieces: readonly Relation[],
  { freeze }: CopyOptions,
): Promise<number> {
  const { from } = await import("pg-copy-streams");
  const names = identifiers(columns.map((column) => column.name));
  const statement = `COPY ${identifier(name)} (${names}) FROM STDIN WITH (FORMAT csv${freeze ? ", FREEZE" : ""})`;
  // Older servers take a line of nothing but `\.` for the end of all rows.
  const options = `FORMAT csv, HEADER false, NULLSTR ''${columns.length === 1 ? ", FORCE_QUOTE *" : ""}`;
  return withConverter(engine, options, async (convert) => {
    const copy = client.query(from(statement));
    // When the connection breaks, the stream's own end never comes.
    const failed = new Promise<never>((_done, fail) => copy.once("error", fail));
    await Promise.race([pipeline(Readable.from(csvOf(pieces, convert)), copy), failed]).catch(
      async (error: unknown) => {
        // "invalid byte sequence": the only one in valid UTF-8 is the character NUL.
        throw (sqlState(error) === "22021" ? await nulError(engine, name, columns, pieces) : undefined) ?? error;
      },
    );
    return copy.rowCount;
  });
}

/** Which row holds the character NUL, which texts of PostgreSQL cannot. */
async function nulError(
  engine: PolarsEngine,
  table: string,
  columns: WarehouseTable["columns"],
  pieces: readonly Relation[],
): Promise<DataError | undefined> {
  for (const rows of pieces) {
    for (const { name } of columns.filter(({ type }) => type === "string")) {
      const holding = rows.filter((t) => at<TextColumn>(t, name).contains("\0"));
      const [row] = await engine.collect(holding.limit(1).node);
      if (row === undefined) continue;
      const shown = Object.entries(row).map(([column, value]) => `${column} = ${JSON.stringify(String(value))}`);
      return new DataError("a text holds the character NUL, which PostgreSQL cannot store; nothing was loaded", {
        where: { table, column: name },
        actual: shown.join(", "),
        remedy: "take it out where the text comes from, or in the notebook of the table that the row is in",
      });
    }
  }
  return undefined;
}

/** Writes rows as CSV; answers the path. */
type Convert = (rows: Relation) => Promise<string>;

/** Rows as CSV in which null is nothing and an empty text is `""`, as COPY reads it. */
async function* csvOf(pieces: readonly Relation[], convert: Convert): AsyncGenerator<Buffer, void, undefined> {
  const [first, ...others] = pieces;
  let next: Promise<string> | undefined = first && convert(first);
  for (const piece of [...others, undefined]) {
    const path = await next;
    if (path === undefined) return;
    next = piece && convert(piece);
    // It is awaited in the next round; until then its failure is nobody's.
    next?.catch(() => undefined);
    for await (const chunk of fs.createReadStream(path, { highWaterMark: CHUNK })) yield chunk as Buffer;
    fs.rmSync(path);
  }
}

async function withConverter<T>(
  engine: PolarsEngine,
  options: string,
  use: (convert: Convert) => Promise<T>,
): Promise<T> {
  const folder = newFolder(tmpdir());
  const duckdb = new DuckdbEngine(engine);
  let running: Promise<unknown> = Promise.resolve();
  let number = 0;
  const convert: Convert = async ({ node }) => {
    const path = join(folder, `${number++}.csv`);
    const work = duckdb.write(node, path, options);
    running = work;
    await work;
    return path;
  };
  try {
    return await use(convert);
  } finally {
    await running.catch(() => undefined);
    await duckdb.close();
    removeFolder(folder);
  }
}
