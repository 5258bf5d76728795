import type { AnyTable } from "../contract/define_table.js";
import { serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { ContractError } from "../errors.js";
import { formatType, type StructField } from "../types.js";

/**
 * The schema text that a stored table must get to follow its contract; undefined when it follows it already. New
 * nullable columns are added; every other change is refused.
 * @throws ContractError naming both types and the remedy
 */
export function evolvedSchema(table: AnyTable, snapshot: Snapshot | undefined): string | undefined {
  if (snapshot === undefined) return undefined;
  const stored = new Map(snapshot.schema.fields.map((f) => [f.name, f]));
  const wanted = table.schema.fields;
  for (const f of snapshot.schema.fields) {
    if (!wanted.some((w) => w.name === f.name)) refuse(table, f.name, "no such column in the contract", formatField(f));
  }
  for (const f of wanted) {
    const old = stored.get(f.name);
    if (old === undefined && !f.nullable)
      refuse(table, f.name, `${formatField(f)} in the contract`, "no such column in the table");
    if (old === undefined) continue;
    if (formatType(old.type) !== formatType(f.type) || (old.nullable && !f.nullable)) {
      refuse(table, f.name, formatField(f), formatField(old));
    }
  }
  const merged = { type: "struct" as const, fields: wanted };
  const text = serializeSchema(merged);
  return text === serializeSchema(snapshot.schema) ? undefined : text;
}

function formatField(f: StructField): string {
  return `${formatType(f.type)}${f.nullable ? "" : " not null"}`;
}

function refuse(table: AnyTable, column: string, expected: string, actual: string): never {
  throw new ContractError(`${table.name}: the stored table cannot follow this change of its contract`, {
    where: { table: table.name, column },
    expected,
    actual,
    remedy:
      "add a column under a new name, or move the table's folder away and build it again (npx tslake reset clears the whole lake)",
  });
}
