import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { DeltaTable } from "../lib/delta_table/delta_table.js";
import { native } from "../lib/engine/polars/binding.js";
import { countRows } from "../lib/relation/aggregate.js";
import { when } from "../lib/relation/when.js";
import { clock, type TaskResult } from "./measure.js";

type Keyed = {
  readonly key: "long";
  readonly v_int: "long";
  readonly v_dec: "decimal";
  readonly v_cat: "string";
  readonly v_txt: "string";
};

/** Writes ten million rows from Parquet files as a table. Checksum: of all values. */
export async function write10m(workdir: string, work: string): Promise<TaskResult> {
  const source = await tableOf(
    fs.readdirSync(join(workdir, "data", "base10m")),
    join(workdir, "data", "base10m"),
    work,
  );
  const folder = join(work, "table");
  const stop = clock();
  const table = await DeltaTable.create<Keyed>(folder, { fields: source.fields });
  await table.append(source.read());
  const lap = stop();
  return { lap, checksum: () => sumOf(folder) };
}

/** Merges rows by their key into ten million, sorted by it. Checksum: of all values. */
export async function mergeRows(workdir: string, work: string, updates: string): Promise<TaskResult> {
  const source = await tableOf([updates], join(workdir, "data"), work);
  const folder = join(work, "table");
  execFileSync("cp", ["-al", join(workdir, "data", "sorted_table"), folder]);
  const stop = clock();
  const table = await DeltaTable.open<Keyed>(folder);
  const merge = table.merge(source.read(), ["key"]).whenMatchedUpdateAll().whenNotMatchedInsertAll();
  await merge.execute({ uniqueKeys: true });
  const lap = stop();
  return { lap, checksum: () => sumOf(folder) };
}

/** Parquet files where they lie, as a table; imports, which are in no one's time, are done then. */
async function tableOf(names: readonly string[], from: string, work: string): Promise<DeltaTable<Keyed>> {
  const folder = join(work, "source");
  fs.mkdirSync(folder, { recursive: true });
  for (const name of names) if (name.endsWith(".parquet")) fs.linkSync(join(from, name), join(folder, name));
  native();
  await DeltaTable.convert(folder);
  return DeltaTable.open<Keyed>(folder);
}

async function sumOf(folder: string): Promise<string> {
  const rows = (await DeltaTable.open<Keyed>(folder)).read();
  const [sums] = await rows
    .select((t) => ({
      key: t.key,
      v_int: t.v_int,
      v_dec: t.v_dec.times(100).cast("long"),
      v_txt: t.v_txt.substring(3, 20).cast("long").modulo(1_000_003n),
      v_cat: when(t.v_cat.startsWith("b"), 1n).otherwise(0n),
    }))
    .groupBy()
    .aggregate((t) => ({
      rows: countRows(),
      key: t.key.sum(),
      v_int: t.v_int.sum(),
      v_dec: t.v_dec.sum(),
      v_txt: t.v_txt.sum(),
      v_cat: t.v_cat.sum(),
    }))
    .collect();
  return Object.values(sums ?? {}).join(":");
}
