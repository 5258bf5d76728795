import type { SchemaElement, SchemaTree } from "hyparquet";
import { StorageError } from "../../errors.js";
import { decodeVariant, type VariantText, variantFields, variantNames, variantText } from "./variant.js";

/**
 * What makes texts (see variant.ts) of the stored groups of a variant column: `metadata` and `value` in binary form, and
 * what was taken out of it into columns of their own (parquet-format, "Variant Shredding"). Lists come as `list` and
 * `element` groups, leaves as Parquet stores them.
 */
export function variantReader({ children, element }: SchemaTree): (group: unknown) => VariantText | null {
  const typed = children.find(({ element: { name } }) => name === "typed_value");
  if (!children.some(({ element: { name } }) => name === "metadata"))
    throw new StorageError(`The column ${element.name} is no variant`, { expected: "a group with metadata and value" });
  const read = typed && typedReader(typed);
  return (group) => {
    if (group === null || group === undefined) return null;
    const { metadata, value, typed_value: shredded } = group as Group;
    if (!(metadata instanceof Uint8Array)) return null;
    return together(value, shredded, read, variantNames(metadata)) ?? variantText.null;
  };
}

/** The parts of a variant, or of one of its fields and items; each may be absent. */
interface Group {
  readonly metadata?: unknown;
  readonly value?: unknown;
  readonly typed_value?: unknown;
}

type TypedReader = (typed: unknown, value: unknown, names: readonly string[]) => VariantText;

/** Undefined where neither part is there: the value is absent. */
function together(
  value: unknown,
  shredded: unknown,
  read: TypedReader | undefined,
  names: readonly string[],
): VariantText | undefined {
  if (read !== undefined && shredded !== null && shredded !== undefined) return read(shredded, value, names);
  return value instanceof Uint8Array ? decodeVariant(value, names) : undefined;
}

function typedReader(tree: SchemaTree): TypedReader {
  const { element, children } = tree;
  if (children.length === 0) return leafReader(element);
  if (element.converted_type === "LIST" || element.logical_type?.type === "LIST") return itemsReader(tree);
  const fields = children.map((child) => ({ name: child.element.name, read: partReader(child) }));
  return (typed, value, names) => {
    const rest = value instanceof Uint8Array ? variantFields(value, names) : undefined;
    const found = new Map(rest ?? []);
    for (const { name, read } of fields) {
      const text = read((typed as Readonly<Record<string, unknown>>)[name], names);
      if (text !== undefined) found.set(name, text);
    }
    return variantText.object(found);
  };
}

function itemsReader(tree: SchemaTree): TypedReader {
  const repeated = tree.children[0];
  const item = repeated?.children[0];
  if (repeated === undefined || item === undefined)
    throw new StorageError("A variant's list has no items in the file's schema");
  const read = partReader(item);
  return (typed, _, names) => {
    const list = (typed as Readonly<Record<string, unknown>>)[repeated.element.name];
    const entries = (Array.isArray(list) ? list : []) as readonly Readonly<Record<string, unknown>>[];
    return variantText.array(entries.map((entry) => read(entry[item.element.name], names) ?? variantText.null));
  };
}

/** A field or an item: a group of a value in binary form and a shredded one. */
function partReader({ children }: SchemaTree): (group: unknown, names: readonly string[]) => VariantText | undefined {
  const typed = children.find(({ element: { name } }) => name === "typed_value");
  const read = typed && typedReader(typed);
  return (group, names) => {
    const { value, typed_value: shredded } = (group ?? {}) as Group;
    return together(value, shredded, read, names);
  };
}

function leafReader({ type, converted_type: converted, logical_type: logical, scale }: SchemaElement): TypedReader {
  const leaf = <T>(convert: (value: T) => VariantText): TypedReader => {
    return (typed) => convert(typed as T);
  };
  if (converted === "DECIMAL" || logical?.type === "DECIMAL") {
    const digits = (logical?.type === "DECIMAL" ? logical.scale : scale) ?? 0;
    return leaf((value: number | bigint | Uint8Array) => variantText.decimal(unscaledDecimal(value), digits));
  }
  if (logical?.type === "TIMESTAMP") {
    const { isAdjustedToUTC: utc, unit } = logical;
    if (unit !== "MICROS") throw unknown(`TIMESTAMP of ${unit}`);
    return leaf((micros: bigint) => variantText.timestamp(micros, utc));
  }
  if (converted === "TIMESTAMP_MICROS") return leaf((micros: bigint) => variantText.timestamp(micros, true));
  if (converted === "DATE" || logical?.type === "DATE") return leaf(variantText.date);
  if (logical?.type === "UUID") return leaf(variantText.uuid);
  switch (type) {
    case "BOOLEAN":
      return leaf(variantText.boolean);
    case "INT32":
    case "INT64":
      if (logical !== undefined && logical.type !== "INTEGER") throw unknown(logical.type);
      return leaf(variantText.integer);
    case "FLOAT":
    case "DOUBLE":
      return leaf(variantText.double);
    case "BYTE_ARRAY": {
      const isText = converted === "UTF8" || logical?.type === "STRING";
      return isText ? leaf(variantText.text) : leaf(variantText.binary);
    }
    default:
      throw unknown(String(type));
  }
}

/** A decimal's digits as Parquet stores them: an integer, or a big-endian number of any length. */
export function unscaledDecimal(value: number | bigint | Uint8Array): bigint {
  if (typeof value !== "object") return BigInt(value);
  if (value.length === 0) return 0n;
  return BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString("hex")}`));
}

function unknown(type: string): StorageError {
  return new StorageError(`A variant holds values of the Parquet type ${type}, which this engine does not know`);
}
