import type { DataType, StructField } from "../../types.js";
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
