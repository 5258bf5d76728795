import { createHash } from "node:crypto";
import type { AnyTable } from "../contract/define_table.js";
import { formatExpr } from "../relation/print.js";

/**
 * A digest of what decides a step's result besides its sources: the notebook's code cells and the table's contract.
 * Outputs and prose change nothing, nor does the library: a new release must not rebuild every lake.
 * @returns 32 hexadecimal digits
 */
export function codeHash(codeCells: readonly string[], table: AnyTable): string {
  const digest = createHash("sha256");
  digest
    .update(JSON.stringify(codeCells))
    .update("\0")
    .update(JSON.stringify(contractValue(table)));
  return digest.digest("hex").slice(0, 32);
}

/** A contract as plain values, always in the same order: equal contracts give equal JSON. */
function contractValue(table: AnyTable): unknown {
  return {
    name: table.name,
    description: table.description,
    grain: table.grain,
    columns: Object.entries(table.columns).map(([name, spec]) => ({
      name,
      type: spec.type,
      nullable: spec.nullable,
      description: spec.description,
      from: spec.from ?? name,
      parse: spec.parse,
      empty: spec.empty ?? null,
    })),
    reads: [...table.reads].sort(),
    landing: table.landing ?? null,
    key: table.key,
    partitionBy: table.partitionBy,
    calendar: table.calendar ?? null,
    write: table.write,
    drift: table.drift,
    unparsable: table.unparsable,
    expectations: table.expectations.map(({ name, severity, condition }) => ({
      name,
      severity,
      condition: formatExpr(condition.expr),
    })),
    properties: Object.entries(table.properties).sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}
