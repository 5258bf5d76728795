import { isDay } from "../clock.js";
import { RelationError } from "../errors.js";
import { type DataType, decimalOf, decimalType, formatType } from "../types.js";
import type { Kind } from "./column.js";
import type { Expr } from "./expr.js";

interface Literals {
  boolean: boolean;
  integer: number;
  long: number | bigint;
  double: number;
  /** Text for exact values: `"12.50"`. */
  decimal: string | number | bigint;
  string: string;
  /** `YYYY-MM-DD` */
  date: string;
  /** ISO instant with `Z`. */
  timestamp: string;
  /** `YYYY-MM-DD HH:MM:SS[.ffffff]` */
  timestamp_ntz: string;
  binary: never;
  list: never;
}

/** The JavaScript values that can stand for a constant of a kind. */
export type LiteralFor<K extends Kind> = Literals[K];

/**
 * A constant of the type that the place calls for. Decimals get the precision and scale that their digits need.
 * @throws RelationError when the value is not one of that type
 */
export function literalExpr(value: string | number | bigint | boolean, type: DataType): Expr {
  const text = typeof value === "boolean" ? value : String(value);
  const refuse = (expected: string): never => {
    throw new RelationError(`not a constant of type ${formatType(type)}`, {
      expected,
      actual: JSON.stringify(String(value)),
    });
  };
  if (decimalOf(type)) return decimalLiteral(String(value), refuse);
  switch (type) {
    case "boolean":
      return typeof value === "boolean" ? make(value, type) : refuse("true or false");
    case "byte":
    case "short":
    case "integer":
    case "long":
      return integerLiteral(String(text), type, refuse);
    case "float":
    case "double":
      return typeof value === "number" ? make(String(Object.is(value, -0) ? "-0" : value), type) : refuse("a number");
    case "date":
      return isDay(String(text)) ? make(text, type) : refuse("YYYY-MM-DD");
    case "timestamp_ntz":
      return isDay(String(text).slice(0, 10)) && /^.{10}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?$/.test(String(text))
        ? make(String(text).replace("T", " "), type)
        : refuse("YYYY-MM-DD HH:MM:SS[.ffffff]");
    case "timestamp":
      return isDay(String(text).slice(0, 10)) && /^.{10}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/.test(String(text))
        ? make(String(text).replace(" ", "T"), type)
        : refuse("YYYY-MM-DDTHH:MM:SS[.ffffff]Z");
    case "string":
      return typeof value === "string" ? make(value, type) : refuse("text");
    default:
      return refuse("no constants of this type");
  }
}

/**
 * A constant of exactly a type, also of a decimal's precision and scale.
 * @throws RelationError when the value is not one of that type
 */
export function typedLiteral(value: string | number | bigint | boolean, type: DataType): Expr {
  const literal = literalExpr(value, type);
  const [asked, given] = [decimalOf(type), decimalOf(literal.type)];
  if (!asked || !given || literal.kind !== "literal") return literal;
  if (given.scale > asked.scale || given.precision - given.scale > asked.precision - asked.scale) {
    throw new RelationError(`not a constant of type ${formatType(type)}`, {
      expected: formatType(type),
      actual: String(value),
    });
  }
  return { ...literal, type };
}

/** A null of a type. */
export function nullExpr(type: DataType): Expr {
  return { kind: "literal", value: null, type, nullable: true };
}

function make(value: string | boolean, type: DataType): Expr {
  return { kind: "literal", value, type, nullable: false };
}

function decimalLiteral(text: string, refuse: (expected: string) => never): Expr {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?$/.exec(text);
  if (!match || !/\d/.test(text)) return refuse("a plain decimal number");
  const whole = match[2] ?? "";
  const fraction = match[3] ?? "";
  const precision = Math.max(1, whole.length + fraction.length);
  if (precision > 38) return refuse("at most 38 digits");
  const sign = match[1] === "-" ? "-" : "";
  const digits = `${whole === "" ? "0" : whole}${fraction === "" ? "" : `.${fraction}`}`;
  return make(sign + digits, decimalType(precision, fraction.length));
}

const RANGES: Readonly<Record<string, bigint>> = {
  byte: 1n << 7n,
  short: 1n << 15n,
  integer: 1n << 31n,
  long: 1n << 63n,
};

function integerLiteral(text: string, type: DataType & string, refuse: (expected: string) => never): Expr {
  if (!/^-?\d+$/.test(text)) return refuse("a whole number");
  const limit = RANGES[type] ?? 0n;
  const value = BigInt(text);
  if (value >= limit || value < -limit) return refuse(`a value between ${-limit} and ${limit - 1n}`);
  return make(value.toString(), type);
}
