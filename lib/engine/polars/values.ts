import type { ValuesSource } from "../../relation/node.js";
import type { DataType, StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import { polarsType } from "./data_type.js";
import { type LazyFrame, textFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Hold } from "./scan.js";

/** Rows that were written down. */
export function valuesFrame(source: ValuesSource, fields: readonly StructField[], hold: Hold): LazyFrame {
  const columns = fields.map((f, i) => ({ name: f.name, values: source.rows.map((row) => toText(row[i] ?? null)) }));
  return hold(textFrame(columns)).select(fields.map((f) => p.alias(valueOf(p.column(f.name), f.type), f.name)));
}

function toText(value: string | boolean | null): string | null {
  return typeof value === "boolean" ? String(value) : value;
}

function valueOf(text: PolarsExpr, type: DataType): PolarsExpr {
  if (typeof type === "string") return typed(text, type);
  return typed(p.stringCall(`{"JsonDecode":{"Literal":${polarsType(inTexts(type))}}}`, text), type);
}

/** The value in the column's type, of one that has texts in the place of everything that is not nested. */
function typed(value: PolarsExpr, type: DataType): PolarsExpr {
  if (type === "binary") return p.stringCall('{"HexDecode":true}', value);
  if (typeof type === "string") return compileCast(value, "string", type, "Strict");
  switch (type.type) {
    case "array":
      return p.eachElement(value, typed(p.ELEMENT, type.elementType));
    case "map": {
      const part = (name: string, inner: DataType) => p.alias(typed(p.structField(p.ELEMENT, name), inner), name);
      return p.eachElement(value, p.struct([part("key", type.keyType), part("value", type.valueType)]));
    }
    case "struct": {
      const fields = type.fields.map((f) => p.alias(typed(p.structField(value, f.name), f.type), f.name));
      return p.choose(p.isNull(value), p.nullOf(type), p.struct(fields));
    }
  }
}

function inTexts(type: DataType): DataType {
  if (typeof type === "string") return "string";
  switch (type.type) {
    case "array":
      return { ...type, elementType: inTexts(type.elementType) };
    case "map":
      return { ...type, keyType: inTexts(type.keyType), valueType: inTexts(type.valueType) };
    case "struct":
      return { ...type, fields: type.fields.map((f) => ({ ...f, type: inTexts(f.type) })) };
  }
}
