import { Buffer } from "node:buffer";
import type { PartitionValues } from "./actions/action.js";
import type { ColumnBatch, TextVisitor } from "./handler.js";

/**
 * Whether a data file may be wanted, by its partition values and its statistics: UTF-8 text between two places in some
 * bytes; null when none are known.
 */
export type RowCondition = (
  partitionValues: PartitionValues,
  stats: Uint8Array | null,
  start: number,
  end: number,
) => boolean;

/** Rows of a batch, and their texts by the row's number. */
interface ChosenRows {
  readonly rows: readonly number[];
  readonly paths: readonly (string | null)[];
  readonly stats: readonly (string | null)[];
}

/** The rows that a condition does not exclude; only their texts are decoded. Undefined when the batch cannot tell. */
export function matchingRows(batch: ColumnBatch, mayMatch: RowCondition): ChosenRows | undefined {
  const partitions = batch.column("add.partitionValues");
  const rows: number[] = [];
  const [paths, stats]: [(string | null)[], (string | null)[]] = [[], []];
  const isVisited = batch.visitTexts?.("add.stats", (row, bytes, start, end) => {
    if (!mayMatch((partitions[row] ?? NO_VALUES) as PartitionValues, bytes, start, end)) return;
    rows.push(row);
    stats[row] = bytes && textOf(bytes, start, end);
  });
  if (isVisited !== true) return undefined;
  let next = 0;
  const visitPath: TextVisitor = (row, bytes, start, end) => {
    if (rows[next] !== row) return;
    paths[row] = bytes && textOf(bytes, start, end);
    next++;
  };
  batch.visitTexts?.("add.path", visitPath, rows);
  return { rows, paths, stats };
}

const NO_VALUES: PartitionValues = {};

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString("utf8");
}
