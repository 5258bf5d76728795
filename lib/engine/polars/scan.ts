import type { FileSource } from "../../relation/node.js";
import type { DataType, StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import { type Frame, fromPlan, int32Frame, type LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { csvScan, parquetScan } from "./scan_plan.js";
import { TEMPORARY } from "./temporary.js";

/** Makes a frame in memory part of a query. */
export type Hold = (frame: Frame) => LazyFrame;

/** All columns of a CSV file as text; an empty field is null. `_row` is the line on which the record begins. */
export function scanCsv(source: FileSource, fields: readonly StructField[], hold: Hold): LazyFrame {
  const index = `${TEMPORARY}record`;
  const columns = fields.filter((f) => f.name !== "_row");
  const frame = fromPlan(
    csvScan(
      source.path,
      columns.map((f) => f.name),
      index,
      source.emptyTexts === true,
    ),
  );
  const kept = withoutRecords(frame, index, source.skip ?? [], hold);
  return withLines(kept, index, source.lines, hold).select(fields.map((f) => p.column(f.name)));
}

/**
 * A Parquet file's columns as text, and `_row`, counted from 1. Times have nine decimals where six do not hold them, lists and
 * structs are JSON, and what has no type of its own in a relation (unsigned numbers, texts of a dictionary, nothing but nulls)
 * is as Polars writes it.
 */
export function scanForeignParquet(source: FileSource, fields: readonly StructField[]): LazyFrame {
  const index = `${TEMPORARY}record`;
  const frame = fromPlan(parquetScan([source.path], { rowIndex: index }));
  const names = fields.map((f) => f.name).filter((name) => name !== "_row");
  const empty = frame
    .select(names.map((name) => p.column(name)))
    .slice(0, 0)
    .collectSync();
  const [types, nested] = [empty.types(), empty.nested()];
  const columns = fields.map(({ name }): PolarsExpr => {
    if (name === "_row") return p.alias(p.binary("Plus", p.cast(p.column(index), "long"), p.int64(1)), name);
    const type = types.get(name);
    const value = p.column(name);
    if (nested.has(name)) return p.alias(jsonOf(value), name);
    if (isTime(type)) return p.alias(exactTime(value, type), name);
    return p.alias(type === undefined ? p.cast(value, "string") : compileCast(value, type, "string", "Strict"), name);
  });
  return frame.select(columns);
}

/** The JSON text of a list or struct: only as a member of a struct it is one, whose name and brackets are taken off. */
function jsonOf(value: PolarsExpr): PolarsExpr {
  const whole = p.call('{"StructExpr":"JsonEncode"}', p.struct([p.alias(value, "v")]));
  const open = p.stringCall('"StripPrefix"', whole, p.text('{"v":'));
  return p.choose(p.isNull(value), p.nullOf("string"), p.stringCall('"StripSuffix"', open, p.text("}")));
}

/** Of the type that the other branch of a choice has. */
const NULL = p.scalar("Null", '"Null"');

/** The text of a time in milliseconds, microseconds or nanoseconds, which Polars does not tell apart here. */
function exactTime(value: PolarsExpr, type: "timestamp" | "timestamp_ntz"): PolarsExpr {
  const below = p.binary("Modulus", p.temporalCall('"Nanosecond"', value), p.int64(1000));
  const isFiner = p.binary("NotEq", below, p.int64(0));
  const fine = p.choose(isFiner, value, NULL);
  const [utc, zone] =
    type === "timestamp" ? [p.temporalCall('{"ConvertTimeZone":{"inner":"UTC"}}', fine), "Z"] : [fine, ""];
  const nanos = p.temporalCall(`{"ToString":"%Y-%m-%d %H:%M:%S%.9f${zone}"}`, utc);
  return p.choose(isFiner, nanos, compileCast(p.cast(value, type), type, "string", "Strict"));
}

function isTime(type: DataType | undefined): type is "timestamp" | "timestamp_ntz" {
  return type === "timestamp" || type === "timestamp_ntz";
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
