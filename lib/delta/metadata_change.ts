import type { DataType, StructType } from "../types.js";
import type { Metadata } from "./actions/action.js";
import { stringifyJson } from "./json.js";
import { parseSchema } from "./schema.js";

/**
 * True when data files that were written under `before` are valid under `after` as they are: only names, comments,
 * nullable columns, looser nullability and properties other than Delta's own may differ.
 */
export function isCompatibleChange(before: Metadata, after: Metadata): boolean {
  return (
    before.partitionColumns.join("\n") === after.partitionColumns.join("\n") &&
    deltaProperties(before) === deltaProperties(after) &&
    (before.schemaString === after.schemaString ||
      extendsStruct(parseSchema(before.schemaString), parseSchema(after.schemaString)))
  );
}

function deltaProperties({ configuration }: Metadata): string {
  const properties = Object.entries(configuration).filter(([name]) => name.startsWith("delta."));
  return stringifyJson(properties.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** True when every field is still there, of a type that takes all its values, and what came new may be null. */
function extendsStruct(before: StructType, after: StructType): boolean {
  const fields = new Map(after.fields.map((field) => [field.name, field]));
  for (const old of before.fields) {
    const now = fields.get(old.name);
    if (now === undefined || !extendsType(old.type, now.type) || (old.nullable && !now.nullable)) return false;
    if (rules(old.metadata) !== rules(now.metadata)) return false;
    fields.delete(old.name);
  }
  return [...fields.values()].every((field) => field.nullable && rules(field.metadata) === "[]");
}

function extendsType(before: DataType, after: DataType): boolean {
  if (typeof before === "string" || typeof after === "string") return before === after;
  if (before.type === "struct") return after.type === "struct" && extendsStruct(before, after);
  if (before.type === "array") {
    return (
      after.type === "array" &&
      (after.containsNull || !before.containsNull) &&
      extendsType(before.elementType, after.elementType)
    );
  }
  return (
    after.type === "map" &&
    (after.valueContainsNull || !before.valueContainsNull) &&
    extendsType(before.keyType, after.keyType) &&
    extendsType(before.valueType, after.valueType)
  );
}

/** What a column's metadata says to engines: generated, identity, invariants, column mapping. */
function rules(metadata: Readonly<Record<string, unknown>>): string {
  return stringifyJson(Object.entries(metadata).filter(([name]) => name.startsWith("delta.")));
}
