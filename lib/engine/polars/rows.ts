import type { Value } from "../../relation/runner.js";
import { type DataType, decimalOf, type MapType, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import type { Frame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { variantValue } from "./variant.js";

export type Row = Readonly<Record<string, Value>>;

/** Every row as an object, without loss: long as bigint; decimals, dates and times as exact text. */
export function toRows(frame: Frame, fields: readonly StructField[]): readonly Row[] {
  const readable = frame
    .lazy()
    .select(fields.map((f) => p.alias(readableExpr(p.column(f.name), f.type), f.name)))
    .collectSync();
  const columns = fields.map((f) => ({
    name: f.name,
    values: readable.column(f.name).toArray(),
    read: isHandedOver(f.type) || typeof f.type === "string" ? reader(f.type) : jsonReader(f.type),
  }));
  return Array.from({ length: frame.rows }, (_, i) => {
    const row: Record<string, Value> = {};
    for (const { name, values, read } of columns) row[name] = read(values[i]);
    return row;
  });
}

/** In a form that the binding hands over exactly: it gives 64-bit integers as doubles and no decimals at all. */
function readableExpr(input: PolarsExpr, type: DataType): PolarsExpr {
  if (typeof type === "object") return isHandedOver(type) ? input : asJson(input, type);
  return readableScalar(input, type);
}

function readableScalar(input: PolarsExpr, type: DataType): PolarsExpr {
  if (decimalOf(type)) return p.cast(input, "string");
  switch (type) {
    case "long":
    case "date":
    case "timestamp":
    case "timestamp_ntz":
      return compileCast(input, type, "string", "Strict");
    case "binary":
      return p.call('{"BinaryExpr":"HexEncode"}', input);
    default:
      return input;
  }
}

/** Nested values as JSON text, for the binding hands over no structs within lists or structs. */
function asJson(input: PolarsExpr, type: DataType): PolarsExpr {
  return p.call('{"StructExpr":"JsonEncode"}', p.struct([p.alias(jsonReady(input, type), JSON_FIELD)]));
}

const JSON_FIELD = "v";

/** With every value that JSON cannot hold exactly as text. */
function jsonReady(input: PolarsExpr, type: DataType): PolarsExpr {
  if (type === "float" || type === "double") return p.cast(p.cast(input, "double"), "string");
  if (typeof type === "string") return readableScalar(input, type);
  switch (type.type) {
    case "array":
      return p.eachElement(input, jsonReady(p.ELEMENT, type.elementType));
    case "map":
      return p.eachElement(input, jsonFields(p.ELEMENT, entryFields(type)));
    case "struct":
      // The encoder writes a null struct as one of nulls.
      return jsonFields(input, type.fields, p.alias(p.isNull(input), NULL_FIELD));
  }
}

const NULL_FIELD = "\u0001null";

function jsonFields(
  input: PolarsExpr,
  fields: readonly Pick<StructField, "name" | "type">[],
  ...more: readonly PolarsExpr[]
): PolarsExpr {
  const parts = fields.map(({ name, type }) => p.alias(jsonReady(p.structField(input, name), type), name));
  return p.struct([...parts, ...more]);
}

/** True for types of which the binding hands over every value exactly. */
function isHandedOver(type: DataType): boolean {
  if (typeof type === "string") return HANDED_OVER.has(type);
  switch (type.type) {
    case "array":
      return isHandedOver(type.elementType);
    case "map":
    case "struct":
      return false;
  }
}

const HANDED_OVER: ReadonlySet<DataType> = new Set<DataType>([
  "boolean",
  "byte",
  "short",
  "integer",
  "float",
  "double",
  "string",
  "void",
]);

function entryFields({ keyType, valueType }: MapType) {
  return [
    { name: "key", type: keyType },
    { name: "value", type: valueType },
  ];
}

function reader(type: DataType): (value: unknown) => Value {
  const read = nonNullReader(type);
  return (value) => (value === null || value === undefined ? null : read(value));
}

function nonNullReader(type: DataType): (value: unknown) => Value {
  if (type === "long") return (value) => BigInt(value as string);
  if (type === "variant") return (value) => variantValue(value as string);
  if (type === "binary") return (value) => new Uint8Array(Buffer.from(value as string, "hex"));
  if (typeof type === "object" && type.type === "array") {
    const element = reader(type.elementType);
    return (value) => (value as readonly unknown[]).map(element);
  }
  return (value) => value as Value;
}

/** Reads what `asJson` has written. */
function jsonReader(type: DataType): (value: unknown) => Value {
  const read = jsonValueReader(type);
  return (value) => read((JSON.parse(value as string) as Record<string, unknown>)[JSON_FIELD]);
}

function jsonValueReader(type: DataType): (value: unknown) => Value {
  const read = nonNullJsonReader(type);
  return (value) => (value === null || value === undefined ? null : read(value));
}

function nonNullJsonReader(type: DataType): (value: unknown) => Value {
  if (type === "float" || type === "double") return (value) => NAMED_NUMBERS[value as string] ?? Number(value);
  if (typeof type === "string") return nonNullReader(type);
  switch (type.type) {
    case "array": {
      const element = jsonValueReader(type.elementType);
      return (value) => (value as readonly unknown[]).map(element);
    }
    case "map": {
      const [key, item] = [jsonValueReader(type.keyType), jsonValueReader(type.valueType)];
      return (value) => (value as readonly Entry[]).map((entry) => [key(entry.key), item(entry.value)]);
    }
    case "struct": {
      const fields = type.fields.map((field) => ({ name: field.name, read: jsonValueReader(field.type) }));
      return (value) => {
        const struct = value as Readonly<Record<string, unknown>>;
        if (struct[NULL_FIELD] === true) return null;
        return Object.fromEntries(fields.map(({ name, read }) => [name, read(struct[name])]));
      };
    }
  }
}

/** As Polars writes them. */
const NAMED_NUMBERS: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, NaN: Number.NaN };

interface Entry {
  readonly key: unknown;
  readonly value: unknown;
}
