import type { AddFile } from "../delta/actions/action.js";
import { decodePath } from "../delta/file_path.js";
import type { Snapshot } from "../delta/snapshot.js";
import { parseStats } from "../delta/stats.js";
import type { TableFiles } from "../engine/polars/engine.js";
import { DeltaError, UnsupportedFeatureError } from "../errors.js";
import type { Expr } from "../relation/expr.js";
import type { Storage } from "../storage/storage.js";
import { skippingPredicate } from "./skipping_predicate.js";

/** The files of a table version that may hold rows for which the condition is true; with `since`, only those added after that version. */
export async function filesOf(
  snapshot: Snapshot,
  since: number | undefined,
  condition: Expr | undefined,
): Promise<TableFiles> {
  if (since !== undefined) return asTableFiles(snapshot, await addedSince(snapshot, since));
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

async function addedSince(snapshot: Snapshot, since: number): Promise<readonly AddFile[]> {
  const changes = await snapshot.addedSince(since);
  if (changes) return changes.flatMap(({ added }) => added);
  throw new DeltaError("the log no longer holds what was added", {
    where: { version: since, path: snapshot.storage.uri },
    expected: `commits ${since + 1} to ${snapshot.version}`,
    remedy: "read the whole table",
  });
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
