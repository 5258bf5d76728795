import type { AddFile } from "../delta/actions/action.js";
import { physicalName } from "../delta/column_mapping.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import type { NewFile } from "../delta/transaction.js";
import { UsageError } from "../errors.js";
import { formatType, type StructField } from "../types.js";
import { packBins } from "./bin_packing.js";
import { type Clustering, clusteredRows } from "./clustering.js";
import { fileTarget, stageFiles } from "./data_files.js";
import type { TableHandle } from "./table_handle.js";
import { scanFiles } from "./table_reads.js";

export interface OptimizeOptions {
  /** Only these partitions: their values as the log stores them, null for null. */
  readonly partition?: Readonly<Record<string, string | null>>;
  /** Bytes that a file shall have at most; default the property `delta.targetFileSize`, else 256 MB. */
  readonly targetSize?: number;
  /** Columns that rows are sorted by, in each partition; every file is rewritten. */
  readonly clusterBy?: readonly string[];
  /** Columns whose values shall all lie together (Z-order); every file is rewritten. */
  readonly zOrderBy?: readonly string[];
  /** Rewrite every file with a deletion vector, however few rows it hides, and leave the others alone. */
  readonly purge?: boolean;
}

export interface OptimizeResult {
  /** The table's version afterwards. */
  readonly version: number;
  /** False when there was nothing to do. */
  readonly committed: boolean;
  readonly removedFiles: number;
  readonly addedFiles: number;
  readonly removedBytes: number;
  readonly addedBytes: number;
}

const DEFAULT_TARGET_BYTES = 256 * 2 ** 20;

/** A file of which deletion vectors hide a greater part is rewritten by every optimize. */
const MOST_DELETED = 0.05;

/**
 * Writes rows into fewer, larger, or clustered files, without changing the table's rows: `dataChange` is false. Appends
 * that are committed meanwhile stand beside the result.
 * @throws UsageError for columns or partitions that the table does not have
 * @throws ConflictError when another writer has removed one of the files meanwhile
 */
export async function optimizeTable(table: TableHandle, options: OptimizeOptions = {}): Promise<OptimizeResult> {
  const snapshot = await table.forWriting();
  const clustering = clusteringOf(snapshot, options);
  const files = inPartition(snapshot, await snapshot.files(), options.partition);
  const targetSize = options.targetSize ?? snapshot.properties.targetFileSize ?? DEFAULT_TARGET_BYTES;
  const groups = [...byPartition(files).values()].flatMap((partition) =>
    clustering ? [partition] : worthwhile(partition, targetSize, options.purge ?? false),
  );
  const removed = groups.flat();
  const added: NewFile[] = [];
  for (const group of groups) added.push(...(await rewrite(table, snapshot, group, targetSize, clustering)));
  return commit(table, snapshot, { removed, added, parameters: parametersOf(options) });
}

function clusteringOf({ schema, partitionColumns }: Snapshot, options: OptimizeOptions): Clustering | undefined {
  const { clusterBy = [], zOrderBy = [], purge } = options;
  if ([clusterBy.length > 0, zOrderBy.length > 0, purge === true].filter(Boolean).length > 1) {
    throw new UsageError("One run either sorts by columns, or orders along a curve, or purges deletion vectors");
  }
  const names = clusterBy.length > 0 ? clusterBy : zOrderBy;
  if (names.length === 0) return undefined;
  const stored = schema.fields.filter(({ name }) => !partitionColumns.includes(name));
  const columns = names.map((name) => {
    const column = stored.find((one) => one.name.toLowerCase() === name.toLowerCase());
    if (column && isSortable(column)) return column;
    throw new UsageError(
      column ? `Rows cannot be clustered by ${name}` : `The table has no column ${name} to cluster by`,
      {
        where: { column: name },
        expected: `some of ${stored
          .filter(isSortable)
          .map((one) => one.name)
          .join(", ")}`,
        actual: column ? formatType(column.type) : partitionColumns.includes(name) ? "a partition column" : undefined,
      },
    );
  });
  return { order: clusterBy.length > 0 ? "sorted" : "z-order", columns };
}

/** Rows are neither sorted by what is nested nor by what has no order. */
function isSortable({ type }: StructField): boolean {
  return typeof type === "string" && !["binary", "variant", "void"].includes(type);
}

function inPartition(
  { schema, partitionColumns }: Snapshot,
  files: readonly AddFile[],
  partition: OptimizeOptions["partition"] = {},
): readonly AddFile[] {
  const unknown = Object.keys(partition).find((name) => !partitionColumns.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`The table is not partitioned by ${unknown}`, {
      expected: partitionColumns.length === 0 ? "no partition: the table has none" : partitionColumns.join(", "),
      actual: unknown,
    });
  }
  const wanted = schema.fields.flatMap((column): [string, string | null][] => {
    const value = partition[column.name];
    return value === undefined ? [] : [[physicalName(column), value || null]];
  });
  return files.filter((file) => wanted.every(([name, value]) => (file.partitionValues[name] || null) === value));
}

function byPartition(files: readonly AddFile[]): ReadonlyMap<string, readonly AddFile[]> {
  const partitions = new Map<string, AddFile[]>();
  for (const file of files) {
    const key = JSON.stringify(Object.entries(file.partitionValues).sort());
    const known = partitions.get(key);
    if (known) known.push(file);
    else partitions.set(key, [file]);
  }
  return partitions;
}

/** Groups of files that become one each. Files that have their size, and have most of their rows, stay as they are. */
function worthwhile(files: readonly AddFile[], targetSize: number, purge: boolean): readonly (readonly AddFile[])[] {
  const isHollow = (file: AddFile): boolean => hiddenPart(file) > (purge ? 0 : MOST_DELETED);
  const candidates = files
    .filter((file) => isHollow(file) || (!purge && file.size < targetSize))
    // Rows that came together stay together.
    .sort((a, b) => a.modificationTime - b.modificationTime || (a.path < b.path ? -1 : 1));
  return packBins(candidates, ({ size }) => size, targetSize).filter((bin) => bin.length > 1 || bin.some(isHollow));
}

function hiddenPart({ deletionVector, stats }: AddFile): number {
  if (deletionVector === undefined) return 0;
  const rows = Number(parseStats(stats)?.numRecords ?? 0);
  return rows === 0 ? 1 : deletionVector.cardinality / rows;
}

async function rewrite(
  table: TableHandle,
  snapshot: Snapshot,
  files: readonly AddFile[],
  targetSize: number,
  clustering: Clustering | undefined,
): Promise<readonly NewFile[]> {
  const target = fileTarget(table, snapshot);
  if (clustering === undefined) {
    return (await stageFiles(target, scanFiles(snapshot, files, table.engine).node)).files;
  }
  const rows = await rowsOf(table, snapshot, files);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const targetRows = Math.max(1, Math.floor((rows * targetSize) / Math.max(1, bytes)));
  const staged: NewFile[] = [];
  for (const piece of await clusteredRows(table.engine, snapshot, files, rows, clustering)) {
    staged.push(...(await stageFiles(target, piece.node, rows > targetRows ? { targetRows } : {})).files);
  }
  return staged;
}

/** Rows in files, those that deletion vectors hide included; where the log does not know, by counting. */
async function rowsOf(table: TableHandle, snapshot: Snapshot, files: readonly AddFile[]): Promise<number> {
  const known = files.map(({ stats }) => parseStats(stats)?.numRecords);
  if (known.every((rows) => rows !== undefined)) return known.reduce((sum, rows) => sum + Number(rows), 0);
  return scanFiles(snapshot, files, table.engine).count();
}

interface Rewriting {
  readonly removed: readonly AddFile[];
  readonly added: readonly NewFile[];
  readonly parameters: ReturnType<typeof parametersOf>;
}

async function commit(
  table: TableHandle,
  snapshot: Snapshot,
  { removed, added, parameters }: Rewriting,
): Promise<OptimizeResult> {
  const removedBytes = removed.reduce((sum, { size }) => sum + size, 0);
  const addedBytes = added.reduce((sum, { size }) => sum + size, 0);
  const counts = { removedFiles: removed.length, addedFiles: added.length, removedBytes, addedBytes };
  if (removed.length === 0) return { version: snapshot.version, committed: false, ...counts };
  const transaction = snapshot.transaction(parameters);
  for (const file of removed) transaction.removeFile(file, { dataChange: false });
  for (const file of added) transaction.addFile({ ...file, dataChange: false });
  transaction.setMetrics({
    numRemovedFiles: removed.length,
    numRemovedBytes: removedBytes,
    numAddedFiles: added.length,
    numAddedBytes: addedBytes,
    numDeletionVectorsRemoved: removed.filter(({ deletionVector }) => deletionVector !== undefined).length,
    ...fileSizes(added.map(({ size }) => size)),
  });
  const result = await transaction.commit();
  table.follow(result.snapshot);
  return { version: result.version, committed: result.committed, ...counts };
}

/** Named as other engines name them. */
function parametersOf({ partition = {}, clusterBy = [], zOrderBy = [], purge }: OptimizeOptions) {
  const predicate = Object.entries(partition).map(
    ([name, value]) => `(${name} = ${value === null ? "NULL" : `'${value}'`})`,
  );
  return purge === true
    ? { operation: "REORG", operationParameters: { predicate, applyPurge: true } }
    : { operation: "OPTIMIZE", operationParameters: { predicate, zOrderBy, clusterBy, auto: false } };
}

function fileSizes(sizes: readonly number[]): Readonly<Record<string, number>> {
  const ordered = [...sizes].sort((a, b) => a - b);
  const at = (part: number): number => ordered[Math.min(ordered.length - 1, Math.floor(part * ordered.length))] ?? 0;
  return { minFileSize: at(0), p25FileSize: at(0.25), p50FileSize: at(0.5), p75FileSize: at(0.75), maxFileSize: at(1) };
}
