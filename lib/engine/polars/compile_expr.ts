import { RelationError } from "../../errors.js";
import { commonType } from "../../relation/column.js";
import type { Call, Expr } from "../../relation/expr.js";
import { type DataType, decimalOf, formatType } from "../../types.js";
import { compileCast, convert } from "./cast.js";
import { type DecimalOperand, fitsAt } from "./digits.js";
import { compileLiteral } from "./literal.js";
import { isNullWithin } from "./null_within.js";
import { absolute, add, divide, modulo, multiply, negate, round, subtract } from "./number.js";
import { parseDecimal } from "./parse_decimal.js";
import type { BinaryOperator, PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { type Bind, inline, sharedParts } from "./stages.js";
import * as text from "./text.js";
import * as time from "./time.js";
import { compareWide } from "./wide_decimal.js";

/** An expression without windows as Polars evaluates it; the meaning of each function is written in `relation/functions.ts`. */
export function compileExpr(expr: Expr, bind: Bind = inline): PolarsExpr {
  return compilePart(expr, bind, (part) => compileExpr(part, bind));
}

/** A compiler of expressions that are computed together: parts that they have in common are bound, so that they are computed once. */
export function compileTogether(exprs: readonly Expr[], bind: Bind): (expr: Expr) => PolarsExpr {
  const shared = sharedParts(exprs);
  const done = new Map<Expr, PolarsExpr>();
  const compile: Compile = (expr) => {
    const known = done.get(expr);
    if (known !== undefined) return known;
    const compiled = compilePart(expr, bind, compile);
    const result = shared.has(expr) ? bind(compiled) : compiled;
    done.set(expr, result);
    return result;
  };
  return compile;
}

type Compile = (part: Expr) => PolarsExpr;

function compilePart(expr: Expr, bind: Bind, compile: Compile): PolarsExpr {
  switch (expr.kind) {
    case "column":
      return p.column(expr.name);
    case "literal":
      return compileLiteral(expr);
    case "call":
      return compileCall(expr, bind, compile);
    case "case": {
      const value = (branch: Expr): PolarsExpr => convert(compile(branch), branch.type, expr.type);
      return expr.branches.reduceRight(
        (otherwise, branch) => p.choose(compile(branch.when), value(branch.then), otherwise),
        value(expr.otherwise),
      );
    }
    case "cast": {
      const mode = expr.mode === "try" ? "NonStrict" : "Strict";
      return compileCast(compile(expr.input), expr.input.type, expr.type, mode, bind);
    }
    case "aggregate":
    case "window":
      throw new RelationError(`${expr.fn} is no function of one row`, {
        remedy: "use it in groupBy(…).aggregate(…) or in extend(…)",
      });
  }
}

function compileCall(call: Call, bind: Bind, compile: Compile): PolarsExpr {
  const [first, second, third] = call.args;
  const arg = (expr: Expr | undefined): PolarsExpr => {
    if (expr) return compile(expr);
    throw new RelationError(`${call.fn} lacks an argument`, { actual: `${call.args.length} arguments` });
  };
  const [a, b] = [first, second];
  switch (call.fn) {
    case "eq":
      return compare("Eq", call, compile, bind);
    case "ne":
      return compare("NotEq", call, compile, bind);
    case "lt":
      return compare("Lt", call, compile, bind);
    case "le":
      return compare("LtEq", call, compile, bind);
    case "gt":
      return compare("Gt", call, compile, bind);
    case "ge":
      return compare("GtEq", call, compile, bind);
    case "eqNullSafe":
      return compare("EqValidity", call, compile, bind);
    case "isIn":
      return isIn(call, compile, bind);
    case "isNull":
      return p.isNull(arg(a));
    case "isNotNull":
      return p.isNotNull(arg(a));
    case "isNullWithin":
      return isNullWithin(arg(a), typeOf(first), call.args.slice(1).map(constant));
    case "coalesce":
      return p.call('"Coalesce"', ...call.args.map((expr) => convert(compile(expr), expr.type, call.type)));
    case "nullIf": {
      const value = bind(arg(a));
      const isEqual = compare("Eq", call, (part) => (part === a ? value : compile(part)), bind);
      return p.choose(isEqual, p.nullOf(call.type), value);
    }
    case "and":
      return p.binary("And", arg(a), arg(b));
    case "or":
      return p.binary("Or", arg(a), arg(b));
    case "not":
      return p.not(arg(a));
    case "add":
      return add(operands(call, compile), call.type, bind);
    case "subtract":
      return subtract(operands(call, compile), call.type, bind);
    case "multiply":
      return multiply(operands(call, compile), call.type, bind);
    case "divide":
      return divide(operands(call, compile), call.type, bind);
    case "modulo":
      return modulo(operands(call, compile), call.type, bind);
    case "negate":
      return negate(arg(a), call.type);
    case "abs":
      return absolute(arg(a), call.type);
    case "round":
      return round(arg(a), typeOf(first), call.type, integer(second), bind);
    case "length":
      return p.cast(p.stringCall('"LenChars"', arg(a)), "integer");
    case "trim":
      return p.stringCall('"StripChars"', arg(a), p.nullOf("string"));
    case "upper":
      return p.stringCall('"Uppercase"', arg(a));
    case "lower":
      return p.stringCall('"Lowercase"', arg(a));
    case "titleCase":
      return text.titleCase(arg(a), bind);
    case "unaccent":
      return text.unaccent(arg(a), bind);
    case "concat":
      return text.concat(call.args.map(arg), "", false);
    case "concatWith":
      return text.concat(call.args.slice(1).map(arg), constant(first), true);
    case "contains":
      return p.contains(arg(a), arg(b));
    case "startsWith":
      return p.stringCall('"StartsWith"', arg(a), arg(b));
    case "substring":
      return text.substring(arg(a), integer(second), integer(third));
    case "replace":
      return p.stringCall('{"Replace":{"n":-1,"literal":true}}', arg(a), arg(b), arg(third));
    case "replaceRegex":
      return text.replaceRegex(arg(a), constant(second), constant(third));
    case "matches":
      return p.matches(arg(a), arg(b));
    case "extract":
      return text.extract(arg(a), constant(second), integer(third), bind);
    case "splitPart":
      return text.splitPart(arg(a), constant(second), integer(third));
    case "padStart":
      return text.pad("PadStart", arg(a), integer(second), constant(third));
    case "padEnd":
      return text.pad("PadEnd", arg(a), integer(second), constant(third));
    case "listOf":
      return text.listOf(call.args.map(arg));
    case "year":
    case "month":
    case "day":
    case "hour":
    case "minute":
    case "second":
      return time.part(call.fn, arg(a));
    case "toDate":
      return p.temporalCall('"Date"', arg(a));
    case "parseDecimal":
      return parseDecimal(arg(a), constant(second), call.type, bind);
    case "parseDate":
      return time.parseDate(arg(a), constant(second), bind);
    case "parseTimestamp":
      return time.parseTimestamp(arg(a), constant(second), bind);
    case "formatDate":
      return time.format(arg(a), constant(second));
    case "truncate":
      return time.truncate(arg(a), constant(second));
    case "addDays":
      return time.addDays(arg(a), arg(b), bind);
    case "addSeconds":
      return time.addSeconds(arg(a), arg(b), bind);
    case "daysBetween":
      return time.daysBetween(arg(a), arg(b));
    case "secondsBetween":
      return time.secondsBetween(arg(a), arg(b), bind);
  }
}

function compare(op: BinaryOperator, call: Call, compile: Compile, bind: Bind): PolarsExpr {
  const [left, right] = operands(call, compile);
  const type = commonType(call.fn, left.type, right.type);
  if (!holdsBoth(type, left.type, right.type)) return compareWide(op, left, right, bind);
  return p.binary(op, convert(left.expr, left.type, type), convert(right.expr, right.type, type));
}

/** False of a decimal type whose 38 digits are too few for all values of both types. */
function holdsBoth(type: DataType, left: DataType, right: DataType): boolean {
  const scale = decimalOf(type)?.scale;
  return scale === undefined || (fitsAt(left, scale) && fitsAt(right, scale));
}

function isIn(call: Call, compile: Compile, bind: Bind): PolarsExpr {
  const [value, ...options] = call.args;
  if (!value) throw new RelationError("isIn lacks an argument");
  const given = { expr: compile(value), type: value.type };
  const type = options.reduce<DataType>((common, option) => commonType("isIn", common, option.type), value.type);
  if (!options.every((option) => holdsBoth(type, value.type, option.type))) {
    const equal = options.map((option) =>
      compareWide("Eq", given, { expr: compileExpr(option), type: option.type }, bind),
    );
    return equal.reduce((any, one) => p.binary("Or", any, one));
  }
  const input = convert(given.expr, value.type, type);
  const literals = [...new Set(options.map((option) => convert(compileExpr(option), option.type, type)))];
  const [only] = literals;
  if (only === undefined) return p.choose(p.isNull(input), p.nullOf("boolean"), p.boolean(false));
  if (literals.length === 1) return p.binary("Eq", input, only);
  return p.call('{"Boolean":{"IsIn":{"nulls_equal":false}}}', input, p.listCall('"Concat"', ...literals));
}

function operands(call: Call, compile: Compile): [DecimalOperand, DecimalOperand] {
  const [left, right] = pair(call);
  return [
    { expr: compile(left), type: left.type },
    { expr: compile(right), type: right.type },
  ];
}

function pair(call: Call): readonly [Expr, Expr] {
  const [left, right] = call.args;
  if (left && right) return [left, right];
  throw new RelationError(`${call.fn} takes two arguments`, { actual: String(call.args.length) });
}

function typeOf(expr: Expr | undefined): DataType {
  return expr?.type ?? "string";
}

/** The value of an argument that must be a constant text. */
function constant(expr: Expr | undefined): string {
  if (expr?.kind === "literal" && typeof expr.value === "string") return expr.value;
  throw new RelationError("this argument must be a constant", {
    actual: expr ? `${expr.kind} of type ${formatType(expr.type)}` : "nothing",
  });
}

function integer(expr: Expr | undefined): number {
  return Number(constant(expr));
}
