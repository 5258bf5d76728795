import fs from "node:fs";
import { join } from "node:path";
import { checkpointNow } from "../lib/delta/checkpoint.js";
import { createTable } from "../lib/delta/create_table.js";
import { predicate } from "../lib/delta/predicate.js";
import type { NewFile } from "../lib/delta/transaction.js";
import { DeltaTable } from "../lib/delta_table/delta_table.js";
import { columnExpr } from "../lib/delta_table/expressions.js";
import type { BooleanColumn } from "../lib/relation/boolean_column.js";
import { call } from "../lib/relation/column.js";
import { literalExpr } from "../lib/relation/literal.js";
import { LocalStorage } from "../lib/storage/local.js";
import { field } from "../lib/types.js";
import { clock, type TaskResult } from "./measure.js";

const FIRST_KEY = 50_000_000;
const KEYS = 1_000_000;
const FILES = 100_000;
const COMMITS = 100;
const APPENDS = 1000;

/** Opens a table of 100,000 files and finds those of 1% of the keys. Checksum: version and files. */
export async function snapshot100k(workdir: string): Promise<TaskResult> {
  const stop = clock();
  const table = await DeltaTable.open(join(workdir, "data", "log100k"));
  const snapshot = await table.snapshot();
  const files = await snapshot.files(
    predicate.and(
      predicate.compare("key", ">=", { type: "long", value: FIRST_KEY }),
      predicate.compare("key", "<", { type: "long", value: FIRST_KEY + KEYS }),
    ),
  );
  const lap = stop();
  return { lap, checksum: async () => `${snapshot.version}:${files.length}` };
}

/** A thousand commits of a hundred rows each by one writer. Checksum: version and rows. */
export async function append1k(workdir: string, work: string): Promise<TaskResult> {
  const folder = join(work, "t");
  fs.mkdirSync(folder, { recursive: true });
  fs.copyFileSync(join(workdir, "data", "append100.parquet"), join(folder, "first.parquet"));
  await DeltaTable.convert(folder);
  const table = await DeltaTable.open(folder);
  const rows = table.read();
  const frame = { ...rows, node: await table.engine.materialize(rows.node), runner: table.engine };
  const stop = clock();
  for (let i = 0; i < APPENDS; i++) await table.append(frame);
  const lap = stop();
  return {
    lap,
    checksum: async () => {
      const newest = await DeltaTable.open(folder);
      return `${newest.version}:${await newest.read().count()}`;
    },
  };
}

/** The number of rows of the version before the newest. */
export async function timeTravel(workdir: string): Promise<TaskResult> {
  const stop = clock();
  const place = join(workdir, "data", "sorted_table");
  const version = (await DeltaTable.open(place)).version - 1;
  const rows = await (await DeltaTable.open(place, { version })).read().count();
  const lap = stop();
  return { lap, checksum: async () => `${version}:${rows}` };
}

/** The row of one key of a table of ten million, sorted by it. Checksum: rows and a value. */
export async function pointRead(workdir: string): Promise<TaskResult> {
  const meta = JSON.parse(fs.readFileSync(join(workdir, "data", "meta.json"), "utf8")) as {
    readonly point_key: number;
  };
  const stop = clock();
  const table = await DeltaTable.open(join(workdir, "data", "sorted_table"));
  const key = literalExpr(meta.point_key, "long");
  const found = await table
    .read()
    .filter(() => call<BooleanColumn>("eq", [columnExpr(field("key", "long")), key], "boolean"))
    .collect();
  const lap = stop();
  return { lap, checksum: async () => `${found.length}:${String(found[0]?.["v_int"])}` };
}

/** Makes the log of a table of 100,000 files in a checkpoint, and 100 commits behind it, once; no data files. */
export async function prepareLog(workdir: string): Promise<void> {
  const folder = join(workdir, "data", "log100k");
  if (fs.existsSync(folder)) return;
  const storage = new LocalStorage(`${folder}.making`);
  fs.rmSync(storage.uri, { recursive: true, force: true });
  const schema = { type: "struct", fields: [field("key", "long"), field("v_txt", "string")] } as const;
  const transaction = await createTable(storage, { schema, configuration: { "delta.checkpointInterval": "100000" } });
  for (let i = 0; i < FILES; i++) transaction.addFile(fileOfKeys(i));
  let snapshot = await checkpointNow((await transaction.commit()).snapshot);
  const files = await snapshot.files();
  for (let i = 0; i < COMMITS; i++) {
    const change = snapshot.transaction({ operation: "WRITE" });
    const removed = files[i * (FILES / COMMITS / 2)];
    if (removed) change.removeFile(removed);
    change.addFile(fileOfKeys(FILES + i));
    snapshot = (await change.commit()).snapshot;
  }
  fs.renameSync(storage.uri, folder);
}

function fileOfKeys(number: number): NewFile {
  const key = number * 1000;
  const bounds = (at: number): string => `{"key":${at},"v_txt":"id${String(at).padStart(13, "0")}"}`;
  const stats = `{"numRecords":1000,"minValues":${bounds(key)},"maxValues":${bounds(key + 999)},"nullCount":{"key":0,"v_txt":0}}`;
  return { path: `part-${number}.parquet`, partitionValues: {}, size: 50_000, stats };
}

/** Makes the table that single rows and past versions are read of, once: the base files and nine small appends. */
export async function prepareSorted(workdir: string): Promise<void> {
  const data = join(workdir, "data");
  const folder = join(data, "sorted_table");
  if (fs.existsSync(folder)) return;
  const making = `${folder}.making`;
  fs.rmSync(making, { recursive: true, force: true });
  fs.cpSync(join(data, "base10m"), making, { recursive: true });
  await DeltaTable.convert(making);
  const table = await DeltaTable.open(making);
  const small = join(making, "_small");
  fs.mkdirSync(small);
  fs.copyFileSync(join(data, "append100.parquet"), join(small, "a.parquet"));
  await DeltaTable.convert(small);
  const rows = (await DeltaTable.open(small, { engine: table.engine })).read();
  for (let i = 0; i < 9; i++) await table.append(rows);
  fs.rmSync(small, { recursive: true });
  fs.renameSync(making, folder);
}
