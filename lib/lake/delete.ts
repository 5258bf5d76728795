import type { AddFile } from "../delta/actions/action.js";
import { stageFiles } from "../delta_table/data_files.js";
import type { Relation } from "../relation/relation.js";
import type { WriteResult } from "./write_result.js";
import { commitChange, fileTarget, type Target } from "./writer.js";

/** Removes the rows whose key one of the given rows has, copy-on-write: only files with such rows are rewritten. */
export async function deleteRows(target: Target, keys: Relation): Promise<WriteResult> {
  const { table, snapshot } = target;
  const removed: AddFile[] = [];
  let deleted = 0;
  for (const file of (await snapshot?.files()) ?? []) {
    const matched = await target.scanFiles([file]).select(table.key).semiJoin(keys, table.key).count();
    if (matched > 0) removed.push(file);
    deleted += matched;
  }
  const kept = target.scanFiles(removed).antiJoin(keys, table.key).select(table.columnNames);
  const staged = await stageFiles(fileTarget(target), kept.node);
  return commitChange(target, {
    operation: "DELETE",
    mode: "Delete",
    staged,
    removed,
    metrics: { deleted, written: 0 },
  });
}
