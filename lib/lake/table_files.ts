import { decodePath } from "../delta/file_path.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import type { AddFile } from "../delta/actions/action.js";
import type { TableFiles } from "../engine/polars/engine.js";
import { UnsupportedFeatureError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { Storage } from "../storage/storage.js";
import { skippingPredicate } from "./predicate.js";

/** The files of a table version that may hold rows for which the condition is true. */
export async function filesOf(snapshot: Snapshot, condition: Expr | undefined): Promise<TableFiles> {
  const predicate = condition && skippingPredicate(condition);
  return asTableFiles(snapshot, await snapshot.files(predicate));
}

/** Data files of a table as the engine reads them. */
export async function asTableFiles(snapshot: Snapshot, adds: readonly AddFile[]): Promise<TableFiles> {
  return {
    files: await Promise.all(adds.map((add) => tableFile(snapshot.storage, add))),
    partitionColumns: snapshot.partitionColumns,
    fields: snapshot.schema.fields,
  };
}

async function tableFile(storage: Storage, add: AddFile): Promise<TableFiles["files"][number]> {
  if (add.deletionVector !== undefined) {
    throw new UnsupportedFeatureError("a data file has a deletion vector", {
      where: { file: add.path },
      remedy: "purge the table's deletion vectors with the engine that wrote them",
    });
  }
  const rows = parseStats(add.stats)?.numRecords;
  return {
    location: await storage.locate(decodePath(add.path)),
    partitionValues: add.partitionValues,
    ...(rows === undefined ? {} : { rows: Number(rows) }),
  };
}
