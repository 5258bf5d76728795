import type { Expr } from "../../relation/expr.js";
import type { RelationNode, Source } from "../../relation/node.js";
import type { StructField } from "../../types.js";
import { compileRelation, type Demand, type Scans, type Sources } from "./compile_relation.js";
import type { HeldResults } from "./held_results.js";
import { withoutEmpty } from "./known_empty.js";
import type { LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import { type Hold, scanCsv, scanForeignParquet } from "./scan.js";
import { scanTable } from "./scan_table.js";
import { rangeOfValues } from "./source_range.js";
import { knownRows, type Tables, TablesRead } from "./tables_read.js";
import type { SourceRanges } from "./value_range.js";
import { valuesFrame } from "./values.js";

/** Of sources of so many rows the ranges of columns are looked at before sorting by them. */
const ROWS_TO_LOOK_AT = 500_000;

/** Compiles relations over a lake's tables, files, values and held results. */
export class Compiler {
  private readonly tables: Tables;
  private readonly held: HeldResults;

  constructor(tables: Tables, held: HeldResults) {
    this.tables = tables;
    this.held = held;
  }

  /** What one query finds out about the tables that it reads. */
  reads(): TablesRead {
    return new TablesRead(this.tables, this.held);
  }

  /** A relation as a query; `hold` makes frames in memory part of it. */
  async compile(
    node: RelationNode,
    reads: TablesRead,
    demand: Demand = {},
    hold: Hold = (frame) => frame.lazy(),
  ): Promise<LazyFrame> {
    const scan: Scans = (source, fields, conditions) => this.scan(source, fields, conditions, reads, hold);
    const ranges: SourceRanges = async (source, column) =>
      ((await this.rowsOf(source)) ?? 0) < ROWS_TO_LOOK_AT
        ? undefined
        : reads.range(source, column.name, async () => rangeOfValues(await scan(source, [column], []), column));
    const few: Sources["few"] = (of) => reads.few(of, async () => (await this.compile(of, reads)).collect());
    return compileRelation(node, { scan, ranges, few }, demand);
  }

  private async scan(
    source: Source,
    fields: readonly StructField[],
    conditions: readonly Expr[],
    reads: TablesRead,
    hold: Hold,
  ): Promise<LazyFrame> {
    switch (source.kind) {
      case "table":
        return scanTable(await reads.resolveTable(source, conjunction(conditions)), fields, hold);
      case "file":
        return source.format === "csv" ? scanCsv(source, fields, hold) : scanForeignParquet(source, fields);
      case "values":
        return valuesFrame(source, fields, hold);
      case "frame":
        return (await this.held.get(source.id).lazy(hold)).select(fields.map((f) => p.column(f.name)));
    }
  }

  /** See `known_empty.ts`. */
  withoutEmpty(node: RelationNode): Promise<RelationNode> {
    return withoutEmpty(node, async (source) => {
      if (source.kind === "table") return (await this.tables.resolveTable(source, undefined)).files.length === 0;
      return source.kind !== "file" && (await this.rowsOf(source)) === 0;
    });
  }

  /** The number of rows in a source, where it is known without reading it. */
  async rowsOf(source: Source): Promise<number | undefined> {
    switch (source.kind) {
      case "table":
        return knownRows(await this.tables.resolveTable(source, undefined));
      case "values":
        return source.rows.length;
      case "frame":
        return this.held.get(source.id).rows;
      case "file":
        return undefined;
    }
  }
}

function conjunction(conditions: readonly Expr[]): Expr | undefined {
  return conditions.reduce<Expr | undefined>(
    (all, condition) =>
      all === undefined
        ? condition
        : {
            kind: "call",
            fn: "and",
            args: [all, condition],
            type: "boolean",
            nullable: all.nullable || condition.nullable,
          },
    undefined,
  );
}
