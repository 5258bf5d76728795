import type { Catalog } from "../contract/catalog.js";
import type { AnyTable, Layer } from "../contract/define_table.js";
import type { AddFile } from "../delta/actions/action.js";
import type { HistoryEntry } from "../delta/history.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import { scanFiles } from "../delta_table/table_reads.js";
import type { Lake } from "../lake/lake.js";
import { closedDay } from "../pipeline/step.js";
import { countDistinct, countRows } from "../relation/aggregate.js";
import type { Column } from "../relation/column.js";
import type { Relation } from "../relation/relation.js";
import type { Value } from "../relation/runner.js";
import type { StructField } from "../types.js";
import { type ColumnFacts, columnFacts } from "./column_facts.js";
import { type KnownValues, knownValues } from "./known_values.js";
import { type ColumnLineage, recordedLineage } from "./lineage_graph.js";
import { type QuarantineFacts, quarantineFacts } from "./quarantine_facts.js";

/** Everything that a table's page tells of what is stored. */
export interface StoredFacts {
  readonly snapshot: Snapshot;
  readonly rows: bigint | undefined;
  /** Newest first. */
  readonly files: readonly AddFile[];
  readonly bytes: number;
  /** The last day that the table has closed. */
  readonly closed: string | undefined;
  readonly columns: readonly ColumnFacts[];
  /** Number of different values by column; only for tables of a moderate size. */
  readonly distinct: ReadonlyMap<string, bigint> | undefined;
  readonly sample: Sample;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  readonly lineage: ColumnLineage;
  readonly quarantine: QuarantineFacts | undefined;
  /** Only of tables that keep what was known when. */
  readonly known: KnownValues | undefined;
}

/** A few rows. */
export interface Sample {
  readonly fields: readonly StructField[];
  readonly rows: readonly Readonly<Record<string, Value>>[];
}

/**
 * A table of the lake. `keys`: keeps the surrogate keys of a star. `star`: loaded into a warehouse, not stored in the lake.
 * `record`: of runs, without a contract.
 */
export interface LakeTable {
  readonly role: "table" | "keys" | "star" | "record";
  readonly name: string;
  readonly layer: Layer;
  readonly contract: AnyTable | undefined;
  readonly description: string;
}

const RECORDS: Readonly<Record<string, string>> = {
  "ops.runs": "Every run of the pipeline",
  "ops.steps": "What every step of every run did",
};
const SAMPLE_ROWS = 8;
const SAMPLE_FILES = 4;
const VERSIONS = 40;
/** Different values are counted in tables of up to so many rows and bytes. */
const COUNTED_ROWS = 200_000n;
const COUNTED_BYTES = 32_000_000;

/** The tables that the report shows, in dependency order; records of runs come last. */
export function lakeTables(catalog: Catalog): readonly LakeTable[] {
  const keys = new Set(catalog.stars.flatMap((star) => star.keyMaps.map(({ name }) => name)));
  const tables = catalog.tables.map(
    (contract): LakeTable => ({
      role: keys.has(contract.name) ? "keys" : catalog.star(contract.name) ? "star" : "table",
      name: contract.name,
      layer: contract.layer,
      contract,
      description: contract.description,
    }),
  );
  const records = Object.entries(RECORDS).map(
    ([name, description]): LakeTable => ({ role: "record", name, layer: "ops", contract: undefined, description }),
  );
  return [...tables, ...records];
}

/** Reads what is stored of a table; undefined while it is not built. Of the data only a few rows are read where it is large. */
export async function storedFacts(lake: Lake, { name, role, contract }: LakeTable): Promise<StoredFacts | undefined> {
  if (role === "star") return undefined;
  const snapshot = await lake.snapshot(name);
  if (snapshot === undefined) return undefined;
  const files = [...(await snapshot.files())].sort((a, b) => b.modificationTime - a.modificationTime);
  const bytes = files.reduce((sum, file) => sum + file.size, 0);
  const rows = await snapshot.numRecords();
  const columns = columnFacts(snapshot, files);
  const isModerate = rows !== undefined && rows > 0n && rows <= COUNTED_ROWS && bytes <= COUNTED_BYTES;
  return {
    snapshot,
    rows,
    files,
    bytes,
    closed: await closedDay(snapshot),
    columns,
    distinct: isModerate ? await distinctValues(scanFiles(snapshot, files, lake.engine)) : undefined,
    sample: await sampleRows(lake, snapshot, files),
    history: await lake.history(name, { limit: VERSIONS }),
    lineage: await recordedLineage(snapshot),
    quarantine: await quarantineFacts(lake, name),
    known: await knownValues(lake, contract, snapshot, files, rows),
  };
}

/** The first rows of the newest file, or of the few newest where it holds less. */
async function sampleRows(lake: Lake, snapshot: Snapshot, files: readonly AddFile[]): Promise<Sample> {
  const { fields } = snapshot.schema;
  const newest: AddFile[] = [];
  let known = 0;
  for (const file of files.slice(0, SAMPLE_FILES)) {
    newest.push(file);
    known += Number(parseStats(file.stats)?.numRecords ?? 0);
    if (known >= SAMPLE_ROWS) break;
  }
  const rows = newest.length === 0 ? [] : await scanFiles(snapshot, newest, lake.engine).limit(SAMPLE_ROWS).collect();
  return { fields, rows };
}

async function distinctValues(rows: Relation): Promise<ReadonlyMap<string, bigint>> {
  const countable = rows.fields.filter(({ type }) => typeof type === "string" && type !== "variant" && type !== "void");
  const [counts = {}] = await rows
    .groupBy()
    .aggregate((t) => ({
      // A relation needs one aggregate at least.
      "": countRows(),
      ...Object.fromEntries(countable.map(({ name }) => [name, countDistinct(t[name] as Column)])),
    }))
    .collect();
  return new Map(Object.entries(counts).flatMap(([name, count]) => (typeof count === "bigint" ? [[name, count]] : [])));
}
