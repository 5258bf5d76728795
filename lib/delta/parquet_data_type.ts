import type { SchemaElement, SchemaTree } from "hyparquet";
import { DeltaError } from "../errors.js";
import { type DataType, decimalType, field } from "../types.js";

/**
 * The Delta type of a column of a Parquet file, as Spark reads it. Throws DeltaError, which names column and file, where
 * there is none.
 */
export function parquetDataType(tree: SchemaTree, file: string): DataType {
  const type = typeOfOne(tree, file);
  return tree.element.repetition_type === "REPEATED" ? { type: "array", elementType: type, containsNull: false } : type;
}

function typeOfOne(tree: SchemaTree, file: string): DataType {
  const { element, children } = tree;
  if (children.length === 0) return leafType(element) ?? refuse(tree, file);
  const kind = element.logical_type?.type ?? element.converted_type;
  if (kind === "LIST") return listType(tree, file);
  if (kind === "MAP" || kind === "MAP_KEY_VALUE") return mapType(tree, file);
  if (kind !== undefined) return refuse(tree, file);
  return { type: "struct", fields: children.map((child) => field(child.element.name, parquetDataType(child, file))) };
}

/** Lists of three levels, and of two, as older writers made them (parquet-format, "Backward-compatibility rules"). */
function listType(tree: SchemaTree, file: string): DataType {
  const [repeated] = tree.children;
  if (repeated === undefined || tree.children.length !== 1) return refuse(tree, file);
  const { name } = repeated.element;
  const [element] = repeated.children;
  const isElement =
    element === undefined || repeated.children.length > 1 || name === "array" || name === `${tree.element.name}_tuple`;
  if (!isElement) return { type: "array", elementType: parquetDataType(element, file), containsNull: true };
  return { type: "array", elementType: typeOfOne(repeated, file), containsNull: false };
}

function mapType(tree: SchemaTree, file: string): DataType {
  const [key, value] = tree.children[0]?.children ?? [];
  if (key === undefined || value === undefined) return refuse(tree, file);
  return {
    type: "map",
    keyType: parquetDataType(key, file),
    valueType: parquetDataType(value, file),
    valueContainsNull: true,
  };
}

function leafType(element: SchemaElement): DataType | undefined {
  const { type, converted_type: converted, logical_type: logical, precision, scale = 0 } = element;
  if (logical?.type === "DECIMAL") return decimalType(logical.precision, logical.scale);
  if (converted === "DECIMAL" && precision !== undefined) return decimalType(precision, scale);
  switch (type) {
    case "BOOLEAN":
      return "boolean";
    case "FLOAT":
      return "float";
    case "DOUBLE":
      return "double";
    case "INT96":
      return "timestamp";
    case "INT32":
      return int32Type(element);
    case "INT64":
      return int64Type(element);
    case "BYTE_ARRAY":
      return ["UTF8", "ENUM", "JSON"].includes(converted ?? "") ||
        ["STRING", "ENUM", "JSON"].includes(logical?.type ?? "")
        ? "string"
        : "binary";
    case "FIXED_LEN_BYTE_ARRAY":
      return converted === undefined && logical === undefined ? "binary" : undefined;
    default:
      return undefined;
  }
}

function int32Type({ converted_type: converted, logical_type: logical }: SchemaElement): DataType | undefined {
  const isDate = converted === "DATE" || logical?.type === "DATE";
  const bits = logical?.type === "INTEGER" ? `${logical.isSigned ? "" : "U"}INT_${logical.bitWidth}` : converted;
  if (isDate) return "date";
  if (bits === undefined && logical !== undefined) return undefined;
  return bits === undefined
    ? "integer"
    : (
        {
          INT_8: "byte",
          INT_16: "short",
          INT_32: "integer",
          UINT_8: "short",
          UINT_16: "integer",
          UINT_32: "long",
        } as const
      )[bits as "INT_8"];
}

function int64Type({ converted_type: converted, logical_type: logical }: SchemaElement): DataType | undefined {
  if (logical?.type === "TIMESTAMP") {
    if (logical.unit === "NANOS") return undefined;
    return logical.isAdjustedToUTC ? "timestamp" : "timestamp_ntz";
  }
  if (converted === "TIMESTAMP_MILLIS" || converted === "TIMESTAMP_MICROS") return "timestamp";
  if (logical?.type === "INTEGER") return logical.isSigned ? "long" : undefined;
  return converted === undefined || converted === "INT_64" ? (logical === undefined ? "long" : undefined) : undefined;
}

function refuse({ element, path }: SchemaTree, file: string): never {
  const { type, converted_type: converted, logical_type: logical } = element;
  const kind = logical?.type === "TIMESTAMP" ? `TIMESTAMP in ${logical.unit}` : (logical?.type ?? converted);
  throw new DeltaError(`Delta has no type for the column ${path.join(".")} of ${file}`, {
    where: { file, column: path.join(".") },
    actual: [type, kind].filter(Boolean).join(" "),
    remedy: "Write the files again with a type that Delta has.",
  });
}
