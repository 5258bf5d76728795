import { statSync } from "node:fs";
import type { Expr } from "../../relation/expr.js";
import { type RelationNode, type Source, sourcesOf, type TableSource } from "../../relation/node.js";
import { formatExpr } from "../../relation/print.js";
import type { HeldResults } from "./held_results.js";
import type { Frame } from "./native.js";
import type { TableFiles } from "./table_files.js";
import type { ValueRange } from "./value_range.js";

/** What the engine asks of the lake. */
export interface Tables {
  /** The files of a table version that may hold rows for which `filter` is true. */
  resolveTable(source: TableSource, filter: Expr | undefined): Promise<TableFiles>;
}

const BYTES_PER_RECORD = 100;
/** So few rows may be evaluated before the query that reads them. */
const FEW_ROWS = 20_000;

/** The tables that one query reads: each is looked up once for a condition, however often the query is compiled. */
export class TablesRead implements Tables {
  private readonly tables: Tables;
  private readonly held: HeldResults;
  private readonly found = new Map<TableSource, Map<string, Promise<TableFiles>>>();
  private readonly evaluated = new Map<RelationNode, Promise<Frame>>();
  private readonly ranges = new Map<Source, Map<string, Promise<ValueRange | undefined>>>();

  constructor(tables: Tables, held: HeldResults) {
    this.tables = tables;
    this.held = held;
  }

  resolveTable(source: TableSource, filter: Expr | undefined): Promise<TableFiles> {
    const ofSource = this.found.get(source) ?? new Map<string, Promise<TableFiles>>();
    this.found.set(source, ofSource);
    const condition = filter ? formatExpr(filter) : "";
    const files = ofSource.get(condition) ?? this.tables.resolveTable(source, filter);
    ofSource.set(condition, files);
    return files;
  }

  /** The range of a source's column, looked for once. */
  range(source: Source, column: string, find: () => Promise<ValueRange | undefined>): Promise<ValueRange | undefined> {
    const ofSource = this.ranges.get(source) ?? new Map<string, Promise<ValueRange | undefined>>();
    this.ranges.set(source, ofSource);
    const range = ofSource.get(column) ?? find();
    ofSource.set(column, range);
    return range;
  }

  /** The rows of a relation over a few held ones, evaluated once. */
  async few(node: RelationNode, evaluate: () => Promise<Frame>): Promise<Frame | undefined> {
    const held = sourcesOf(node).map((source) => this.heldRows(source) ?? Number.POSITIVE_INFINITY);
    if (held.reduce((sum, rows) => sum + rows, 0) > FEW_ROWS) return undefined;
    const rows = this.evaluated.get(node) ?? evaluate();
    this.evaluated.set(node, rows);
    return rows;
  }

  /** About how many rows the relation reads, after it was compiled. */
  async rows(node: RelationNode): Promise<number> {
    const others = sourcesOf(node).map((source) => this.rowsOf(source));
    const tables = await Promise.all([...this.found.values()].flatMap((ofSource) => [...ofSource.values()]));
    return [...others, ...tables.map((table) => knownRows(table) ?? 0)].reduce((sum, rows) => sum + rows, 0);
  }

  private rowsOf(source: Source): number {
    if (source.kind === "file") return statSync(source.path).size / BYTES_PER_RECORD;
    return this.heldRows(source) ?? 0;
  }

  /** The number of rows in memory or in a held result, where it is known. */
  private heldRows(source: Source): number | undefined {
    if (source.kind === "values") return source.rows.length;
    return source.kind === "frame" ? this.held.get(source.id).rows : undefined;
  }
}

/** The rows of a table's files, if the log knows them all. */
export function knownRows({ files }: TableFiles): number | undefined {
  return files.reduce<number | undefined>(
    (sum, file) => (sum === undefined || file.rows === undefined ? undefined : sum + file.rows),
    0,
  );
}
