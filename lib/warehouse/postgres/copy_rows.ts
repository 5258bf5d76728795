import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { DuckdbEngine } from "../../engine/duckdb/engine.js";
import type { PolarsEngine } from "../../engine/polars/engine.js";
import type { Relation } from "../../relation/relation.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import type { WarehouseTable } from "../driver.js";
import { identifier, identifiers } from "../sql.js";

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
    await Promise.race([pipeline(Readable.from(csvOf(pieces, convert)), copy), failed]);
    return copy.rowCount;
  });
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
