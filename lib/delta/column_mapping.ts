import { UnsupportedFeatureError } from "../errors.js";
import type { DataType, StructField, StructType } from "../types.js";
import type { Metadata } from "./actions/action.js";
import { parseSchema } from "./schema.js";

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

const PREFIX = "delta.columnMapping.";

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
