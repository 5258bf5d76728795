import { DeltaError, UnsupportedFeatureError } from "../errors.js";
import type { DataType, StructField, StructType } from "../types.js";
import { isJsonObject, parseJson, stringifyJson } from "./json.js";

const PRIMITIVE =
  /^(?:boolean|byte|short|integer|long|float|double|string|binary|date|timestamp|timestamp_ntz|variant|void|decimal\(\d+, *\d+\))$/;

/** Reads a schema as the log stores it (protocol, "Schema Serialization Format"). Throws DeltaError for an unknown type. */
export function parseSchema(json: string): StructType {
  let parsed: unknown;
  try {
    parsed = parseJson(json);
  } catch (cause) {
    throw new DeltaError("The table's schema is no valid JSON", { actual: json.slice(0, 80), cause });
  }
  const type = toType(parsed, "the table");
  if (typeof type === "string" || type.type !== "struct") throw new DeltaError("The table's schema is no struct");
  return type;
}

export function serializeSchema(schema: StructType): string {
  return stringifyJson(schema);
}

/** True when a field of the schema, at any depth, satisfies the condition. */
export function someField(type: DataType, condition: (field: StructField) => boolean): boolean {
  if (typeof type === "string") return false;
  switch (type.type) {
    case "struct":
      return type.fields.some((field) => condition(field) || someField(field.type, condition));
    case "array":
      return someField(type.elementType, condition);
    case "map":
      return someField(type.keyType, condition) || someField(type.valueType, condition);
  }
}

/** True when a value of this type occurs in the type, at any depth. */
export function containsType(type: DataType, name: string): boolean {
  if (typeof type === "string") return type === name;
  switch (type.type) {
    case "struct":
      return type.fields.some((field) => containsType(field.type, name));
    case "array":
      return containsType(type.elementType, name);
    case "map":
      return containsType(type.keyType, name) || containsType(type.valueType, name);
  }
}

function toType(json: unknown, place: string): DataType {
  if (typeof json === "string" && PRIMITIVE.test(json)) return json.replace(/ /g, "") as DataType;
  if (!isJsonObject(json)) throw unknownType(json, place);
  switch (json["type"]) {
    case "struct":
      return { type: "struct", fields: list(json["fields"], place).map((field) => toField(field, place)) };
    case "array":
      return {
        type: "array",
        elementType: toType(json["elementType"], place),
        containsNull: json["containsNull"] !== false,
      };
    case "map":
      return {
        type: "map",
        keyType: toType(json["keyType"], place),
        valueType: toType(json["valueType"], place),
        valueContainsNull: json["valueContainsNull"] !== false,
      };
    default:
      throw unknownType(json["type"], place);
  }
}

function toField(json: unknown, place: string): StructField {
  if (!isJsonObject(json) || typeof json["name"] !== "string") throw unknownType(json, place);
  return {
    name: json["name"],
    type: toType(json["type"], `column ${json["name"]}`),
    nullable: json["nullable"] !== false,
    metadata: isJsonObject(json["metadata"]) ? json["metadata"] : {},
  };
}

function list(value: unknown, place: string): readonly unknown[] {
  if (!Array.isArray(value)) throw unknownType(value, place);
  return value;
}

function unknownType(value: unknown, place: string): UnsupportedFeatureError {
  return new UnsupportedFeatureError(`The schema of ${place} has a type that this engine does not know`, {
    actual: JSON.stringify(value)?.slice(0, 80),
  });
}
