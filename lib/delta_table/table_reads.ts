import type { AddFile } from "../delta/actions/action.js";
import type { Snapshot } from "../delta/snapshot.js";
import { PolarsEngine, type TableFiles } from "../engine/polars/engine.js";
import { DeltaError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { TableSource } from "../relation/node.js";
import { type Relation, type Shape, scan } from "../relation/relation.js";
import type { Runner } from "../relation/runner.js";
import type { StructField } from "../types.js";
import { asTableFiles, filesOf, type TableLayout } from "./table_files.js";

/** The rows of a table version; files that cannot hold what the query asks for are left out. */
export function scanSnapshot<S extends Shape = Shape>(snapshot: Snapshot, runner: Runner): Relation<S> {
  return bind({ snapshot }, snapshot.schema.fields, runner);
}

/** The rows of some data files of a table version, by default with the version's columns; those that it lacks are null. */
export function scanFiles(
  snapshot: Snapshot,
  files: readonly AddFile[],
  runner: Runner,
  fields: readonly StructField[] = snapshot.schema.fields,
): Relation {
  return bind({ snapshot, files }, fields, runner);
}

/** The rows of files that the caller has described, for the table of a snapshot. */
export function scanTableFiles(
  files: TableFiles,
  snapshot: TableLayout,
  fields: readonly StructField[],
  runner: Runner,
): Relation {
  return bind({ snapshot, files }, fields, runner);
}

/** The files of a source that `scanSnapshot` or `scanFiles` has made; undefined for every other one. */
export async function resolveBound(source: TableSource, condition: Expr | undefined): Promise<TableFiles | undefined> {
  const read = reads.get(source);
  if (read === undefined) return undefined;
  if (read.files === undefined) return filesOf(read.snapshot, undefined, condition);
  return "fields" in read.files ? read.files : asTableFiles(read.snapshot, read.files);
}

/** True for sources that `scanSnapshot` and `scanFiles` have made. */
export function isBound(source: TableSource): boolean {
  return reads.has(source);
}

/** The engine of all tables that are opened without one, so that relations over several of them can be run. */
export function sharedEngine(): PolarsEngine {
  engine ??= new PolarsEngine({
    resolveTable: async (source, condition) => {
      const files = await resolveBound(source, condition);
      if (files) return files;
      throw new DeltaError(`This engine cannot read the lake's table ${source.table}`, {
        where: { table: source.table },
        remedy: "Open the Delta table with the lake's engine: DeltaTable.open(place, { engine: lake.engine })",
      });
    },
  });
  return engine;
}

/** What a source reads: all files of a version, or these. */
type BoundRead =
  | { readonly snapshot: Snapshot; readonly files?: undefined }
  | { readonly snapshot: TableLayout; readonly files: TableFiles | readonly AddFile[] };

let engine: PolarsEngine | undefined;
const reads = new WeakMap<TableSource, BoundRead>();

function bind<S extends Shape>(read: BoundRead, fields: readonly StructField[], runner: Runner): Relation<S> {
  const source: TableSource = { kind: "table", table: read.snapshot.metadata.name ?? read.snapshot.storage.uri };
  reads.set(source, read);
  return scan<S>(source, fields, runner);
}
