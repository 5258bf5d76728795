import { RelationError } from "../../errors.js";
import { type DataType, decimalOf, formatType } from "../../types.js";

/** A column type in Polars' serialised notation (JSON text). Times are microseconds. */
export function polarsType(type: DataType): string {
  const decimal = decimalOf(type);
  if (decimal) return `{"Decimal":[${decimal.precision},${decimal.scale}]}`;
  if (typeof type === "string") {
    const simple = SIMPLE[type];
    if (simple !== undefined) return simple;
    throw new RelationError(`no such column type: ${type}`, { expected: Object.keys(SIMPLE).join(", "), actual: type });
  }
  switch (type.type) {
    case "array":
      return `{"List":${polarsType(type.elementType)}}`;
    case "map":
      return `{"List":{"Struct":[{"name":"key","dtype":${polarsType(type.keyType)}},{"name":"value","dtype":${polarsType(type.valueType)}}]}}`;
    case "struct":
      return `{"Struct":[${type.fields.map((f) => `{"name":${JSON.stringify(f.name)},"dtype":${polarsType(f.type)}}`).join(",")}]}`;
  }
}

/** The schema of a scan in Polars' serialised notation, from names and types in that notation. */
export function polarsSchema(columns: readonly (readonly [name: string, dtype: string])[]): string {
  const entries = columns.map(([name, dtype]) => `${JSON.stringify(name)}:${dtype}`);
  return `{"fields":{${entries.join(",")}},"metadata":null}`;
}

/** True for float and double. */
export function isFloating(type: DataType): boolean {
  return type === "float" || type === "double";
}

/** True for byte, short, integer and long. */
export function isInteger(type: DataType): boolean {
  return type === "byte" || type === "short" || type === "integer" || type === "long";
}

/** True when two types are written alike. */
export function sameType(a: DataType, b: DataType): boolean {
  return formatType(a) === formatType(b);
}

const SIMPLE: Readonly<Record<string, string>> = {
  boolean: '"Boolean"',
  byte: '"Int8"',
  short: '"Int16"',
  integer: '"Int32"',
  long: '"Int64"',
  float: '"Float32"',
  double: '"Float64"',
  string: '"String"',
  binary: '"Binary"',
  date: '"Date"',
  timestamp: '{"Datetime":["Microseconds",{"inner":"UTC"}]}',
  timestamp_ntz: '{"Datetime":["Microseconds",null]}',
  // See variant.ts.
  variant: '"String"',
  void: '"Null"',
};
