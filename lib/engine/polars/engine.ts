import { tmpdir } from "node:os";
import type { MimeBundle } from "../../display.js";
import { renderTable } from "../../picture/table_view.js";
import { type Distinct, type RelationNode, type Scan, type Source, sourcesOf } from "../../relation/node.js";
import type { ArrowTable } from "../../relation/runner.js";
import { newFolder, removeFolder } from "../../storage/temporary_folder.js";
import { field, type StructField } from "../../types.js";
import { toArrowTable } from "./arrow.js";
import type { PublicDataFrame } from "./binding.js";
import { Compiler } from "./compiler.js";
import { isTextOfRowWise, repetitions, withoutRows } from "./distinct.js";
import { heavyStep } from "./heavy_step.js";
import { type HeldResult, HeldResults, inFolder, inMemory, numbered, readStreamed } from "./held_results.js";
import { captionOf, countWithoutReading } from "./known_count.js";
import { type Frame, fromPublic, type LazyFrame } from "./native.js";
import { type ParquetRows, parquetRows } from "./parquet_rows.js";
import * as p from "./polars_expr.js";
import { mostRanges, type Sample } from "./row_ranges.js";
import { isRowWise } from "./row_wise.js";
import { type Row, toRows } from "./rows.js";
import type { Hold } from "./scan.js";
import { Spill } from "./spill.js";
import { storedColumns, storedFields } from "./stored_names.js";
import { type Queries, streamToFiles } from "./stream.js";
import type { Tables, TablesRead } from "./tables_read.js";
import { TEMPORARY } from "./temporary.js";
import { type WriteOptions, type WrittenFile, writeFiles } from "./write.js";

export type { ParquetRows } from "./parquet_rows.js";
export type { DataFile, OpenFile, TableFiles } from "./table_files.js";
export type { WriteOptions, WrittenFile } from "./write.js";

/** What may be held in memory at once. */
export interface Limits {
  /** Queries over more rows than this are streamed through files. */
  readonly rowsInMemory: number;
  /** Cells that a step which must hold all its rows may hold; of more than twice as many, ranges of rows are taken in turn. */
  readonly cellsInStep: number;
}

/** A step's cells are about half a gigabyte. */
const LIMITS: Limits = { rowsInMemory: 1_000_000, cellsInStep: 25_000_000 };
const SAMPLE = 20_000;
const ROW = `${TEMPORARY}row`;

/** Runs relations on Polars. */
export class PolarsEngine {
  private readonly tables: Tables;
  private readonly limits: Limits;
  private readonly held = new HeldResults();
  private readonly compiler: Compiler;

  constructor(tables: Tables, limits: Limits = LIMITS) {
    this.tables = tables;
    this.limits = limits;
    this.compiler = new Compiler(tables, this.held);
  }

  /** All rows: long as bigint; decimals, dates and times as exact text. */
  async collect(node: RelationNode): Promise<readonly Row[]> {
    return toRows(await this.run(node), node.fields);
  }

  /** The first rows as a table to be displayed; it tells how many there are in all where that is known without looking. */
  async preview(node: RelationNode, rows: number): Promise<MimeBundle> {
    const found = await this.collect({ op: "limit", input: node, rows: rows + 1, fields: node.fields });
    const all = found.length > rows ? await this.knownCount(node) : found.length;
    return renderTable(node.fields, found.slice(0, rows), captionOf(rows, all));
  }

  /** The number of rows; of a whole table from what its log says, without reading a file. */
  async count(node: RelationNode): Promise<number> {
    const known = node.op === "scan" ? await this.compiler.rowsOf(node.source) : undefined;
    if (known !== undefined) return known;
    const rows = field("rows", "long", false);
    const counted: RelationNode = {
      op: "groupBy",
      input: node,
      keys: [],
      aggregates: [
        { name: rows.name, expr: { kind: "aggregate", fn: "countAll", args: [], type: rows.type, nullable: false } },
      ],
      fields: [rows],
    };
    return Number((await this.run(counted)).column(rows.name).getIdx(0));
  }

  /** The result as a table of Apache Arrow, by its stream format. */
  async toArrow(node: RelationNode): Promise<ArrowTable> {
    return toArrowTable((await this.run(node)).toPublic());
  }

  /** The result as a `DataFrame` of nodejs-polars. */
  async toPolars(node: RelationNode): Promise<PublicDataFrame> {
    return (await this.run(node)).toPublic();
  }

  /** The columns of a relation of whole numbers below 2^53, none of them null. */
  async numbers(node: RelationNode): Promise<readonly Float64Array[]> {
    const frame = await this.run(node);
    const doubles = frame.lazy().select(node.fields.map(({ name }) => p.alias(p.cast(p.column(name), "double"), name)));
    const columns = doubles.collectSync();
    return node.fields.map(({ name }) => Float64Array.from(columns.column(name).toTypedArray() as ArrayLike<number>));
  }

  /**
   * The same relation, evaluated once and held until it is released: in memory, or in temporary files when it reads many
   * rows. Of a large distinct over tables only the repetitions are held; its rows stay where they are.
   */
  async materialize(node: RelationNode): Promise<Scan> {
    const id = this.held.keep(await this.evaluate(node));
    return { op: "scan", source: { kind: "frame", id }, fields: node.fields };
  }

  /** The same, with the numbers of its rows, from 0, as a further column of longs. */
  async materializeNumbered(node: RelationNode, name: string): Promise<Scan> {
    const id = this.held.keep(numbered(await this.evaluate(node), name));
    return { op: "scan", source: { kind: "frame", id }, fields: [...node.fields, field(name, "long", false)] };
  }

  /** Evaluates the relation and writes it as Parquet files. */
  writeParquet(relation: RelationNode, options: WriteOptions): Promise<readonly WrittenFile[]> {
    return Spill.during(async (spill) => {
      const node = await this.compiler.withoutEmpty(relation);
      const reads = this.compiler.reads();
      const query = await this.compiler.compile(node, reads, { streamed: true }, (frame) => spill.lazy(frame));
      const small = !(await this.isLarge(node, reads));
      const queries = small ? [async () => query] : withFrames(await this.queries(node, reads), spill);
      const { stored } = options;
      if (stored === undefined) return writeFiles({ queries, fields: node.fields, small }, options);
      const columns = storedColumns(stored.fields, stored.nameOf);
      const named = queries.map((next) => async () => (await next()).select(columns));
      return writeFiles({ queries: named, fields: storedFields(stored.fields, stored.nameOf), small }, options);
    });
  }

  /** Makes a `DataFrame` of nodejs-polars a source of relations, until it is released. */
  registerFrame(frame: PublicDataFrame): string {
    return this.held.keep(inMemory(fromPublic(frame)));
  }

  /** Holds the rows in the Parquet files of a folder, which goes with them when they are released. */
  holdFolder(folder: string, fields: readonly StructField[]): Scan {
    return { op: "scan", source: { kind: "frame", id: this.held.keep(inFolder(folder, fields)) }, fields };
  }

  /** The Parquet files of this machine that have the rows of a source, columns as they are; undefined where there are none such. */
  async parquetRows(source: Source, fields: readonly StructField[]): Promise<readonly ParquetRows[] | undefined> {
    if (source.kind === "table") return parquetRows(await this.tables.resolveTable(source, undefined), fields);
    const files = source.kind === "frame" ? this.held.get(source.id).files : undefined;
    const columns = new Map(fields.map(({ name }) => [name, { column: name }]));
    return files?.map((path) => ({ path, columns }));
  }

  /** Lets go of the held results that a relation reads. */
  release(node: RelationNode): void {
    for (const source of sourcesOf(node)) if (source.kind === "frame") this.held.release(source.id);
  }

  /** The plan as Polars will run it. */
  async explain(relation: RelationNode): Promise<string> {
    return (await this.compiler.compile(await this.compiler.withoutEmpty(relation), this.compiler.reads())).explain();
  }

  private async run(relation: RelationNode): Promise<Frame> {
    const node = await this.compiler.withoutEmpty(relation);
    const reads = this.compiler.reads();
    const query = await this.compiler.compile(node, reads);
    if (!(await this.isLarge(node, reads))) return query.collect();
    return this.throughFiles(await this.queries(node, reads), node.fields);
  }

  private async evaluate(relation: RelationNode): Promise<HeldResult> {
    const node = await this.compiler.withoutEmpty(relation);
    const reads = this.compiler.reads();
    const query = await this.compiler.compile(node, reads);
    if (!(await this.isLarge(node, reads))) return inMemory(await query.collect());
    const queries = await this.queries(node, reads);
    if (node.op === "distinct" && queries.length === 1 && isTextOfRowWise(node) && isOfTables(node)) {
      return this.withoutRepetitions(node, reads);
    }
    const folder = newFolder(tmpdir());
    await Spill.during((spill) => streamToFiles(withFrames(queries, spill), folder));
    return inFolder(folder, node.fields);
  }

  private async withoutRepetitions(node: Distinct, reads: TablesRead): Promise<HeldResult> {
    const input = (hold: Hold): Promise<LazyFrame> =>
      this.compiler.compile(node.input, reads, { streamed: true }, hold);
    const numbers = await this.throughFiles([async (hold) => repetitions(node, await input(hold))]);
    const all = node.input.op === "scan" ? await this.compiler.rowsOf(node.input.source) : undefined;
    return {
      rows: all === undefined ? undefined : all - numbers.rows,
      lazy: async (hold) => withoutRows(node, await input(hold), hold(numbers)),
      dispose: () => undefined,
    };
  }

  /** The result of queries that need too much memory to run in it. */
  private async throughFiles(queries: readonly FramedQuery[], fields?: readonly StructField[]): Promise<Frame> {
    const folder = newFolder(tmpdir());
    try {
      await Spill.during((spill) => streamToFiles(withFrames(queries, spill), folder));
      return await readStreamed(folder, fields).collect();
    } finally {
      removeFolder(folder);
    }
  }

  /** One query, or one for each of several ranges of rows where one would hold too many rows in memory. */
  private async queries(node: RelationNode, reads: TablesRead): Promise<readonly FramedQuery[]> {
    const heavy = heavyStep(node);
    const rows = await reads.rows(node);
    const cells = rows * (heavy?.width ?? 0);
    const whole = [(hold: Hold) => this.compiler.compile(node, reads, { streamed: true }, hold)];
    if (heavy === undefined || cells <= 2 * this.limits.cellsInStep) return whole;
    const sample: Sample = (of, column) => this.sample(of, column, Math.max(1, Math.floor(rows / SAMPLE)), reads);
    const ranges = await mostRanges(node, heavy.columns, Math.ceil(cells / this.limits.cellsInStep), sample);
    const parts = ranges?.map(
      (condition): RelationNode => ({ op: "filter", input: node, condition, fields: node.fields }),
    );
    return parts?.map((part) => (hold: Hold) => this.compiler.compile(part, reads, { streamed: true }, hold)) ?? whole;
  }

  /** Every so many-th value of a column. */
  private async sample(node: RelationNode, column: string, every: number, reads: TablesRead): Promise<LazyFrame> {
    const fields = node.fields.filter((f) => f.name === column);
    const columns = fields.map(({ name, type, nullable }) => ({
      name,
      expr: { kind: "column" as const, name, type, nullable },
    }));
    const numbered = async (hold: Hold): Promise<LazyFrame> =>
      (await this.compiler.compile({ op: "project", input: node, columns, fields }, reads, { streamed: true }, hold))
        .withRowIndex(ROW)
        .filter(p.binary("Eq", p.binary("Modulus", p.cast(p.column(ROW), "long"), p.int64(every)), p.int64(0)))
        .select([p.column(column)]);
    return (await this.throughFiles([numbered], fields)).lazy();
  }

  /** True for a query over so many rows that it is streamed. The first rows of a plain scan are never many. */
  private async isLarge(node: RelationNode, reads: TablesRead): Promise<boolean> {
    return !(node.op === "limit" && isRowWise(node.input)) && (await reads.rows(node)) > this.limits.rowsInMemory;
  }

  /** The number of rows of a relation, where it is known without reading any. */
  private knownCount(node: RelationNode): Promise<number | undefined> {
    return countWithoutReading(node, (source) => this.compiler.rowsOf(source));
  }
}

/** A query that is told how frames in memory become part of it. */
type FramedQuery = (hold: Hold) => Promise<LazyFrame>;

function withFrames(queries: readonly FramedQuery[], spill: Spill): Queries {
  return queries.map((query) => () => query((frame) => spill.lazy(frame)));
}

/** True when a relation reads only what never changes: tables at a version. */
function isOfTables(node: RelationNode): boolean {
  return sourcesOf(node).every((source) => source.kind === "table");
}
