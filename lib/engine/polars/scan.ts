import type { FileSource } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import { type Frame, fromPlan, int32Frame, type LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { csvScan, parquetScan } from "./scan_plan.js";
import { TEMPORARY } from "./temporary.js";

/** Makes a frame in memory part of a query. */
export type Hold = (frame: Frame) => LazyFrame;

/**
 * All columns of a CSV file as text: an empty field, quoted or not, is null. `_row` is the line on which the record begins.
 */
export function scanCsv(source: FileSource, fields: readonly StructField[], hold: Hold): LazyFrame {
  const index = `${TEMPORARY}record`;
  const columns = fields.filter((f) => f.name !== "_row");
  const frame = fromPlan(
    csvScan(
      source.path,
      columns.map((f) => f.name),
      index,
    ),
  );
  const kept = withoutRecords(frame, index, source.skip ?? [], hold);
  return withLines(kept, index, source.lines, hold).select(fields.map((f) => p.column(f.name)));
}

/** A Parquet file's columns as text, and `_row`, counted from 1. */
export function scanForeignParquet(source: FileSource, fields: readonly StructField[]): LazyFrame {
  const index = `${TEMPORARY}record`;
  const frame = fromPlan(parquetScan([source.path], { rowIndex: index }));
  const types = frame.slice(0, 0).collectSync().types();
  const columns = fields.map((f): PolarsExpr => {
    if (f.name === "_row") return p.alias(p.binary("Plus", p.cast(p.column(index), "long"), p.int64(1)), f.name);
    return p.alias(compileCast(p.column(f.name), types.get(f.name) ?? "string", "string", "Strict"), f.name);
  });
  return frame.select(columns);
}

function withoutRecords(frame: LazyFrame, index: string, skip: readonly number[], hold: Hold): LazyFrame {
  if (skip.length === 0) return frame;
  const skipped = hold(int32Frame(index, Int32Array.from(skip))).select([p.cast(p.column(index), "UInt32")]);
  return frame.join(skipped, "anti", [p.column(index)], [p.column(index)]);
}

function withLines(frame: LazyFrame, index: string, lines: Int32Array | undefined, hold: Hold): LazyFrame {
  if (lines === undefined)
    return frame.withColumns([p.alias(p.binary("Plus", p.cast(p.column(index), "long"), p.int64(2)), "_row")]);
  const numbered = hold(int32Frame("_row", lines)).select([
    p.alias(p.cast(p.rowIndex(), "UInt32"), index),
    p.cast(p.column("_row"), "long"),
  ]);
  return frame.join(numbered, "left", [p.column(index)], [p.column(index)]);
}
