import type { AddFile } from "../delta/actions/action.js";
import { physicalName } from "../delta/column_mapping.js";
import { isPartitionColumn, parsePartitionValue, partitionValue } from "../delta/partition_values.js";
import { comparable, compareComparables, type Scalar } from "../delta/scalar.js";
import type { Snapshot } from "../delta/snapshot.js";
import { type FileStats, parseStats } from "../delta/stats.js";
import type { StructField } from "../types.js";

/** What the log's statistics say of a column. */
export interface ColumnFacts {
  readonly field: StructField;
  /** Rows without a value; undefined where a file does not tell. */
  readonly nulls: bigint | undefined;
  /** Bounds: text may be cut to 32 characters. Undefined where a file does not tell. */
  readonly min: string | undefined;
  readonly max: string | undefined;
}

/** So many files are looked at; a table of more has no bounds in the report. */
const FILES_LOOKED_AT = 20_000;

/** The columns of a table version by the statistics of its files: no data file is read. */
export function columnFacts(snapshot: Snapshot, files: readonly AddFile[]): readonly ColumnFacts[] {
  const { fields } = snapshot.schema;
  const isKnown = files.length > 0 && files.length <= FILES_LOOKED_AT;
  const stats = isKnown ? files.map((file) => parseStats(file.stats)) : [];
  return fields.map((field) => {
    if (!isKnown) return { field, nulls: undefined, min: undefined, max: undefined };
    if (isPartitionColumn(snapshot.partitionColumns, field.name)) return ofPartitions(field, files, stats);
    const path = [physicalName(field)];
    return {
      field,
      nulls: sum(stats.map((one) => one?.nullCount(path))),
      min: extreme(
        field,
        stats.map((one) => one && bound(one, field, path, "min")),
        -1,
      ),
      max: extreme(
        field,
        stats.map((one) => one && bound(one, field, path, "max")),
        1,
      ),
    };
  });
}

function ofPartitions(
  field: StructField,
  files: readonly AddFile[],
  stats: readonly (FileStats | undefined)[],
): ColumnFacts {
  const values = files.map((file) => parsePartitionValue(field.type, partitionValue(file.partitionValues, field)));
  return {
    field,
    nulls: sum(values.map((value, i) => (value === null ? stats[i]?.numRecords : 0n))),
    min: extreme(field, values, -1),
    max: extreme(field, values, 1),
  };
}

/** Null for a file that holds no value. */
function bound(
  stats: FileStats,
  field: StructField,
  path: readonly string[],
  side: "min" | "max",
): Scalar | null | undefined {
  const value = stats[side](path, field.type);
  if (value !== undefined) return value;
  const nulls = stats.nullCount(path);
  return nulls !== undefined && nulls === stats.numRecords ? null : undefined;
}

function extreme(field: StructField, values: readonly (Scalar | null | undefined)[], sign: 1 | -1): string | undefined {
  let best: Scalar | undefined;
  for (const value of values) {
    if (value === undefined) return undefined;
    if (value === null) continue;
    if (best === undefined || isBeyond(field, value, best, sign)) best = value;
  }
  return best === undefined ? undefined : scalarText(field, best);
}

function isBeyond({ type }: StructField, value: Scalar, best: Scalar, sign: 1 | -1): boolean {
  const [a, b] = [comparable(type, value), comparable(type, best)];
  const order = a && b && compareComparables(a, b, (x, y) => (x < y ? -1 : x > y ? 1 : 0));
  return order !== undefined && order * sign > 0;
}

function scalarText({ type }: StructField, value: Scalar): string {
  if (typeof value === "bigint" && (type === "timestamp" || type === "timestamp_ntz")) {
    const iso = new Date(Number(value / 1000n)).toISOString().slice(0, 19).replace("T", " ");
    return iso.replace(/ 00:00:00$/, "");
  }
  return String(value);
}

function sum(values: readonly (bigint | undefined)[]): bigint | undefined {
  let total = 0n;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}
