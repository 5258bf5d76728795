import { type DataType, decimalOf } from "../../types.js";
import { isFloating } from "./data_type.js";
import { addDecimals, multiplyDecimals, roundDecimal } from "./decimal.js";
import type { DecimalOperand } from "./digits.js";
import type { PhysicalType, PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import type { Bind } from "./stages.js";
import { divide as divideDecimals, remainder } from "./wide_decimal.js";

/**
 * Arithmetic whose overflow is an error. Polars wraps around silently, so integers are computed in the next wider type
 * and cast back strictly.
 */

type Operands = readonly [DecimalOperand, DecimalOperand];

export function add([left, right]: Operands, type: DataType, bind: Bind): PolarsExpr {
  if (decimalOf(type)) return addDecimals("Plus", left, right, type, bind);
  return inWider("Plus", left.expr, right.expr, type);
}

export function subtract([left, right]: Operands, type: DataType, bind: Bind): PolarsExpr {
  if (decimalOf(type)) return addDecimals("Minus", left, right, type, bind);
  return inWider("Minus", left.expr, right.expr, type);
}

export function multiply([left, right]: Operands, type: DataType, bind: Bind): PolarsExpr {
  if (decimalOf(type)) return multiplyDecimals(left, right, type, bind);
  return inWider("Multiply", left.expr, right.expr, type);
}

/** By zero is null. */
export function divide([left, right]: Operands, type: DataType, bind: Bind): PolarsExpr {
  if (decimalOf(type)) return divideDecimals(left, right, type, bind);
  const divisor = p.nullIf(bind(p.cast(right.expr, "double")), p.scalar("Float64", "0.0"), "double");
  return p.binary("TrueDivide", p.cast(left.expr, "double"), divisor);
}

/** With the sign of the dividend; by zero is null. */
export function modulo([left, right]: Operands, type: DataType, bind: Bind): PolarsExpr {
  if (isFloating(type)) {
    const dividend = bind(p.cast(left.expr, "double"));
    const divisor = p.nullIf(bind(p.cast(right.expr, "double")), p.scalar("Float64", "0.0"), "double");
    return signed(
      dividend,
      bind(p.binary("Modulus", p.absolute(dividend), p.absolute(divisor))),
      p.scalar("Float64", "0.0"),
    );
  }
  if (decimalOf(type)) return remainder(left, right, type, bind);
  const dividend = bind(p.cast(left.expr, "Int128"));
  const divisor = p.nullIf(bind(p.cast(right.expr, "Int128")), p.int128(0), "Int128");
  return p.cast(
    signed(dividend, bind(p.binary("Modulus", p.absolute(dividend), p.absolute(divisor))), p.int128(0)),
    type,
  );
}

export function negate(input: PolarsExpr, type: DataType): PolarsExpr {
  if (isFloating(type)) return p.call('"Negate"', input);
  if (decimalOf(type)) return p.cast(p.binary("Minus", p.scalar("Decimal", "[0,38,0]"), input), type);
  return p.cast(p.binary("Minus", p.cast(p.int64(0), wider(type)), p.cast(input, wider(type))), type);
}

export function absolute(input: PolarsExpr, type: DataType): PolarsExpr {
  if (isFloating(type) || decimalOf(type)) return p.absolute(input);
  return p.cast(p.absolute(p.cast(input, wider(type))), type);
}

export function round(input: PolarsExpr, from: DataType, type: DataType, decimals: number, bind: Bind): PolarsExpr {
  if (decimalOf(from)) return roundDecimal({ expr: input, type: from }, decimals, type, bind);
  if (!isFloating(from)) return input;
  return p.call(`{"Round":{"decimals":${decimals},"mode":"HalfAwayFromZero"}}`, input);
}

function inWider(op: "Plus" | "Minus" | "Multiply", left: PolarsExpr, right: PolarsExpr, type: DataType): PolarsExpr {
  if (isFloating(type)) return p.binary(op, p.cast(left, "double"), p.cast(right, "double"));
  return p.cast(p.binary(op, p.cast(left, wider(type)), p.cast(right, wider(type))), type);
}

function wider(type: DataType): PhysicalType {
  return type === "long" ? "Int128" : "long";
}

function signed(like: PolarsExpr, value: PolarsExpr, zero: PolarsExpr): PolarsExpr {
  return p.choose(p.binary("Lt", like, zero), p.binary("Minus", zero, value), value);
}
