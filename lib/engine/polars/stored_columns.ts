import { DeltaError } from "../../errors.js";
import { type DataType, decimalOf, formatType, type StructField } from "../../types.js";
import { compileCast } from "./cast.js";
import { isInteger, polarsType } from "./data_type.js";
import type { ParquetNode } from "./parquet_schema.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type StoredField, type StoredLeaf, type StoredType, storedField } from "./stored_type.js";
import type { FieldPlace } from "./table_files.js";

/** How a field, of the table or of a struct, is found in files. */
export type PlaceOf = (field: StructField) => FieldPlace;

/** How columns of a table come out of files that have the same columns. */
export interface StoredColumns {
  /** What to read, and as what: name and type in Polars' notation. */
  readonly schema: readonly (readonly [name: string, dtype: string])[];
  /** The table's columns by name, made of these. */
  readonly columns: ReadonlyMap<string, PolarsExpr>;
  /** Columns of the table whose times are right only between 1677 and 2262; undefined below lists and maps. */
  readonly int96: readonly (readonly string[] | undefined)[];
}

/**
 * How the columns `fields` come out of files of this schema; undefined where Polars cannot read one of them. Variants are
 * read only from files that `transcode` has made.
 * @throws DeltaError when a column's stored type does not fit the table's
 */
export function storedColumns(
  nodes: readonly ParquetNode[],
  fields: readonly StructField[],
  placeOf: PlaceOf,
  isTranscoded = false,
): StoredColumns | undefined {
  checkFieldIds(nodes, fields, placeOf);
  const schema: (readonly [string, string])[] = [];
  const columns = new Map<string, PolarsExpr>();
  const int96: (readonly string[] | undefined)[] = [];
  for (const field of fields) {
    const node = findField(nodes, placeOf(field));
    if (node === undefined || field.type === "void") {
      columns.set(field.name, p.nullOf(field.type));
      continue;
    }
    const stored = isTranscoded || !containsVariant(field.type) ? storedField(node) : undefined;
    if (stored === undefined) return undefined;
    schema.push([node.name, stored.stored.dtype]);
    columns.set(field.name, reshape(p.column(node.name), stored.stored, field.type, { field, placeOf }));
    int96.push(...int96In(stored.stored, field, [field.name], placeOf));
  }
  return { schema, columns, int96 };
}

/** The field of a place; names that differ in case only are one where there is no other. */
export function findField<F extends Pick<ParquetNode, "name" | "fieldId">>(
  fields: readonly F[],
  place: FieldPlace,
): F | undefined {
  if ("id" in place) return fields.find(({ fieldId }) => fieldId === place.id);
  const exact = fields.find(({ name }) => name === place.name);
  if (exact !== undefined) return exact;
  const alike = fields.filter(({ name }) => name.toLowerCase() === place.name.toLowerCase());
  return alike.length === 1 ? alike[0] : undefined;
}

/** Where in a file the variants of these fields are, by the names of its own schema. */
export function variantPaths(
  nodes: readonly ParquetNode[],
  fields: readonly StructField[],
  placeOf: PlaceOf,
): readonly (readonly string[])[] {
  return fields.flatMap((field) => {
    const node = findField(nodes, placeOf(field));
    return node ? variantsIn(node, field.type, placeOf).map((path) => [node.name, ...path]) : [];
  });
}

function variantsIn(node: ParquetNode, type: DataType, placeOf: PlaceOf): readonly (readonly string[])[] {
  if (typeof type === "string") return type === "variant" ? [[]] : [];
  if (type.type === "struct") return variantPaths(node.children, type.fields, placeOf);
  const [repeated] = node.children;
  if (repeated === undefined) return [];
  const below = (part: ParquetNode | undefined, inner: DataType): readonly (readonly string[])[] =>
    part ? variantsIn(part, inner, placeOf).map((path) => [repeated.name, part.name, ...path]) : [];
  if (type.type === "array") return below(repeated.children[0], type.elementType);
  return [...below(repeated.children[0], type.keyType), ...below(repeated.children[1], type.valueType)];
}

/** Whether values of a stored type are values of another: what type widening allows, and other spellings of one type. */
function fits(stored: DataType, to: DataType): boolean {
  if (stored === to || (isInteger(stored) && isInteger(to))) return true;
  const decimal = decimalOf(to);
  if (decimal) {
    const from = decimalOf(stored);
    const digits = from ? from.precision - from.scale : DIGITS[formatType(stored)];
    return digits !== undefined && decimal.precision - decimal.scale >= digits && decimal.scale >= (from?.scale ?? 0);
  }
  switch (to) {
    case "double":
      return stored === "float" || stored === "byte" || stored === "short" || stored === "integer";
    case "timestamp":
      return stored === "timestamp_ntz";
    case "timestamp_ntz":
      return stored === "date";
    case "string":
      return stored === "binary";
    case "variant":
      return stored === "string";
    case "binary":
      return stored === "string";
    default:
      return false;
  }
}

/** Digits that an integer type may need. */
const DIGITS: Readonly<Record<string, number>> = { byte: 3, short: 5, integer: 10, long: 19 };

interface Context {
  readonly field: StructField;
  readonly placeOf: PlaceOf;
}

/** A file without any field id cannot tell which of its columns are the table's. */
function checkFieldIds(nodes: readonly ParquetNode[], fields: readonly StructField[], placeOf: PlaceOf): void {
  const byId = fields.filter((field) => "id" in placeOf(field));
  if (byId.length === 0 || nodes.length === 0 || nodes.some(({ fieldId }) => fieldId !== undefined)) return;
  throw new DeltaError("A data file has no field ids, by which the table finds its columns", {
    expected: byId.map(({ name }) => name).join(", "),
    actual: nodes.map(({ name }) => name).join(", "),
  });
}

function reshape(input: PolarsExpr, stored: StoredType, to: DataType, context: Context): PolarsExpr {
  if (isSame(stored, to, context.placeOf)) return input;
  if (stored.kind === "leaf" && typeof to === "string") return reshapeLeaf(input, stored, to, context.field);
  if (stored.kind === "struct" && typeof to === "object" && to.type === "struct") {
    const fields = to.fields.map((field) => {
      const part = findField(stored.fields, context.placeOf(field));
      if (part === undefined) return p.alias(p.nullOf(field.type), field.name);
      return p.alias(reshape(p.structField(input, part.name), part.stored, field.type, context), field.name);
    });
    return unlessNull(input, fields, to);
  }
  if (stored.kind === "list" && typeof to === "object" && to.type === "array")
    return p.eachElement(input, reshape(p.ELEMENT, stored.element, to.elementType, context));
  if (stored.kind === "map" && typeof to === "object" && to.type === "map") {
    const part = ({ name, stored: inner }: StoredField, type: DataType, as: string): PolarsExpr =>
      p.alias(reshape(p.structField(p.ELEMENT, name), inner, type, context), as);
    const entry = [part(stored.key, to.keyType, "key"), part(stored.value, to.valueType, "value")];
    return p.eachElement(input, p.struct(entry));
  }
  throw mismatch(context.field, stored, to);
}

/** A struct of these fields where the one that they come from is not null. */
function unlessNull(input: PolarsExpr, fields: readonly PolarsExpr[], type: DataType): PolarsExpr {
  if (fields.length === 0) return input;
  return p.choose(p.isNull(input), p.nullOf(type), p.struct(fields));
}

function reshapeLeaf(input: PolarsExpr, stored: StoredLeaf, to: DataType, field: StructField): PolarsExpr {
  if (!fits(stored.type, to)) throw mismatch(field, stored, to);
  if (stored.type === "timestamp" || stored.type === "timestamp_ntz")
    return to === "timestamp" && !stored.dtype.includes("UTC")
      ? p.cast(p.cast(input, "timestamp_ntz"), to)
      : p.cast(input, to);
  if (stored.type === "date") return p.cast(input, to);
  const plain = stored.dtype === polarsType(stored.type) ? input : p.cast(input, stored.type);
  if (to === "variant") return plain;
  if (stored.type === "binary" || stored.type === "string") return p.cast(plain, to);
  return compileCast(plain, stored.type, to, "Strict");
}

/** True when Polars gives the column as the table has it, so that nothing needs to be done. */
function isSame(stored: StoredType, to: DataType, placeOf: PlaceOf): boolean {
  if (stored.kind === "leaf") return typeof to === "string" && stored.dtype === polarsType(to);
  if (typeof to === "string") return false;
  switch (to.type) {
    case "array":
      return stored.kind === "list" && isSame(stored.element, to.elementType, placeOf);
    case "map":
      return (
        stored.kind === "map" &&
        stored.key.name === "key" &&
        stored.value.name === "value" &&
        isSame(stored.key.stored, to.keyType, placeOf) &&
        isSame(stored.value.stored, to.valueType, placeOf)
      );
    case "struct":
      return (
        stored.kind === "struct" &&
        stored.fields.length === to.fields.length &&
        to.fields.every((field, i) => {
          const part = stored.fields[i];
          const isHere = part !== undefined && findField(stored.fields, placeOf(field)) === part;
          return isHere && part.name === field.name && isSame(part.stored, field.type, placeOf);
        })
      );
  }
}

function containsVariant(type: DataType): boolean {
  if (typeof type === "string") return type === "variant";
  switch (type.type) {
    case "array":
      return containsVariant(type.elementType);
    case "map":
      return containsVariant(type.keyType) || containsVariant(type.valueType);
    case "struct":
      return type.fields.some((field) => containsVariant(field.type));
  }
}

function int96In(
  stored: StoredType,
  field: Pick<StructField, "type">,
  path: readonly string[] | undefined,
  placeOf: PlaceOf,
): readonly (readonly string[] | undefined)[] {
  const { type } = field;
  if (stored.kind === "leaf") return stored.isInt96 ? [path] : [];
  if (typeof type === "string") return [];
  if (stored.kind === "struct" && type.type === "struct")
    return type.fields.flatMap((inner) => {
      const part = findField(stored.fields, placeOf(inner));
      return part ? int96In(part.stored, inner, path && [...path, inner.name], placeOf) : [];
    });
  if (stored.kind === "list" && type.type === "array")
    return int96In(stored.element, { type: type.elementType }, undefined, placeOf);
  if (stored.kind === "map" && type.type === "map")
    return [
      ...int96In(stored.key.stored, { type: type.keyType }, undefined, placeOf),
      ...int96In(stored.value.stored, { type: type.valueType }, undefined, placeOf),
    ];
  return [];
}

function mismatch(field: StructField, stored: StoredType, to: DataType): DeltaError {
  return new DeltaError(`The column ${field.name} of a data file has a type that cannot be read as the table's`, {
    where: { column: field.name },
    expected: formatType(to),
    actual: stored.kind === "leaf" ? formatType(stored.type) : stored.kind,
  });
}
