import { mappedMetadata } from "../delta/column_mapping.js";
import { parseSchema, serializeSchema } from "../delta/schema.js";
import type { Snapshot } from "../delta/snapshot.js";
import { UsageError } from "../errors.js";
import { type DataType, decimalOf, formatType, type StructField, type StructType } from "../types.js";

/**
 * Whether a write may change the table's columns: `merge` adds those that only the rows have, and gives columns the wider
 * types of the rows where the table's property `delta.enableTypeWidening` allows that.
 */
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
  if (mode !== "merge") return { layout: { schema }, metadata: undefined };
  const known = new Set(schema.fields.map(({ name }) => name.toLowerCase()));
  const added = fields.filter(({ name }) => !known.has(name.toLowerCase()));
  const widens = snapshot.metadata.configuration["delta.enableTypeWidening"]?.toLowerCase() === "true";
  const widened = schema.fields.map((f) =>
    widens
      ? wider(
          f,
          fields.find(({ name }) => name === f.name),
        )
      : f,
  );
  const isSame = added.length === 0 && widened.every((f, i) => f === schema.fields[i]);
  if (isSame) return { layout: { schema }, metadata: undefined };
  return evolvedTo(snapshot, [...widened, ...added.map(asNew)]);
}

/** A table that has only the columns of the rows which replace all of its rows; columns of one name and type stay what they are. */
export function replacedBy(snapshot: Snapshot, fields: readonly StructField[]): Evolution {
  const kept = (f: StructField): StructField | undefined =>
    snapshot.schema.fields.find(({ name, type }) => name === f.name && formatType(type) === formatType(f.type));
  return evolvedTo(
    snapshot,
    fields.map((f) => kept(f) ?? asNew(f)),
  );
}

/** A table's columns and these, which are nullable and come last. */
export function withColumns({ schema, metadata }: Snapshot, added: readonly StructField[]): Evolution {
  return evolvedTo({ schema, metadata }, [...schema.fields, ...added.map(asNew)]);
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

/** Whether every value of one type is a value of the other: longer integers, double for float, more digits on both sides of the point. */
export function isWider(wide: DataType, narrow: DataType): boolean {
  const integers: readonly DataType[] = ["byte", "short", "integer", "long"];
  if (integers.includes(wide) && integers.includes(narrow)) return integers.indexOf(wide) > integers.indexOf(narrow);
  if (wide === "double") return narrow === "float";
  const [to, from] = [decimalOf(wide), decimalOf(narrow)];
  if (!to || !from) return false;
  return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
}

/** A column with the type of the rows, if that is wider (protocol, "Type Widening"). */
function wider(column: StructField, given: StructField | undefined): StructField {
  if (given === undefined || typeof column.type !== "string" || !isWider(given.type, column.type)) return column;
  const before = column.metadata["delta.typeChanges"];
  const changes = [...(Array.isArray(before) ? before : []), { fromType: column.type, toType: given.type }];
  return { ...column, type: given.type, metadata: { ...column.metadata, "delta.typeChanges": changes } };
}

/** A column that a table gets: of its metadata only what is for people, for what engines go by belongs to its former table. */
function asNew(f: StructField): StructField {
  const metadata = Object.fromEntries(Object.entries(f.metadata).filter(([name]) => !name.startsWith("delta.")));
  return { ...f, nullable: true, metadata };
}
