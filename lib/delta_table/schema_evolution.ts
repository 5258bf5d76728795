import { mappedMetadata } from "../delta/column_mapping.js";
import { parseSchema, serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import type { StructField, StructType } from "../types.js";

/** Whether a write may change the table's columns: `merge` adds those that only the rows have. */
export type SchemaMode = "strict" | "merge";

/** The columns with which a write leaves the table. */
export interface Evolution {
  readonly layout: { readonly schema: StructType };
  /** What the metadata changes to; undefined when it stays as it is. */
  readonly metadata:
    | { readonly schemaString: string; readonly configuration: Readonly<Record<string, string>> }
    | undefined;
}

/** The table's columns for rows with these ones. New columns are nullable and come last. */
export function evolvedFor(
  snapshot: Snapshot,
  fields: readonly StructField[],
  mode: SchemaMode | undefined,
  label: string,
): Evolution {
  const { schema } = snapshot;
  if (mode !== undefined && mode !== "merge" && mode !== "strict") {
    throw new UsageError(`${label}: unknown schemaMode`, { expected: "strict or merge", actual: String(mode) });
  }
  const known = new Set(schema.fields.map(({ name }) => name.toLowerCase()));
  const added = mode === "merge" ? fields.filter(({ name }) => !known.has(name.toLowerCase())) : [];
  return added.length === 0 ? { layout: { schema }, metadata: undefined } : withColumns(snapshot, added);
}

/** A table's columns and these, which are nullable and come last. */
export function withColumns({ schema, metadata }: Snapshot, added: readonly StructField[]): Evolution {
  const fields = [...schema.fields, ...added.map((f) => ({ ...f, nullable: true, metadata: comment(f) }))];
  return evolvedTo({ schema, metadata }, fields);
}

/** A table with these columns instead. */
export function evolvedTo(
  { metadata }: Pick<Snapshot, "schema" | "metadata">,
  fields: readonly StructField[],
): Evolution {
  const changed = { ...metadata, schemaString: serializeSchema({ type: "struct", fields }) };
  const { schemaString, configuration } = mappedMetadata(changed, metadata);
  return { layout: { schema: parseSchema(schemaString) }, metadata: { schemaString, configuration } };
}

/** Of a column's metadata only what is for people: what engines go by belongs to the table that it comes from. */
function comment({ metadata }: StructField): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(metadata).filter(([name]) => !name.startsWith("delta.")));
}
