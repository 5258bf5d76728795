import { type DataType, decimalOf, type StructField } from "../../types.js";
import { holdsMap } from "./annotate_footer.js";
import { polarsType } from "./data_type.js";

/**
 * The Arrow schema, in Polars' notation, of files with maps, whose entries and keys are never null; `null` for all others,
 * of which Polars knows enough.
 */
export function arrowSchema(fields: readonly StructField[]): string {
  if (!fields.some(({ type }) => holdsMap(type))) return "null";
  const entries = fields.map((f) => `${JSON.stringify(f.name)}:${arrowField(f.name, f.type)}`);
  return `{"fields":{${entries.join(",")}},"metadata":{}}`;
}

function arrowField(name: string, type: DataType, isNullable = true): string {
  return `{"name":${JSON.stringify(name)},"dtype":${arrowType(type)},"is_nullable":${isNullable},"metadata":null}`;
}

function arrowType(type: DataType): string {
  const decimal = decimalOf(type);
  if (decimal) return `{"Decimal":[${decimal.precision},${decimal.scale}]}`;
  if (typeof type === "string") return ARROW_TYPES[type] ?? polarsType(type);
  switch (type.type) {
    case "array":
      return `{"LargeList":${arrowField("item", type.elementType)}}`;
    case "map": {
      const entry = [arrowField("key", type.keyType, false), arrowField("value", type.valueType)];
      return `{"LargeList":{"name":"item","dtype":{"Struct":[${entry.join(",")}]},"is_nullable":false,"metadata":null}}`;
    }
    case "struct":
      return `{"Struct":[${type.fields.map((f) => arrowField(f.name, f.type)).join(",")}]}`;
  }
}

/** Those that Arrow calls otherwise than Polars does. */
const ARROW_TYPES: Readonly<Record<string, string>> = {
  string: '"LargeUtf8"',
  binary: '"LargeBinary"',
  date: '"Date32"',
  timestamp: '{"Timestamp":["Microsecond","UTC"]}',
  timestamp_ntz: '{"Timestamp":["Microsecond",null]}',
};
