import { serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import type { StructField, StructType } from "../types.js";

/** Whether a write may change the table's columns: `merge` adds those that only the rows have. */
export type SchemaMode = "strict" | "merge";

/** The columns with which a write leaves the table. */
export interface Evolution {
  readonly layout: { readonly schema: StructType };
  /** The schema's new text; undefined when it stays as it is. */
  readonly schemaString: string | undefined;
}

/** The table's columns for rows with these ones. New columns are nullable and come last. */
export function evolvedFor(
  snapshot: Snapshot,
  fields: readonly StructField[],
  mode: SchemaMode = "strict",
  label: string,
): Evolution {
  const { schema } = snapshot;
  const known = new Set(schema.fields.map(({ name }) => name.toLowerCase()));
  const added = mode === "merge" ? fields.filter(({ name }) => !known.has(name.toLowerCase())) : [];
  if (mode !== "merge" && mode !== "strict") {
    throw new UsageError(`${label}: unknown schemaMode`, { expected: "strict or merge", actual: String(mode) });
  }
  if (added.length === 0) return { layout: { schema }, schemaString: undefined };
  const evolved = withColumns(schema, added);
  return { layout: { schema: evolved }, schemaString: serializeSchema(evolved) };
}

function withColumns(schema: StructType, added: readonly StructField[]): StructType {
  return { ...schema, fields: [...schema.fields, ...added.map((f) => ({ ...f, nullable: true, metadata: {} }))] };
}
