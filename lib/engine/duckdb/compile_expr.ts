import type { Aggregate, Call, Expr, FunctionName, Literal, SortKey, Window } from "../../relation/expr.js";
import { type DataType, formatType } from "../../types.js";
import { duckdbType } from "./data_type.js";
import { identifier, literal } from "./quote.js";

/**
 * An expression as DuckDB evaluates it, with exactly the meaning that `relation/functions.ts` gives it; undefined for what is
 * not said in DuckDB's SQL here.
 */
export function compileExpr(expr: Expr): string | undefined {
  switch (expr.kind) {
    case "column":
      return identifier(expr.name);
    case "literal":
      return compileLiteral(expr);
    case "call":
      return compileCall(expr);
    case "case":
      return sql`CASE ${joined(
        expr.branches.map(({ when, then }) => sql`WHEN ${compileExpr(when)} THEN ${converted(then, expr.type)}`),
        " ",
      )} ELSE ${converted(expr.otherwise, expr.type)} END`;
    case "cast":
      return expr.mode === "strict" ? converted(expr.input, expr.type) : undefined;
    case "aggregate":
      return compileAggregate(expr);
    case "window":
      return compileWindow(expr);
  }
}

/** What stands behind ORDER BY. */
export function compileOrder(keys: readonly SortKey[]): string | undefined {
  return joined(
    keys.map(({ expr, descending }) => sql`${compileExpr(expr)} ${descending ? "DESC NULLS LAST" : "ASC NULLS FIRST"}`),
  );
}

const COMPARISONS: Readonly<Partial<Record<FunctionName, string>>> = {
  eq: "=",
  ne: "<>",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
  eqNullSafe: "IS NOT DISTINCT FROM",
};
const ARITHMETIC: Readonly<Partial<Record<FunctionName, string>>> = { add: "+", subtract: "-", multiply: "*" };
const INTEGERS = ["byte", "short", "integer", "long"];

function compileLiteral({ value, type }: Literal): string | undefined {
  const name = duckdbType(type);
  if (name === undefined || type === "binary" || isFloat(type)) return undefined;
  return `CAST(${value === null ? "NULL" : literal(String(value))} AS ${name})`;
}

function compileCall(call: Call): string | undefined {
  const { fn, args, type } = call;
  const [a, b] = args;
  if (a === undefined) return undefined;
  const comparison = COMPARISONS[fn];
  if (comparison !== undefined && b !== undefined)
    return areComparable(a.type, b.type) ? sql`(${compileExpr(a)} ${comparison} ${compileExpr(b)})` : undefined;
  const operator = ARITHMETIC[fn];
  if (operator !== undefined && b !== undefined)
    return isInteger(type) ? sql`(${converted(a, type)} ${operator} ${converted(b, type)})` : undefined;
  switch (fn) {
    case "isNull":
      return sql`(${compileExpr(a)} IS NULL)`;
    case "isNotNull":
      return sql`(${compileExpr(a)} IS NOT NULL)`;
    case "coalesce":
      return sql`COALESCE(${joined(args.map((arg) => converted(arg, type)))})`;
    case "and":
    case "or":
      return sql`(${joined(args.map(compileExpr), ` ${fn.toUpperCase()} `)})`;
    case "not":
      return sql`(NOT ${compileExpr(a)})`;
    case "year":
    case "month":
    case "day":
      return sql`CAST(${fn.toUpperCase()}(${compileExpr(a)}) AS INTEGER)`;
    default:
      return undefined;
  }
}

function compileAggregate({ fn, args, type }: Aggregate): string | undefined {
  const [arg] = args;
  const name = duckdbType(type);
  if (name === undefined || isFloat(type)) return undefined;
  if (fn === "countAll") return "COUNT(*)";
  if (arg === undefined || isFloat(arg.type) || (fn !== "sum" && fn !== "min" && fn !== "max")) return undefined;
  return sql`CAST(${fn.toUpperCase()}(${compileExpr(arg)}) AS ${name})`;
}

function compileWindow({ fn, args, offset, partitionBy, orderBy }: Window): string | undefined {
  const [arg] = args;
  const partition = partitionBy.length === 0 ? "" : sql`PARTITION BY ${joined(partitionBy.map(compileExpr))} `;
  const over = sql`OVER (${partition}ORDER BY ${compileOrder(orderBy)}`;
  if (fn === "rowNumber") return sql`ROW_NUMBER() ${over})`;
  if (arg === undefined) return undefined;
  if (fn === "lag") return sql`LAG(${compileExpr(arg)}, ${String(offset)}) ${over})`;
  if (fn !== "lastKnown") return undefined;
  return sql`LAST_VALUE(${compileExpr(arg)} IGNORE NULLS) ${over} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
}

/** A value as another type that holds all values of its own. */
function converted(expr: Expr, type: DataType): string | undefined {
  if (formatType(expr.type) === formatType(type)) return compileExpr(expr);
  if (!isInteger(expr.type) || !isInteger(type)) return undefined;
  return sql`CAST(${compileExpr(expr)} AS ${duckdbType(type)})`;
}

/** DuckDB compares these as relations do; doubles it would not. */
function areComparable(a: DataType, b: DataType): boolean {
  if (isInteger(a) && isInteger(b)) return true;
  return formatType(a) === formatType(b) && duckdbType(a) !== undefined && !isFloat(a);
}

function isInteger(type: DataType): boolean {
  return INTEGERS.includes(formatType(type));
}

function isFloat(type: DataType): boolean {
  return type === "float" || type === "double";
}

/** Parts in a list; undefined when one of them is. */
function joined(parts: readonly (string | undefined)[], between = ", "): string | undefined {
  return parts.every((part) => part !== undefined) ? parts.join(between) : undefined;
}

/** Text with parts in it; undefined when one of them is. */
function sql(text: TemplateStringsArray, ...parts: readonly (string | undefined)[]): string | undefined {
  if (!parts.every((part) => part !== undefined)) return undefined;
  return text.reduce((whole, next, i) => `${whole}${parts[i - 1] ?? ""}${next}`);
}
