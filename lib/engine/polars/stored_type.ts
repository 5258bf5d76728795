import { type DataType, decimalType } from "../../types.js";
import { polarsType } from "./data_type.js";
import type { ParquetNode } from "./parquet_schema.js";

/** What Polars gives for a column of a Parquet file, or for a part of one. */
export type StoredType = StoredLeaf | StoredStruct | StoredList | StoredMap;

export interface StoredLeaf {
  readonly kind: "leaf";
  /** In Polars' serialised notation. */
  readonly dtype: string;
  /** The column type that holds these values, possibly after a cast. */
  readonly type: DataType;
  /** Times before 1677 and after 2262 are wrong, for they are counted in nanoseconds of 64 bits. */
  readonly isInt96?: true;
}

export interface StoredStruct {
  readonly kind: "struct";
  readonly dtype: string;
  readonly fields: readonly StoredField[];
}

export interface StoredList {
  readonly kind: "list";
  readonly dtype: string;
  readonly element: StoredType;
}

/** A list of structs of two fields. */
export interface StoredMap {
  readonly kind: "map";
  readonly dtype: string;
  readonly key: StoredField;
  readonly value: StoredField;
}

export interface StoredField {
  readonly name: string;
  readonly fieldId: number | undefined;
  readonly stored: StoredType;
}

/** A column of a file as a field; undefined where Polars reads it wrongly or not at all. */
export function storedField(node: ParquetNode): StoredField | undefined {
  const stored = storedType(node);
  return stored && { name: node.name, fieldId: node.fieldId, stored };
}

function storedType(node: ParquetNode): StoredType | undefined {
  if (node.repetition === "repeated") return undefined;
  if (node.children.length === 0) return storedLeaf(node);
  switch (node.logical?.kind) {
    case undefined:
      return storedStruct(node.children);
    case "list":
      return storedList(node);
    case "map":
      return storedMap(node);
    default:
      return undefined;
  }
}

function storedStruct(children: readonly ParquetNode[]): StoredStruct | undefined {
  const fields = children.map(storedField);
  if (!fields.every((field) => field !== undefined)) return undefined;
  return { kind: "struct", dtype: structType(fields), fields };
}

/** Lists of three levels (parquet-format, "Lists"); older forms look like them and mean something else. */
function storedList(node: ParquetNode): StoredList | undefined {
  const [repeated, ...others] = node.children;
  const [element, ...more] = repeated?.children ?? [];
  if (repeated?.repetition !== "repeated" || others.length > 0 || element === undefined || more.length > 0)
    return undefined;
  if (repeated.name === "array" || repeated.name === `${node.name}_tuple`) return undefined;
  const stored = storedType(element);
  return stored && { kind: "list", dtype: `{"List":${stored.dtype}}`, element: stored };
}

/** Maps that carry only the older annotation stop Polars with a panic. */
function storedMap(node: ParquetNode): StoredMap | undefined {
  const [repeated] = node.children;
  const [key, value, ...more] = (repeated?.children ?? []).map(storedField);
  if (!node.isModern || repeated?.repetition !== "repeated" || more.length > 0) return undefined;
  return key && value && { kind: "map", dtype: `{"List":${structType([key, value])}}`, key, value };
}

function structType(fields: readonly StoredField[]): string {
  return `{"Struct":[${fields.map(({ name, stored }) => `{"name":${JSON.stringify(name)},"dtype":${stored.dtype}}`).join(",")}]}`;
}

function storedLeaf({ physical, logical, length, isModern }: ParquetNode): StoredLeaf | undefined {
  switch (physical) {
    case "boolean":
    case "float":
    case "double":
      return logical === undefined ? leaf(physical) : undefined;
    case "int32":
    case "int64":
      return storedInteger(physical, logical, isModern);
    case "int96":
      return { kind: "leaf", dtype: '{"Datetime":["Nanoseconds",null]}', type: "timestamp", isInt96: true };
    case "bytes":
      if (logical === undefined) return leaf("binary");
      return logical.kind === "string" ? leaf("string") : undefined;
    case "fixed":
      if (logical?.kind !== "decimal" || (length ?? 0) > 16) return undefined;
      return leaf(decimalType(logical.precision, logical.scale));
    default:
      return undefined;
  }
}

function storedInteger(
  physical: "int32" | "int64",
  logical: ParquetNode["logical"],
  isModern: boolean,
): StoredLeaf | undefined {
  switch (logical?.kind) {
    case undefined:
      return leaf(physical === "int32" ? "integer" : "long");
    case "integer":
      return integers[`${logical.signed ? "" : "u"}${logical.bits}`];
    case "decimal":
      return leaf(decimalType(logical.precision, logical.scale));
    case "date":
      return leaf("date");
    case "timestamp": {
      const unit = { millis: "Milliseconds", micros: "Microseconds", nanos: "Nanoseconds" }[logical.unit];
      const zone = logical.utc && isModern ? '{"inner":"UTC"}' : "null";
      return {
        kind: "leaf",
        dtype: `{"Datetime":["${unit}",${zone}]}`,
        type: logical.utc ? "timestamp" : "timestamp_ntz",
      };
    }
    default:
      return undefined;
  }
}

const integers: Readonly<Record<string, StoredLeaf>> = {
  "8": leaf("byte"),
  "16": leaf("short"),
  "32": leaf("integer"),
  "64": leaf("long"),
  u8: { kind: "leaf", dtype: '"UInt8"', type: "short" },
  u16: { kind: "leaf", dtype: '"UInt16"', type: "integer" },
  u32: { kind: "leaf", dtype: '"UInt32"', type: "long" },
  u64: { kind: "leaf", dtype: '"UInt64"', type: "decimal(20,0)" },
};

function leaf(type: DataType): StoredLeaf {
  return { kind: "leaf", dtype: polarsType(type), type };
}
