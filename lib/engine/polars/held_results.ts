import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RelationError } from "../../errors.js";
import { removeFolder } from "../../storage/temporary_folder.js";
import type { StructField } from "../../types.js";
import { type Frame, fromPlan, type LazyFrame } from "./native.js";
import * as p from "./polars_expr.js";
import type { Hold } from "./scan.js";
import { parquetScan } from "./scan_plan.js";

/** A result that relations read. */
export interface HeldResult {
  /** Known without reading it, or undefined. */
  readonly rows: number | undefined;
  lazy(hold: Hold): Promise<LazyFrame>;
  /** Parquet files that hold its columns, where it is in such. */
  readonly files?: readonly string[];
  dispose(): void;
}

/** Results by the ids that frame sources have. What is not released lives until the process ends. */
export class HeldResults {
  private readonly results = new Map<string, HeldResult>();
  private number = 0;

  keep(result: HeldResult): string {
    const id = `frame-${++this.number}`;
    this.results.set(id, result);
    return id;
  }

  get(id: string): HeldResult {
    const result = this.results.get(id);
    if (result) return result;
    throw new RelationError(`no frame ${id}`, {
      remedy: "materialize the relation again; a frame lives until it is released",
    });
  }

  release(id: string): void {
    this.results.get(id)?.dispose();
    this.results.delete(id);
  }
}

/** Rows in memory. */
export function inMemory(frame: Frame): HeldResult {
  return { rows: frame.rows, lazy: async (hold) => hold(frame), dispose: () => undefined };
}

/** The same rows with their numbers from 0, as a further column. */
export function numbered({ rows, lazy, dispose }: HeldResult, name: string): HeldResult {
  const number = p.alias(p.cast(p.column(name), "long"), name);
  return { rows, lazy: async (hold) => (await lazy(hold)).withRowIndex(name).withColumns([number]), dispose };
}

/** Rows in the Parquet files of a folder, which goes with them. */
export function inFolder(folder: string, fields: readonly StructField[]): HeldResult {
  const query = readStreamed(folder, fields);
  const files = filesIn(folder);
  return { rows: query.rows(), lazy: async () => query, files, dispose: () => removeFolder(folder) };
}

/** The files that a query was streamed into, as a query; their own types without `fields`. */
export function readStreamed(folder: string, fields?: readonly StructField[]): LazyFrame {
  return fromPlan(parquetScan(filesIn(folder), fields ? { fields } : {}));
}

function filesIn(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));
  return names.sort().map((name) => join(folder, name));
}
