import { type DataType, decimalOf, type StructField } from "../../types.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";

/** What a field is called in files, and its Parquet field id, if it has one. */
export interface StoredName {
  readonly name: string;
  readonly id?: number | undefined;
}

/** The names of fields, of the table and of structs, in files. */
export type NameOf = (field: StructField) => StoredName;

/** The fields as files have them. */
export function storedFields(fields: readonly StructField[], nameOf: NameOf): readonly StructField[] {
  return fields.map((f) => ({ ...f, name: nameOf(f).name, type: storedType(f.type, nameOf) }));
}

/** The table's columns under the names that they have in files. */
export function storedColumns(fields: readonly StructField[], nameOf: NameOf): readonly PolarsExpr[] {
  return fields.map((f) => p.alias(renamed(p.column(f.name), f.type, nameOf), nameOf(f).name));
}

/** The Arrow schema, in Polars' notation, that gives files the ids of their fields; `null` where no field has one. */
export function arrowSchema(fields: readonly StructField[], nameOf: NameOf): string {
  if (fields.every((f) => nameOf(f).id === undefined)) return "null";
  const entries = fields.map((f) => `${JSON.stringify(nameOf(f).name)}:${arrowField(f, nameOf)}`);
  return `{"fields":{${entries.join(",")}},"metadata":{}}`;
}

function storedType(type: DataType, nameOf: NameOf): DataType {
  if (typeof type === "string") return type;
  switch (type.type) {
    case "array":
      return { ...type, elementType: storedType(type.elementType, nameOf) };
    case "map":
      return { ...type, keyType: storedType(type.keyType, nameOf), valueType: storedType(type.valueType, nameOf) };
    case "struct":
      return { ...type, fields: storedFields(type.fields, nameOf) };
  }
}

function renamed(input: PolarsExpr, type: DataType, nameOf: NameOf): PolarsExpr {
  if (isNamedAsStored(type, nameOf) || typeof type === "string") return input;
  switch (type.type) {
    case "array":
      return p.eachElement(input, renamed(p.ELEMENT, type.elementType, nameOf));
    case "map":
      return p.eachElement(
        input,
        p.struct([
          p.alias(renamed(p.structField(p.ELEMENT, "key"), type.keyType, nameOf), "key"),
          p.alias(renamed(p.structField(p.ELEMENT, "value"), type.valueType, nameOf), "value"),
        ]),
      );
    case "struct": {
      const fields = type.fields.map((f) =>
        p.alias(renamed(p.structField(input, f.name), f.type, nameOf), nameOf(f).name),
      );
      return p.choose(p.isNull(input), p.nullOf(storedType(type, nameOf)), p.struct(fields));
    }
  }
}

function isNamedAsStored(type: DataType, nameOf: NameOf): boolean {
  if (typeof type === "string") return true;
  switch (type.type) {
    case "array":
      return isNamedAsStored(type.elementType, nameOf);
    case "map":
      return isNamedAsStored(type.keyType, nameOf) && isNamedAsStored(type.valueType, nameOf);
    case "struct":
      return type.fields.every((f) => nameOf(f).name === f.name && isNamedAsStored(f.type, nameOf));
  }
}

function arrowField(field: StructField, nameOf: NameOf): string {
  const { name, id } = nameOf(field);
  const metadata = id === undefined ? "null" : `{"PARQUET:field_id":"${id}"}`;
  return `{"name":${JSON.stringify(name)},"dtype":${arrowType(field.type, nameOf)},"is_nullable":true,"metadata":${metadata}}`;
}

function arrowType(type: DataType, nameOf: NameOf): string {
  const decimal = decimalOf(type);
  if (decimal) return `{"Decimal":[${decimal.precision},${decimal.scale}]}`;
  if (typeof type === "string") return ARROW_TYPES[type] ?? '"Null"';
  const item = (inner: DataType): string =>
    `{"name":"item","dtype":${arrowType(inner, nameOf)},"is_nullable":true,"metadata":null}`;
  switch (type.type) {
    case "array":
      return `{"LargeList":${item(type.elementType)}}`;
    case "map": {
      const entry = [
        { name: "key", type: type.keyType, nullable: true, metadata: {} },
        { name: "value", type: type.valueType, nullable: true, metadata: {} },
      ];
      return `{"LargeList":${item({ type: "struct", fields: entry })}}`;
    }
    case "struct":
      return `{"Struct":[${type.fields.map((f) => arrowField(f, nameOf)).join(",")}]}`;
  }
}

const ARROW_TYPES: Readonly<Record<string, string>> = {
  boolean: '"Boolean"',
  byte: '"Int8"',
  short: '"Int16"',
  integer: '"Int32"',
  long: '"Int64"',
  float: '"Float32"',
  double: '"Float64"',
  string: '"LargeUtf8"',
  binary: '"LargeBinary"',
  date: '"Date32"',
  timestamp: '{"Timestamp":["Microsecond","UTC"]}',
  timestamp_ntz: '{"Timestamp":["Microsecond",null]}',
};
