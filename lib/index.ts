import { chartsIn } from "./chart/chart.js";
import type { AnyTable } from "./contract/define_table.js";
import type { Star } from "./contract/star.js";
import { ingest as ingestFiles } from "./ingest/ingest.js";
import type { IngestResult } from "./ingest/ingest_result.js";
import { Lake } from "./lake/lake.js";
import { currentExploration, currentRun } from "./run.js";
import type { Warehouse } from "./warehouse/driver.js";
import { cloneWarehouse, openWarehouse, type WarehouseOptions } from "./warehouse/open_warehouse.js";
import { type QueryRows, queryRows } from "./warehouse/query_rows.js";
import { StarLoad } from "./warehouse/star_load.js";
import { openWorkspace, type Workspace } from "./workspace.js";

let opened: Workspace | undefined;

/** The workspace around the notebook's folder, opened when it is first needed. */
function workspace(): Workspace {
  opened ??= openWorkspace({ cwd: process.cwd() });
  return opened;
}

/** The lake of this workspace. */
export const lake = new Lake(() => {
  const { settings, catalog, storage } = workspace();
  return { storage, catalog, timeZone: settings.timeZone };
});

/** Charts of relations: `chart.line(relation, { x, y, color, title })`. */
export const chart = chartsIn(() => workspace().settings.locale);

/**
 * Takes the files that have arrived for a bronze table: each content once, archived, in one commit with its rows.
 * @throws ContractError for a table without a landing zone
 */
export function ingest(table: AnyTable): Promise<IngestResult> {
  return ingestFiles(lake, table, { landing: workspace().landing() });
}

export { Chart } from "./chart/chart.js";
export type { Figure } from "./chart/figure.js";

let database: Warehouse | undefined;

/** This workspace's warehouse; it reads what this lake's engine holds. */
function starWarehouse(): Warehouse {
  database ??= openWarehouse(warehouseOptions());
  return database;
}

/** The warehouse that a load may write: where a clone of the lake is explored, one in the clone, which is asked from then on. */
function loadedWarehouse(): Warehouse {
  const clone = currentExploration();
  if (clone !== undefined) database = cloneWarehouse(warehouseOptions(), clone.folder);
  return starWarehouse();
}

function warehouseOptions(): WarehouseOptions {
  const { warehouse: address, lakeFolder: folder } = workspace().settings;
  return { address, folder, engine: lake.engine };
}

/**
 * Begins to load a star into this workspace's warehouse: what it lacks, and the keys of its members. `commit` writes it.
 * @throws StorageError when the warehouse cannot be reached
 */
export function beginLoad(star: Star): Promise<StarLoad> {
  const run = currentRun();
  return StarLoad.begin(lake, star, loadedWarehouse(), {
    fullRefresh: process.env["TSLAKE_FULL_REFRESH"] === "1",
    ...(run?.step === star.name ? { codeHash: run.codeHash } : {}),
  });
}

/**
 * Asks this workspace's warehouse.
 * @returns all rows, to be displayed or looked at
 * @throws UsageError for SQL that the warehouse does not take, or that would change it
 */
export function sql(query: string): Promise<QueryRows> {
  return queryRows(starWarehouse(), query);
}

export { Catalog } from "./contract/catalog.js";
export {
  boolean,
  ColumnSpec,
  date,
  decimal,
  double,
  fraction,
  instant,
  integer,
  long,
  text,
  texts,
  timestamp,
} from "./contract/column_spec.js";
export {
  type AnyTable,
  defineTable,
  LANDING_COLUMNS,
  type RowOf,
  type ShapeOfTable,
  Table,
} from "./contract/define_table.js";
export { type Calendar, type Dimension, defineCalendar, defineDimension } from "./contract/dimension.js";
export { type Examined, examine, parsedNames } from "./contract/examine.js";
export { drop, fail, quarantine, warn } from "./contract/expectation.js";
export { defineFact, defineStar, degenerate, type Fact, keyOf, measure, type Star } from "./contract/star.js";
export { DeltaTable } from "./delta_table/delta_table.js";
export { DISPLAY, display, displayBundle } from "./display.js";
export {
  ConflictError,
  ContractError,
  DataError,
  DeltaError,
  describeError,
  NotebookError,
  RelationError,
  StorageError,
  TslakeError,
  UnsupportedFeatureError,
  UsageError,
} from "./errors.js";
export { asKnown } from "./history/as_known.js";
export { closingDays } from "./history/closing_days.js";
export { knownSince, takeEvents, versionOrder } from "./history/events.js";
export { rowsOfKeys } from "./history/rows_of_keys.js";
export { touchedHistories } from "./history/touched_histories.js";
export { arrivals } from "./lake/arrivals.js";
export { Lake } from "./lake/lake.js";
export { newRows } from "./lake/new_rows.js";
export { originals } from "./quality/originals.js";
export { withdraw } from "./quality/withdraw.js";
export { writeChecked } from "./quality/write_checked.js";
export { count, countDistinct, countRows, max, min } from "./relation/aggregate.js";
export { lineage } from "./relation/lineage.js";
export { type Columns, Relation, type Shape } from "./relation/relation.js";
export { coalesce, concat, concatWith, listOf, lit, when } from "./relation/when.js";
export { lag, lastKnown, rowNumber, runningMax } from "./relation/window.js";
export { LocalStorage } from "./storage/local.js";
export { MemoryStorage } from "./storage/memory.js";
export { openStorage } from "./storage/open_storage.js";
export { S3Storage } from "./storage/s3.js";
export type { S3Credentials, S3Options } from "./storage/s3_client.js";
