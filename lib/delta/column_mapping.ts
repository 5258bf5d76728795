import { newId } from "../clock.js";
import { DeltaError, UnsupportedFeatureError } from "../errors.js";
import type { DataType, StructField, StructType } from "../types.js";
import type { Metadata } from "./actions/action.js";
import { parseSchema, serializeSchema } from "./schema.js";

/** How columns are found in data files (protocol, "Column Mapping"): by their own name, a physical one, or a field id. */
export type ColumnMappingMode = "none" | "name" | "id";

/** Throws UnsupportedFeatureError for a mode that is not known. */
export function columnMappingMode({ configuration }: Pick<Metadata, "configuration">): ColumnMappingMode {
  const mode = (configuration["delta.columnMapping.mode"] ?? "none").toLowerCase();
  if (mode === "none" || mode === "name" || mode === "id") return mode;
  throw new UnsupportedFeatureError(`This engine cannot read the table: it uses the column mapping mode ${mode}`, {
    expected: "none, name or id",
    actual: mode,
  });
}

/** The table's schema; physical names and ids that a table without column mapping has left over are not in it. */
export function tableSchema(metadata: Metadata): StructType {
  const schema = parseSchema(metadata.schemaString);
  return columnMappingMode(metadata) === "none" && metadata.schemaString.includes(PREFIX) ? unmapped(schema) : schema;
}

/** The name of a field, of the table or of a struct, in data files, in partition values and in statistics. */
export function physicalName({ name, metadata }: StructField): string {
  const physical = metadata[`${PREFIX}physicalName`];
  return typeof physical === "string" ? physical : name;
}

/** The Parquet field id of a field; undefined where it has none. */
export function fieldId({ metadata }: StructField): number | undefined {
  const id = metadata[`${PREFIX}id`];
  return typeof id === "number" ? id : undefined;
}

/** The schema under the names that its fields have in data files. */
export function physicalSchema(schema: StructType): StructType;
export function physicalSchema(type: DataType): DataType;
export function physicalSchema(type: DataType): DataType {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return { ...type, elementType: physicalSchema(type.elementType) };
    case "map":
      return { ...type, keyType: physicalSchema(type.keyType), valueType: physicalSchema(type.valueType) };
    case "struct":
      return {
        ...type,
        fields: type.fields.map((f) => ({ ...f, name: physicalName(f), type: physicalSchema(f.type) })),
      };
  }
}

/** The names of a table's partition columns in the log. */
export function physicalPartitionColumns(schema: StructType, partitionColumns: readonly string[]): readonly string[] {
  return partitionColumns.map((name) => {
    const found = schema.fields.find((f) => f.name === name);
    return found === undefined ? name : physicalName(found);
  });
}

/** The highest id that a column of the table has had. */
const MAX_COLUMN_ID = "delta.columnMapping.maxColumnId";

/**
 * Metadata in which every column has a name in data files and an id, if the table maps columns. Columns of a table that
 * has files already keep their names there; others get names that no column will ever have.
 */
export function mappedMetadata(metadata: Metadata, before: Metadata | undefined): Metadata {
  const mode = columnMappingMode(metadata);
  refuseChange(before === undefined ? mode : columnMappingMode(before), mode);
  if (mode === "none") return metadata;
  const keepsNames = before !== undefined && columnMappingMode(before) === "none";
  const { schema, maxColumnId } = withColumnIds(
    keepsNames ? tableSchema({ ...before, schemaString: metadata.schemaString }) : parseSchema(metadata.schemaString),
    Number(metadata.configuration[MAX_COLUMN_ID] ?? 0),
    (field) => (keepsNames ? field.name : `col-${newId()}`),
  );
  const configuration = { ...metadata.configuration, [MAX_COLUMN_ID]: String(maxColumnId) };
  return { ...metadata, schemaString: serializeSchema(schema), configuration };
}

/**
 * The schema with a name in data files and an id for every field that has none: `newName` makes the names. Answers the
 * highest id, too, which belongs into the table's properties.
 */
function withColumnIds(
  schema: StructType,
  maxColumnId: number,
  newName: (field: StructField) => string,
): { readonly schema: StructType; readonly maxColumnId: number } {
  let last = Math.max(maxColumnId, 0, ...idsIn(schema));
  const assigned = (type: DataType): DataType => {
    if (typeof type === "string") return type;
    switch (type.type) {
      case "array":
        return { ...type, elementType: assigned(type.elementType) };
      case "map":
        return { ...type, keyType: assigned(type.keyType), valueType: assigned(type.valueType) };
      case "struct":
        return { ...type, fields: type.fields.map(assignedField) };
    }
  };
  const assignedField = (f: StructField): StructField => {
    const id = fieldId(f) ?? ++last;
    const physical = f.metadata[`${PREFIX}physicalName`] ?? newName(f);
    const metadata = { ...f.metadata, [`${PREFIX}id`]: id, [`${PREFIX}physicalName`]: physical };
    return { ...f, metadata, type: assigned(f.type) };
  };
  const fields = schema.fields.map(assignedField);
  return { schema: { type: "struct", fields }, maxColumnId: last };
}

const PREFIX = "delta.columnMapping.";

/** Column mapping is never turned off, and a table that has files begins it by names: they have no ids. */
function refuseChange(before: ColumnMappingMode, after: ColumnMappingMode): void {
  if (before === after || (before === "none" && after === "name")) return;
  throw new DeltaError(`The column mapping mode cannot change from ${before} to ${after}`, {
    expected: before === "none" ? "none or name" : before,
    actual: after,
  });
}

function idsIn(type: DataType): readonly number[] {
  if (typeof type === "string") return [];
  switch (type.type) {
    case "array":
      return idsIn(type.elementType);
    case "map":
      return [...idsIn(type.keyType), ...idsIn(type.valueType)];
    case "struct":
      return type.fields.flatMap((f) => [fieldId(f) ?? 0, ...idsIn(f.type)]);
  }
}

function unmapped(type: StructType): StructType;
function unmapped(type: DataType): DataType;
function unmapped(type: DataType): DataType {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return { ...type, elementType: unmapped(type.elementType) };
    case "map":
      return { ...type, keyType: unmapped(type.keyType), valueType: unmapped(type.valueType) };
    case "struct":
      return {
        ...type,
        fields: type.fields.map((f) => ({
          ...f,
          type: unmapped(f.type),
          metadata: Object.fromEntries(Object.entries(f.metadata).filter(([key]) => !key.startsWith(PREFIX))),
        })),
      };
  }
}
