import { stopwatch } from "../clock.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import { type CommitOptions, commitChange, type TableWrite } from "./commit_change.js";
import { fileTarget } from "./data_files.js";
import { choose, extended, truth } from "./expressions.js";
import { changeMetrics } from "./metrics.js";
import { ACTION, changeRows } from "./row_changes.js";
import { type AnyCondition, conditionExpr, tableScope } from "./rules.js";
import { skippingPredicate } from "./skipping_predicate.js";
import type { TableHandle } from "./table_handle.js";

/** Removes the rows for which the condition is true, or all rows. See `DeltaTable.delete`. */
export async function deleteRows(
  table: TableHandle,
  condition: AnyCondition | undefined,
  options: CommitOptions = {},
): Promise<TableWrite> {
  const started = stopwatch();
  const snapshot = await table.forWriting();
  const target = fileTarget(table, snapshot);
  const expr = condition === undefined ? truth(true) : conditionExpr(condition, tableScope(snapshot.schema.fields));
  const predicate = skippingPredicate(expr);
  const change = await changeRows(target, snapshot, await snapshot.files(predicate), {
    mark: (rows) =>
      extended(rows, [
        { name: ACTION, expr: choose([{ when: expr, then: literalExpr("delete", "string") }], nullExpr("string")) },
      ]),
    updated: [],
  });
  return commitChange(table, snapshot, change, {
    operation: "DELETE",
    operationParameters: { predicate: predicateText(condition) },
    metrics: changeMetrics(change, started()),
    read: predicate ?? "everything",
    options,
  });
}

/** A condition as history shows it: a JSON list. */
export function predicateText(condition: unknown): string {
  if (condition === undefined) return '["true"]';
  return JSON.stringify([typeof condition === "string" ? condition : "a function of the row"]);
}
