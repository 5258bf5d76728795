import { RelationError } from "../../errors.js";
import { asDecimal } from "../../relation/column.js";
import { type Aggregate, columnsIn, type Expr } from "../../relation/expr.js";
import type { GroupBy } from "../../relation/node.js";
import { type DataType, decimalOf, decimalType } from "../../types.js";
import { compileExpr } from "./compile_expr.js";
import { isFloating } from "./data_type.js";
import type { LazyFrame } from "./native.js";
import type { PolarsExpr } from "./polars_expr.js";
import * as p from "./polars_expr.js";
import { replacer } from "./replace_exprs.js";
import { type Bind, Stages } from "./stages.js";
import { TEMPORARY } from "./temporary.js";
import { checkedSum, divide } from "./wide_decimal.js";

/**
 * Groups in two steps: plain aggregates, each of them a column, which Polars computes in parallel; then everything that is
 * made of them (casts, null for an empty sum, arithmetic between aggregates).
 */
export function compileGroupBy(node: GroupBy, input: LazyFrame): LazyFrame {
  const plain = new Map<PolarsExpr, string>();
  const results: { readonly name: string; readonly value: PolarsExpr }[] = [];
  const plainColumn = (aggregate: PolarsExpr): PolarsExpr => {
    const name = plain.get(aggregate) ?? `${TEMPORARY}aggregate${plain.size}`;
    plain.set(aggregate, name);
    return p.column(name);
  };
  const constants: PolarsExpr[] = [];
  const stages = new Stages();
  const withResults = replacer((part) => {
    if (part.kind !== "aggregate") return undefined;
    const result = `${TEMPORARY}result${results.length}`;
    results.push({ name: result, value: finish(ofEachRow(part, constants), plainColumn, stages.bind) });
    return { kind: "column", name: result, type: part.type, nullable: part.nullable };
  });
  const outputs = node.aggregates.map(({ name, expr }) => p.alias(compileExpr(withResults(expr)), name));
  const keys = node.keys.map(p.column);
  const aggregates = [...plain].map(([aggregate, name]) => p.alias(aggregate, name));
  const rows = constants.length === 0 ? input : input.withColumns(constants);
  const grouped = keys.length === 0 ? rows.select(aggregates) : rows.groupBy(keys, aggregates);
  return stages
    .apply(grouped)
    .withColumns(results.map(({ name, value }) => p.alias(value, name)))
    .select([...keys, ...outputs]);
}

/** Polars takes a constant as one value, not as one per row: it becomes a column first. */
function ofEachRow(aggregate: Aggregate, constants: PolarsExpr[]): Aggregate {
  const args = aggregate.args.map((arg): Expr => {
    if (columnsIn(arg).length > 0) return arg;
    const name = `${TEMPORARY}constant${constants.length}`;
    constants.push(p.alias(compileExpr(arg), name));
    return { kind: "column", name, type: arg.type, nullable: arg.nullable };
  });
  return { ...aggregate, args };
}

/** An aggregate made of plain ones. */
function finish(aggregate: Aggregate, plain: (aggregate: PolarsExpr) => PolarsExpr, bind: Bind): PolarsExpr {
  const [of] = aggregate.args;
  if (aggregate.fn === "countAll") return p.cast(plain(p.rows()), "long");
  if (!of) throw new RelationError(`${aggregate.fn} lacks an argument`);
  const input = compileExpr(of);
  switch (aggregate.fn) {
    case "count":
      return p.cast(plain(p.count(input)), "long");
    case "countDistinct":
      return p.cast(plain(p.aggregate("NUnique", p.call('"DropNulls"', input))), "long");
    case "sum":
      return ifAny(plain(counted(of, input)), sum(input, of.type, aggregate.type, plain), aggregate.type);
    case "min":
      return plain(p.min(input));
    case "max":
      return isFloating(of.type) ? greatestDouble(input, of.type, plain) : plain(p.max(input));
    case "avg":
      return mean(input, of, aggregate.type, plain, bind);
  }
}

/** Sums of long are computed in 128 bits, so that an overflow is an error and never a wrong number. */
function sum(
  input: PolarsExpr,
  from: DataType,
  to: DataType,
  plain: (aggregate: PolarsExpr) => PolarsExpr,
): PolarsExpr {
  if (isFloating(from)) return plain(p.aggregate("Sum", p.cast(input, "double")));
  if (from === "long") return p.cast(plain(p.aggregate("Sum", p.cast(input, "Int128"))), to);
  if (!decimalOf(to)) return plain(p.aggregate("Sum", p.cast(input, "long")));
  return p.cast(decimalSum(input, from, plain), to);
}

/** Digits by which fewer than 2^32 rows lengthen a sum. */
const SUM_DIGITS = 10;

/** With 38 digits, which may be too few only for long decimals. */
function decimalSum(input: PolarsExpr, from: DataType, plain: (aggregate: PolarsExpr) => PolarsExpr): PolarsExpr {
  const { precision = 38, scale = 0 } = asDecimal(from) ?? {};
  const type = decimalType(38, scale);
  const total = plain(p.aggregate("Sum", p.cast(input, type)));
  if (precision + SUM_DIGITS <= 38) return total;
  return checkedSum(total, plain(p.aggregate("Sum", p.cast(input, "double"))), type);
}

/** NaN is the greatest double. */
function greatestDouble(input: PolarsExpr, type: DataType, plain: (aggregate: PolarsExpr) => PolarsExpr): PolarsExpr {
  const anyNaN = p.binary("Eq", plain(p.max(p.cast(p.isNaN(input), "integer"))), p.int32(1));
  return p.choose(anyNaN, p.cast(p.text("NaN"), type), plain(p.max(input)));
}

function mean(
  input: PolarsExpr,
  of: Expr,
  to: DataType,
  plain: (aggregate: PolarsExpr) => PolarsExpr,
  bind: Bind,
): PolarsExpr {
  if (!decimalOf(to)) return plain(p.aggregate("Mean", p.cast(input, "double")));
  const { precision = 38, scale = 0 } = asDecimal(of.type) ?? {};
  const total = {
    expr: bind(decimalSum(input, of.type, plain)),
    type: decimalType(Math.min(38, precision + SUM_DIGITS), scale),
  };
  return divide(total, { expr: p.cast(plain(p.count(input)), "long"), type: "long" }, to, bind);
}

function counted(of: Expr, input: PolarsExpr): PolarsExpr {
  return of.nullable ? p.count(input) : p.rows();
}

/** Null when there is no value to aggregate. */
function ifAny(values: PolarsExpr, value: PolarsExpr, type: DataType): PolarsExpr {
  return p.choose(p.binary("Gt", values, p.scalar("UInt32", "0")), value, p.nullOf(type));
}
