import { stopwatch } from "../clock.js";
import { literalExpr, nullExpr } from "../relation/literal.js";
import { type CommitOptions, commitChange, type TableWrite } from "./commit_change.js";
import { fileTarget } from "./data_files.js";
import { predicateText } from "./delete.js";
import { choose, columnExpr, extended, truth } from "./expressions.js";
import { withGenerated } from "./generated_columns.js";
import { refuseUpdates } from "./identity_columns.js";
import { changeMetrics } from "./metrics.js";
import { ACTION, changeRows, newName } from "./row_changes.js";
import { type AnyAssignments, type AnyCondition, assignmentExprs, conditionExpr, tableScope } from "./rules.js";
import { skippingPredicate } from "./skipping_predicate.js";
import type { TableHandle } from "./table_handle.js";

/** Sets columns of the rows for which the condition is true. See `DeltaTable.update`. */
export async function updateRows(
  table: TableHandle,
  set: AnyAssignments,
  condition: AnyCondition | undefined,
  options: CommitOptions = {},
): Promise<TableWrite> {
  const started = stopwatch();
  const snapshot = await table.forWriting();
  const target = fileTarget(table, snapshot);
  const { fields } = snapshot.schema;
  const scope = tableScope(fields);
  const expr = condition === undefined ? truth(true) : conditionExpr(condition, scope);
  const old = (name: string) => {
    const found = fields.find((f) => f.name === name);
    return found && columnExpr(found);
  };
  const given = assignmentExprs(set, scope, fields, target.label);
  refuseUpdates(given.keys(), fields, target.label);
  const values = withGenerated(given, old, fields, target.label);
  const predicate = skippingPredicate(expr);
  const change = await changeRows(target, snapshot, await snapshot.files(predicate), {
    mark: (rows) =>
      extended(rows, [
        { name: ACTION, expr: choose([{ when: expr, then: literalExpr("update", "string") }], nullExpr("string")) },
        ...[...values].map(([name, value]) => ({
          name: newName(name),
          expr: choose([{ when: expr, then: value }], nullExpr(value.type)),
        })),
      ]),
    updated: [...values.keys()],
  });
  return commitChange(table, snapshot, change, {
    operation: "UPDATE",
    operationParameters: { predicate: predicateText(condition) },
    metrics: changeMetrics(change, started()),
    read: predicate ?? "everything",
    options,
  });
}
