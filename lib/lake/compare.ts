import { Relation, type Shape } from "../relation/relation.js";
import { report } from "../run.js";
import type { WriteResult } from "./write_result.js";
import type { Target } from "./writer.js";

/**
 * How rows that were computed anew differ from those of an append-only table, which stays as it is. Columns that a step
 * computes from when it ran (the day on which a row became known, its version) are left out of account.
 */
export async function compareRows(target: Target, rows: Relation): Promise<WriteResult> {
  const { engine, table, snapshot } = target;
  const columns = Object.entries(table.columns).flatMap(([name, spec]) =>
    spec.parse.rule === "computed" ? [] : [name],
  );
  const anew = new Relation<Shape>(await engine.materialize(rows.select(columns).node), engine);
  const stored = target.scanFiles((await snapshot?.files()) ?? []).select(columns);
  const recomputed = await anew.count();
  const onlyAnew = await anew.antiJoin(stored, columns, { nullsEqual: true }).count();
  const onlyStored = await stored.antiJoin(anew, columns, { nullsEqual: true }).count();
  engine.release(anew.node);
  const differ = onlyAnew + onlyStored > 0;
  report({
    recomputed,
    messages: differ
      ? `${recomputed} rows recomputed: ${onlyAnew} are not in the table, ${onlyStored} of the table's are not among them; nothing was changed`
      : `${recomputed} rows recomputed, the table's are the same`,
  });
  return {
    table: table.name,
    version: snapshot?.version ?? -1,
    committed: false,
    metrics: { written: 0, recomputed, onlyAnew, onlyStored },
  };
}
