/**
 * Column types, written as Delta writes them in a table's schema (protocol, "Schema Serialization Format"), so that a
 * schema needs no translation between a contract, a relation and the log.
 */

export type PrimitiveType =
  | "boolean"
  | "byte"
  | "short"
  | "integer"
  | "long"
  | "float"
  | "double"
  | "string"
  | "binary"
  | "date"
  /** An instant: microseconds UTC. */
  | "timestamp"
  /** A wall-clock time without zone: microseconds. */
  | "timestamp_ntz"
  /** Any value of JSON's structure, with its own type. */
  | "variant"
  /** Holds nothing but null. */
  | "void";

/** Precision 1 to 38, scale 0 to precision: `decimal(18,2)`. */
export type DecimalType = `decimal(${number},${number})`;

export interface ArrayType {
  readonly type: "array";
  readonly elementType: DataType;
  readonly containsNull: boolean;
}

export interface MapType {
  readonly type: "map";
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}

export interface StructType {
  readonly type: "struct";
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  readonly type: DataType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export type DataType = PrimitiveType | DecimalType | ArrayType | MapType | StructType;

/** Precision and scale of a decimal type; undefined for every other type. */
export function decimalOf(type: DataType): { readonly precision: number; readonly scale: number } | undefined {
  if (typeof type !== "string" || !type.startsWith("decimal")) return undefined;
  const match = /^decimal\((\d+),\s*(-?\d+)\)$/.exec(type);
  return match ? { precision: Number(match[1]), scale: Number(match[2]) } : undefined;
}

/** The decimal type of a precision and scale. */
export function decimalType(precision: number, scale: number): DecimalType {
  return `decimal(${precision},${scale})`;
}

/** A field with no metadata of its own. */
export function field(
  name: string,
  type: DataType,
  nullable = true,
  metadata: Readonly<Record<string, unknown>> = {},
): StructField {
  return { name, type, nullable, metadata };
}

/** A type as people write it in DDL: `decimal(18,2)`, `array<string>`, `struct<a: long>`. */
export function formatType(type: DataType): string {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return `array<${formatType(type.elementType)}>`;
    case "map":
      return `map<${formatType(type.keyType)}, ${formatType(type.valueType)}>`;
    case "struct":
      return `struct<${type.fields.map((f) => `${f.name}: ${formatType(f.type)}`).join(", ")}>`;
  }
}
