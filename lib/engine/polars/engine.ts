import { setTimeout } from "node:timers/promises";
import { RelationError } from "../../errors.js";
import type { Expr } from "../../relation/expr.js";
import { type RelationNode, type Scan, type Source, sourcesOf, type TableSource } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { compileRelation, type Demand } from "./compile_relation.js";
import { concatenate, type Frame, fromPublic, type LazyFrame, type PublicDataFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { type Row, toRows } from "./rows.js";
import { type Hold, scanCsv, scanForeignParquet, scanTable, valuesFrame } from "./scan.js";
import { Spill } from "./spill.js";
import type { TableFiles } from "./table_files.js";
import { type WriteOptions, type WrittenFile, writeFiles } from "./write.js";

export type { ColumnStatistics, StoredValue } from "./footer.js";
export type { DataFile, TableFiles } from "./table_files.js";
export type { PartitionValues, WriteOptions, WrittenFile } from "./write.js";

/** What the engine asks of the lake. */
export interface Tables {
  /** The files of a table version that may hold rows for which `filter` is true. */
  resolveTable(source: TableSource, filter: Expr | undefined): Promise<TableFiles>;
}

/** How a relation is held in memory. */
export interface MaterializeOptions {
  /** Evaluate it once per class of this column's values, so that memory stays bounded where the plan keeps the classes apart. */
  readonly by?: string;
  /** Number of classes; by default so many that each reads about five million rows. */
  readonly parts?: number;
}

const ROWS_IN_PART = 5_000_000;

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

  /** Prints the first rows. */
  async show(node: RelationNode, rows: number): Promise<void> {
    const frame = await this.run({ op: "limit", input: node, rows, fields: node.fields });
    process.stdout.write(`${frame.toString()}\n`);
  }

  /** The same relation, evaluated once and held in memory until it is released. */
  async materialize(node: RelationNode, options: MaterializeOptions = {}): Promise<Scan> {
    const frame = options.by === undefined ? await this.run(node) : await this.runInParts(node, options.by, options.parts ?? (await this.partsFor(node)));
    return { op: "scan", source: { kind: "frame", id: this.keep(frame) }, fields: node.fields };
  }

  /** Evaluates the relation and writes it as Parquet files. */
  async writeParquet(node: RelationNode, options: WriteOptions): Promise<readonly WrittenFile[]> {
    const spill = new Spill();
    try {
      return await writeFiles(await this.compile(node, {}, (frame) => spill.lazy(frame)), node.fields, options);
    } finally {
      await spill.remove();
    }
  }

  /** Makes a `DataFrame` of nodejs-polars a source of relations, until it is released. */
  registerFrame(frame: PublicDataFrame): string {
    return this.keep(fromPublic(frame));
  }
  /** Lets go of the frames that a relation reads. */
  release(node: RelationNode): void {
    for (const source of sourcesOf(node)) if (source.kind === "frame") this.frames.delete(source.id);
  }

  /** The plan as Polars will run it. */
  async explain(node: RelationNode): Promise<string> {
    return (await this.compile(node)).explain();
  }

  private async run(node: RelationNode): Promise<Frame> {
    return (await this.compile(node)).collect();
  }

  private compile(node: RelationNode, demand: Demand = {}, hold: Hold = (frame) => frame.lazy()): Promise<LazyFrame> {
    return compileRelation(node, (source, fields, conditions) => this.scan(source, fields, conditions, hold), demand);
  }

  private async scan(source: Source, fields: readonly StructField[], conditions: readonly Expr[], hold: Hold): Promise<LazyFrame> {
    switch (source.kind) {
      case "table":
        return scanTable(await this.tables.resolveTable(source, conjunction(conditions)), fields);
      case "file":
        return source.format === "csv" ? scanCsv(source, fields, hold) : scanForeignParquet(source, fields);
      case "values":
        return valuesFrame(source, fields, hold);
      case "frame":
        return hold(this.held(source.id)).select(fields.map((f) => p.column(f.name)));
    }
  }

  private async runInParts(node: RelationNode, by: string, parts: number): Promise<Frame> {
    const type = node.fields.find((f) => f.name === by)?.type;
    if (type === undefined) throw new RelationError(`no column ${by}`, { where: { column: by } });
    const results: Frame[] = [];
    for (let part = 0; part < parts; part++) {
      const query = await this.compile(node, { rows: { column: by, type, part, parts } });
      results.push(await query.collect());
      // Frames are native memory, which only a turn of the event loop gives back.
      await setTimeout(0);
    }
    return concatenate(results.map((frame) => frame.lazy())).collect();
  }

  /** As many parts as keep each of them within memory. */
  private async partsFor(node: RelationNode): Promise<number> {
    const tables = sourcesOf(node).flatMap((source) => (source.kind === "table" ? [source] : []));
    const files = await Promise.all(tables.map((source) => this.tables.resolveTable(source, undefined)));
    const rows = files.flatMap((table) => table.files).reduce((sum, file) => sum + (file.rows ?? 0), 0);
    return Math.max(1, Math.ceil(rows / ROWS_IN_PART));
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
