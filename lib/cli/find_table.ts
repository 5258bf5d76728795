import fs from "node:fs";
import { resolve } from "node:path";
import type { Catalog } from "../contract/catalog.js";
import type { AnyTable } from "../contract/define_table.js";
import { LOG_FOLDER } from "../delta/log_path.js";
import { DeltaTable } from "../delta_table/delta_table.js";
import type { TimeTravel } from "../delta_table/time_travel.js";
import { UsageError } from "../errors.js";
import type { Lake } from "../lake/lake.js";
import { isBucketAddress, openStorage } from "../storage/open_storage.js";
import type { Storage } from "../storage/storage.js";
import type { Workspace } from "../workspace.js";

/** A table that a command is about: one of the lake, or any Delta table, by its folder or address. */
export interface FoundTable {
  /** As it was named. */
  readonly name: string;
  /** Undefined for a table of the lake that is not built. */
  readonly table: DeltaTable | undefined;
  /** Where it is, or will be. */
  readonly storage: Storage;
  /** Undefined for a table outside the lake. */
  readonly lake: Lake | undefined;
  /** Undefined for a table that has none. */
  readonly contract: AnyTable | undefined;
}

/**
 * The table that a text means: `silver.vendas` is one of the lake, everything else a folder or `s3://bucket/prefix`.
 * @throws UsageError when there is none
 */
export async function findTable(name: string, workspace: () => Workspace): Promise<FoundTable> {
  if (BARE_NAME.test(name) && !fs.existsSync(resolve(name))) refuseBareName(name, workspace);
  if (!NAME.test(name) || fs.existsSync(resolve(name, LOG_FOLDER))) return tableAt(name);
  const { lake } = workspace();
  const storage = lake.tableStorage(name);
  const contract = lake.catalog.has(name) ? lake.catalog.table(name) : undefined;
  const exists = (await lake.snapshot(name)) !== undefined;
  if (!exists && contract === undefined) throw noTable(lake.catalog, name);
  const table = exists ? await DeltaTable.open(storage, { engine: lake.engine }) : undefined;
  return { name, table, storage, lake, contract };
}

/**
 * The same, of a table that is there.
 * @throws UsageError when there is none, or it has not been built
 */
export async function findBuiltTable(
  name: string,
  workspace: () => Workspace,
): Promise<FoundTable & { readonly table: DeltaTable }> {
  const found = await findTable(name, workspace);
  const { table, lake } = found;
  if (table !== undefined) return { ...found, table };
  throw lake === undefined ? noTableAt(found.storage) : noTable(lake.catalog, name);
}

/** The table as it was at a past version or instant. */
export function tableAsOf({ storage, table, lake }: FoundTable, at: TimeTravel): Promise<DeltaTable> {
  const engine = table?.engine ?? lake?.engine;
  return DeltaTable.open(storage, { ...at, ...(engine && { engine }) });
}

/** The storage of a folder or address. */
export function storageAt(place: string): Storage {
  return openStorage(isBucketAddress(place) ? place : resolve(place));
}

const NAME = /^[a-z][a-z0-9_]*\.[a-z0-9_]+$/;
const BARE_NAME = /^[a-z0-9_]+$/;

/** Says which tables of the lake have this name, where there is a lake. */
function refuseBareName(name: string, workspace: () => Workspace): void {
  let catalog: Catalog;
  try {
    catalog = workspace().catalog;
  } catch {
    return;
  }
  const named = catalog.tables.map((table) => table.name).filter((one) => one.endsWith(`.${name}`));
  if (named.length === 0) return;
  throw new UsageError(`no table ${name}`, { expected: `one of ${named.join(", ")}`, remedy: "name its layer, too" });
}

async function tableAt(place: string): Promise<FoundTable> {
  const storage = storageAt(place);
  if ((await storage.list(`${LOG_FOLDER}/`)).length === 0) throw await noTableIn(place, storage);
  return { name: place, table: await DeltaTable.open(storage), storage, lake: undefined, contract: undefined };
}

/** Says what is there instead, and what to do about it. */
async function noTableIn(place: string, storage: Storage): Promise<UsageError> {
  const evidence = (actual: string, remedy: string) => ({
    where: { path: storage.uri },
    expected: "a table of the lake (silver.vendas), or a folder that holds _delta_log",
    actual,
    remedy,
  });
  const message = `no table ${place}`;
  if (place.replace(/\/+$/, "").endsWith(LOG_FOLDER))
    return new UsageError(message, evidence("the log of a table", "Name the folder above it."));
  const files = await storage.list("");
  const below = files.find(({ path }) => path.includes(`/${LOG_FOLDER}/`))?.path;
  if (below !== undefined) {
    const folder = below.slice(0, below.indexOf(`/${LOG_FOLDER}/`));
    return new UsageError(
      message,
      evidence("a folder with tables in it", `Name one of them, for instance ${place}/${folder}`),
    );
  }
  if (files.some(({ path }) => path.endsWith(".parquet"))) {
    const remedy = `To make it a Delta table: npx tslake convert ${place}`;
    return new UsageError(message, evidence("a folder of Parquet files", remedy));
  }
  return new UsageError(message, evidence(files.length === 0 ? "no files there" : "other files", "Check the path."));
}

function noTableAt(storage: Storage): UsageError {
  return new UsageError(`no table in ${storage.uri}`, { remedy: "Check the path." });
}

function noTable(catalog: Catalog, name: string): UsageError {
  const names = catalog.tables.map((table) => table.name).join(", ");
  if (catalog.star(name)) {
    const fact = catalog.star(name)?.facts[0]?.name ?? "";
    return new UsageError(`${name} is in the warehouse`, { remedy: `npx tslake sql "SELECT * FROM ${fact} LIMIT 10"` });
  }
  if (catalog.has(name)) {
    return new UsageError(`${name} has not been built yet`, { remedy: `npm run pipeline -- --select +${name}` });
  }
  return new UsageError(`the lake has no table ${name}`, {
    expected: `${names}, ops.runs, ops.steps; or the path of a Delta table`,
  });
}
