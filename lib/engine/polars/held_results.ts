import { readdirSync } from "node:fs";
import { join } from "node:path";
import { RelationError } from "../../errors.js";
import type { StructField } from "../../types.js";
import { removeFolder } from "./folders.js";
import { type Frame, fromPlan, type LazyFrame } from "./native.js";
import type { Hold } from "./scan.js";
import { parquetScan } from "./scan_plan.js";

interface StreamedResult {
  readonly folder: string;
  readonly query: LazyFrame;
  readonly rows: number;
}

/** Results that relations read: frames in memory, and Parquet files in folders of this process. */
export class HeldResults {
  private readonly frames = new Map<string, Frame>();
  private readonly streamed = new Map<string, StreamedResult>();
  private number = 0;
  private cleansUp = false;

  keep(frame: Frame): string {
    const id = this.newId();
    this.frames.set(id, frame);
    return id;
  }

  /** The folder is removed on release, at the latest when the process ends. */
  keepFiles(folder: string, fields: readonly StructField[]): string {
    if (!this.cleansUp) {
      process.once("exit", () => {
        for (const id of this.streamed.keys()) this.release(id);
      });
    }
    this.cleansUp = true;
    const id = this.newId();
    const query = readStreamed(folder, fields);
    this.streamed.set(id, { folder, query, rows: query.rows() });
    return id;
  }

  lazy(id: string, hold: Hold): LazyFrame {
    const frame = this.frames.get(id);
    if (frame) return hold(frame);
    const result = this.streamed.get(id);
    if (result) return result.query;
    throw new RelationError(`no frame ${id}`, {
      remedy: "materialize the relation again; a frame lives until it is released",
    });
  }

  rows(id: string): number | undefined {
    return this.frames.get(id)?.rows ?? this.streamed.get(id)?.rows;
  }

  release(id: string): void {
    const result = this.streamed.get(id);
    if (result) removeFolder(result.folder);
    this.streamed.delete(id);
    this.frames.delete(id);
  }

  private newId(): string {
    return `frame-${++this.number}`;
  }
}

/** The files that a query was streamed into, as a query. */
export function readStreamed(folder: string, fields: readonly StructField[]): LazyFrame {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".parquet"));
  return fromPlan(
    parquetScan(
      names.sort().map((name) => join(folder, name)),
      { fields },
    ),
  );
}
