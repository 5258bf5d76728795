import type { DataType } from "../../types.js";
import { polarsType } from "./data_type.js";

declare const brand: unique symbol;

/**
 * An expression in Polars' own serialised plan language (JSON text). Text costs nothing to build and reaches every
 * function that the native library was compiled with, whereas one wrapper object of the binding costs about 0.85 ms.
 */
export type PolarsExpr = string & { readonly [brand]: true };

export type BinaryOperator =
  | "Eq"
  | "EqValidity"
  | "NotEq"
  | "NotEqValidity"
  | "Lt"
  | "LtEq"
  | "Gt"
  | "GtEq"
  | "Plus"
  | "Minus"
  | "Multiply"
  | "TrueDivide"
  | "FloorDivide"
  | "Modulus"
  | "And"
  | "Or";

/** How a cast treats a value that does not fit: stop the query, or give null. */
export type CastMode = "Strict" | "NonStrict";

/** Polars' integer type of 128 bits, for intermediate results only: no column has it. */
export type PhysicalType = DataType | "Int128" | "UInt32" | "UInt64";

export function column(name: string): PolarsExpr {
  return expr(`{"Column":${JSON.stringify(name)}}`);
}

/** A constant in Polars' notation of scalars, for instance `scalar("Int64", "5")`. */
export function scalar(type: string, json: string): PolarsExpr {
  return expr(`{"Literal":{"Scalar":{"${type}":${json}}}}`);
}

export function text(value: string): PolarsExpr {
  return scalar("String", JSON.stringify(value));
}

export function boolean(value: boolean): PolarsExpr {
  return scalar("Boolean", String(value));
}

export function int64(value: number | bigint | string): PolarsExpr {
  return scalar("Int64", String(value));
}

export function int32(value: number | string): PolarsExpr {
  return scalar("Int32", String(value));
}

export function int128(value: number | bigint): PolarsExpr {
  return cast(text(String(value)), "Int128");
}

export function nullOf(type: PhysicalType): PolarsExpr {
  return scalar("Null", physical(type));
}

export function binary(op: BinaryOperator, left: PolarsExpr, right: PolarsExpr): PolarsExpr {
  return expr(`{"BinaryExpr":{"left":${left},"op":"${op}","right":${right}}}`);
}

export function cast(input: PolarsExpr, type: PhysicalType, mode: CastMode = "Strict"): PolarsExpr {
  return expr(`{"Cast":{"expr":${input},"dtype":{"Literal":${physical(type)}},"options":"${mode}"}}`);
}

/** A call of a function by its name and options in Polars' notation. */
export function call(fn: string, ...args: readonly PolarsExpr[]): PolarsExpr {
  return expr(`{"Function":{"input":[${args.join(",")}],"function":${fn}}}`);
}

export function stringCall(fn: string, ...args: readonly PolarsExpr[]): PolarsExpr {
  return call(`{"StringExpr":${fn}}`, ...args);
}

/** Texts one behind the other; null where one of them is. */
export function joined(...parts: readonly PolarsExpr[]): PolarsExpr {
  return concat(parts, "", false);
}

export function concat(parts: readonly PolarsExpr[], separator: string, skipNulls: boolean): PolarsExpr {
  return stringCall(
    `{"ConcatHorizontal":{"delimiter":${JSON.stringify(separator)},"ignore_nulls":${skipNulls}}}`,
    ...parts,
  );
}

/** Whether a text has a match of a regular expression. */
export function matches(input: PolarsExpr, pattern: PolarsExpr): PolarsExpr {
  return stringCall('{"Contains":{"literal":false,"strict":true}}', input, pattern);
}

export function contains(input: PolarsExpr, part: PolarsExpr): PolarsExpr {
  return stringCall('{"Contains":{"literal":true,"strict":true}}', input, part);
}

export function absolute(input: PolarsExpr): PolarsExpr {
  return call('"Abs"', input);
}

export function temporalCall(fn: string, ...args: readonly PolarsExpr[]): PolarsExpr {
  return call(`{"TemporalExpr":${fn}}`, ...args);
}

export function listCall(fn: string, ...args: readonly PolarsExpr[]): PolarsExpr {
  return call(`{"ListExpr":${fn}}`, ...args);
}

/** `then` where the condition is true; `otherwise` where it is false or null. */
export function choose(condition: PolarsExpr, then: PolarsExpr, otherwise: PolarsExpr): PolarsExpr {
  return expr(`{"Ternary":{"predicate":${condition},"truthy":${then},"falsy":${otherwise}}}`);
}

/** Null in place of a value; as SQL's NULLIF. */
export function nullIf(input: PolarsExpr, value: PolarsExpr, type: PhysicalType): PolarsExpr {
  return choose(binary("Eq", input, value), nullOf(type), input);
}

/** An aggregate in Polars' notation, for instance `aggregate("Sum", x)`. */
export function aggregate(fn: string, input: PolarsExpr): PolarsExpr {
  return expr(`{"Agg":{"${fn}":${input}}}`);
}

/** The least value; NaN is passed over where there are others. */
export function min(input: PolarsExpr): PolarsExpr {
  return expr(`{"Agg":{"Min":{"input":${input},"propagate_nans":false}}}`);
}

/** The greatest value; NaN is passed over where there are others. */
export function max(input: PolarsExpr): PolarsExpr {
  return expr(`{"Agg":{"Max":{"input":${input},"propagate_nans":false}}}`);
}

/** The number of values that are not null. */
export function count(input: PolarsExpr): PolarsExpr {
  return expr(`{"Agg":{"Count":{"input":${input},"include_nulls":false}}}`);
}

/** The number of rows. */
export function rows(): PolarsExpr {
  return expr('{"Len":null}');
}

export function alias(input: PolarsExpr, name: string): PolarsExpr {
  return expr(`{"Alias":[${input},${JSON.stringify(name)}]}`);
}

export function isNull(input: PolarsExpr): PolarsExpr {
  return call('{"Boolean":"IsNull"}', input);
}

export function isNotNull(input: PolarsExpr): PolarsExpr {
  return call('{"Boolean":"IsNotNull"}', input);
}

export function not(input: PolarsExpr): PolarsExpr {
  return call('{"Boolean":"Not"}', input);
}

export function isNaN(input: PolarsExpr): PolarsExpr {
  return call('{"Boolean":"IsNan"}', input);
}

export function fillNull(input: PolarsExpr, value: PolarsExpr): PolarsExpr {
  return call('"FillNull"', input, value);
}

export function shift(input: PolarsExpr, rowsBack: number): PolarsExpr {
  return call('"Shift"', input, int64(rowsBack));
}

export function forwardFill(input: PolarsExpr): PolarsExpr {
  return call('{"FillNullWithStrategy":{"Forward":null}}', input);
}

/** Row numbers from 0, as Int64. */
export function rowIndex(): PolarsExpr {
  return call('{"Range":{"IntRange":{"step":1,"dtype":{"Literal":"Int64"}}}}', int64(0), rows());
}

/** A struct of named expressions; never null. */
export function struct(fields: readonly PolarsExpr[]): PolarsExpr {
  return call('"AsStruct"', ...fields);
}

/** A field of a struct. */
export function structField(input: PolarsExpr, name: string): PolarsExpr {
  return call(`{"StructExpr":{"FieldByName":${JSON.stringify(name)}}}`, input);
}

/** A function over the rows of equal keys. Slow on many groups: only where no running form is exact. */
export function over(input: PolarsExpr, partitionBy: readonly PolarsExpr[]): PolarsExpr {
  return expr(
    `{"Over":{"function":${input},"partition_by":[${partitionBy.join(",")}],"order_by":null,"mapping":"GroupsToRows"}}`,
  );
}

/**
 * An expression over the elements of each list. The lists are brought into one piece: over several pieces none of which holds
 * an element Polars 0.53 ends the process.
 */
export function eachElement(list: PolarsExpr, evaluation: PolarsExpr): PolarsExpr {
  return expr(`{"Eval":{"expr":${call('"Rechunk"', list)},"evaluation":${evaluation},"variant":"List"}}`);
}

/** Inside `eachElement`: the elements. */
export const ELEMENT = expr('"Element"');

/** An expression that the binding has made and serialised. */
export function fromNative(json: Buffer): PolarsExpr {
  return expr(json.toString());
}

function physical(type: PhysicalType): string {
  return type === "Int128" || type === "UInt32" || type === "UInt64" ? `"${type}"` : polarsType(type);
}

function expr(json: string): PolarsExpr {
  return json as PolarsExpr;
}
