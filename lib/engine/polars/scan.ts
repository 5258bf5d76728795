import type { FileSource, ValuesSource } from "../../relation/node.js";
import type { Location } from "../../storage/storage.js";
import { type DataType, field, type StructField } from "../../types.js";
import { compileCast, convert } from "./cast.js";
import { compileLiteral } from "./literal.js";
import { concatenate, type Frame, fromPlan, int32Frame, type LazyFrame, textFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { csvScan, parquetScan } from "./scan_plan.js";
import { type DataFile, POSITION, type TableFiles } from "./table_files.js";
import { TEMPORARY } from "./temporary.js";

const POSITION_FIELDS = [field(POSITION.file, "integer", false), field(POSITION.row, "long", false)];

/** Makes a frame in memory part of a query. */
export type Hold = (frame: Frame) => LazyFrame;

/** The rows of a table's files with the columns `fields`. Partition columns are constants of their files. */
export function scanTable(table: TableFiles, fields: readonly StructField[]): LazyFrame {
  const partitioned = new Set(table.partitionColumns);
  const stored = table.fields.filter((f) => !partitioned.has(f.name));
  const constants = table.fields.filter((f) => partitioned.has(f.name));
  const output = fields.map((f) => {
    const physical = [...table.fields, ...POSITION_FIELDS].find((t) => t.name === f.name);
    return p.alias(convert(physical ? p.column(f.name) : p.nullOf(f.type), physical?.type ?? f.type, f.type), f.name);
  });
  const constantsOf = ({ partitionValues }: Pick<DataFile, "partitionValues">): PolarsExpr[] =>
    constants.map((f) => p.alias(partitionConstant(partitionValues[f.name] ?? null, f.type), f.name));
  const positioned = fields.some(({ name }) => name === POSITION.file || name === POSITION.row);
  if (table.files.length === 0) return scanFiles([], [...table.fields, ...POSITION_FIELDS]).select(output);
  if (positioned)
    return concatenate(
      table.files.map((file, number) =>
        withPositions(file, number, stored).withColumns(constantsOf(file)).select(output),
      ),
    );
  const frames = byPartition(table.files, constants).map((files) =>
    scanFiles(
      files.map((file) => file.location),
      stored,
    )
      .withColumns(constantsOf(files[0] ?? { partitionValues: {} }))
      .select(output),
  );
  return concatenate(frames);
}

/** The stored columns of one file and where each row stands in it. */
function withPositions(file: DataFile, number: number, stored: readonly StructField[]): LazyFrame {
  return scanFiles([file.location], stored, POSITION.row).withColumns([
    p.alias(p.cast(p.column(POSITION.row), "long"), POSITION.row),
    p.alias(p.int32(number), POSITION.file),
  ]);
}

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

/** Rows that were written down. */
export function valuesFrame(source: ValuesSource, fields: readonly StructField[], hold: Hold): LazyFrame {
  const columns = fields.map((f, i) => ({ name: f.name, values: source.rows.map((row) => toText(row[i] ?? null)) }));
  const typed = fields.map((f) => p.alias(compileCast(p.column(f.name), "string", f.type, "Strict"), f.name));
  return hold(textFrame(columns)).select(typed);
}

/** The stored columns of files; a column that a file lacks is null, one that is not asked for is left out. */
function scanFiles(locations: readonly Location[], fields: readonly StructField[], rowIndex?: string): LazyFrame {
  const paths = locations.map((location) => location.url);
  // A table's files lie in one store.
  const cloud = locations.find((location) => location.cloudOptions)?.cloudOptions;
  return fromPlan(parquetScan(paths, { fields, ...(rowIndex && { rowIndex }), ...(cloud && { cloud }) }));
}

function byPartition(files: readonly DataFile[], constants: readonly StructField[]): readonly (readonly DataFile[])[] {
  const groups = new Map<string, DataFile[]>();
  for (const file of files) {
    const key = JSON.stringify(constants.map((f) => file.partitionValues[f.name] ?? null));
    const group = groups.get(key);
    if (group) group.push(file);
    else groups.set(key, [file]);
  }
  return [...groups.values()];
}

/** Delta writes a partition value as text, and null as null or as empty text. */
function partitionConstant(value: string | null, type: DataType): PolarsExpr {
  if (value === null || value === "") return p.nullOf(type);
  if (type === "boolean") return p.boolean(value === "true");
  return compileLiteral({ kind: "literal", value, type, nullable: false });
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

function toText(value: string | boolean | null): string | null {
  return typeof value === "boolean" ? String(value) : value;
}
