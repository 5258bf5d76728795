import { RelationError } from "../../errors.js";
import type { Expr } from "../../relation/expr.js";
import type { RelationNode, Scan, Source, TableSource } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { compileRelation } from "./compile_relation.js";
import { type Frame, fromPublic, type LazyFrame, type PublicDataFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { type Row, toRows } from "./rows.js";
import { scanCsv, scanForeignParquet, scanTable, valuesFrame } from "./scan.js";
import type { TableFiles } from "./table_files.js";
import { type WriteOptions, type WrittenFile, writeFrame } from "./write.js";

export type { ColumnStatistics } from "./footer.js";
export type { DataFile, TableFiles } from "./table_files.js";
export type { WriteOptions, WrittenFile } from "./write.js";

/** What the engine asks of the lake. */
export interface Tables {
  /** The files of a table version that may hold rows for which `filter` is true. */
  resolveTable(source: TableSource, filter: Expr | undefined): Promise<TableFiles>;
}

/** Runs relations on Polars. */
export class PolarsEngine {
  private readonly tables: Tables;
  private readonly frames = new Map<string, Frame>();
  private frameNumber = 0;

  constructor(tables: Tables) {
    this.tables = tables;
  }

  /** All rows: long as bigint; decimals, dates and times as exact text. */
  async collect(node: RelationNode): Promise<readonly Row[]> {
    return toRows(await this.run(node), node.fields);
  }

  /** The first rows. */
  preview(node: RelationNode, rows: number): Promise<readonly Row[]> {
    return this.collect({ op: "limit", input: node, rows, fields: node.fields });
  }

  /** The number of rows; of a whole table from what its log says, without reading a file. */
  async count(node: RelationNode): Promise<number> {
    if (node.op === "scan" && node.source.kind === "table") {
      const { files } = await this.tables.resolveTable(node.source, undefined);
      const rows = files.map((file) => file.rows);
      if (rows.every((number) => number !== undefined)) return rows.reduce<number>((sum, number) => sum + (number ?? 0), 0);
    }
    const counted = await (await this.compile(node)).select([p.alias(p.cast(p.rows(), "long"), "rows")]).collect();
    return Number(counted.column("rows").getIdx(0));
  }

  /** The result as a `DataFrame` of nodejs-polars. */
  async toPolars(node: RelationNode): Promise<PublicDataFrame> {
    return (await this.run(node)).toPublic();
  }

  /** The same relation, evaluated once and held in memory. */
  async materialize(node: RelationNode): Promise<Scan> {
    return this.hold(await this.run(node), node.fields);
  }

  /** Evaluates the relation and writes it as Parquet files. */
  async writeParquet(node: RelationNode, options: WriteOptions): Promise<readonly WrittenFile[]> {
    return writeFrame(await this.run(node), node.fields, options);
  }

  /** Makes a `DataFrame` of nodejs-polars a source of relations, until it is released. */
  registerFrame(frame: PublicDataFrame): string {
    return this.keep(fromPublic(frame));
  }
  releaseFrame(id: string): void {
    this.frames.delete(id);
  }

  /** The plan as Polars will run it. */
  async explain(node: RelationNode): Promise<string> {
    return (await this.compile(node)).explain();
  }

  private async run(node: RelationNode): Promise<Frame> {
    return (await this.compile(node)).collect();
  }

  private compile(node: RelationNode): Promise<LazyFrame> {
    return compileRelation(node, (source, fields, conditions) => this.scan(source, fields, conditions));
  }

  private async scan(source: Source, fields: readonly StructField[], conditions: readonly Expr[]): Promise<LazyFrame> {
    switch (source.kind) {
      case "table":
        return scanTable(await this.tables.resolveTable(source, conjunction(conditions)), fields);
      case "file":
        return source.format === "csv" ? scanCsv(source, fields) : scanForeignParquet(source, fields);
      case "values":
        return valuesFrame(source, fields);
      case "frame":
        return this.held(source.id).lazy().select(fields.map((f) => p.column(f.name)));
    }
  }

  private hold(frame: Frame, fields: readonly StructField[]): Scan {
    return { op: "scan", source: { kind: "frame", id: this.keep(frame) }, fields };
  }

  private keep(frame: Frame): string {
    const id = `frame-${++this.frameNumber}`;
    this.frames.set(id, frame);
    return id;
  }

  private held(id: string): Frame {
    const frame = this.frames.get(id);
    if (frame) return frame;
    throw new RelationError(`no frame ${id}`, { remedy: "materialize the relation again; a frame lives until it is released" });
  }
}

function conjunction(conditions: readonly Expr[]): Expr | undefined {
  return conditions.reduce<Expr | undefined>(
    (all, condition) =>
      all === undefined ? condition : { kind: "call", fn: "and", args: [all, condition], type: "boolean", nullable: all.nullable || condition.nullable },
    undefined,
  );
}
