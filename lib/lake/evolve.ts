import type { AnyTable } from "../contract/define_table.js";
import { columnMappingMode } from "../delta/column_mapping.js";
import { serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { isWider } from "../delta_table/schema_evolution.js";
import { ContractError, UnsupportedFeatureError } from "../errors.js";
import { formatType, type StructField } from "../types.js";

/** How a stored table has to change to follow its contract. */
export interface Evolution {
  /** The schema's new text. */
  readonly schema: string;
  /** Data files hold values of a narrower type, and have to be written again. */
  readonly widens: boolean;
}

/**
 * What a stored table needs to follow its contract; undefined when it follows it already. New nullable columns are added,
 * types widen, NOT NULL may go; every other change is refused.
 * @throws ContractError naming both types and the remedy
 */
export function evolution(table: AnyTable, snapshot: Snapshot | undefined): Evolution | undefined {
  if (snapshot === undefined) return undefined;
  refuseMapped(table, snapshot);
  const stored = new Map(snapshot.schema.fields.map((f) => [f.name, f]));
  const wanted = table.schema.fields;
  for (const f of snapshot.schema.fields) {
    if (!wanted.some((w) => w.name === f.name)) refuse(table, f.name, "no such column in the contract", formatField(f));
  }
  let widens = false;
  for (const f of wanted) {
    const old = stored.get(f.name);
    if (old === undefined && !f.nullable)
      refuse(table, f.name, `${formatField(f)} in the contract`, "no such column in the table");
    if (old === undefined) continue;
    const same = formatType(old.type) === formatType(f.type);
    if (!(same || isWider(f.type, old.type)) || (old.nullable && !f.nullable)) {
      refuse(table, f.name, formatField(f), formatField(old));
    }
    widens ||= !same;
  }
  const schema = serializeSchema({ type: "struct", fields: wanted });
  return schema === serializeSchema(snapshot.schema) ? undefined : { schema, widens };
}

/** A contract knows columns by one name only. */
function refuseMapped(table: AnyTable, { metadata }: Snapshot): void {
  if (columnMappingMode(metadata) === "none") return;
  throw new UnsupportedFeatureError(
    `${table.name}: the stored table maps its columns' names, which a contract cannot`,
    {
      where: { table: table.name },
      actual: "delta.columnMapping.mode",
      remedy: "Write to it with DeltaTable, or build the table anew.",
    },
  );
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
