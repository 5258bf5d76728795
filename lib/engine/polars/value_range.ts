import type { Expr } from "../../relation/expr.js";
import type { RelationNode, Source } from "../../relation/node.js";
import type { DataType, StructField } from "../../types.js";
import { isInteger } from "./data_type.js";

/**
 * Among which values all of a column are that are not null: between two integers (of dates days, of timestamps
 * microseconds since the epoch, of booleans 0 and 1), or among a few texts. `none`: every value is null.
 */
export type ValueRange =
  | { readonly kind: "integers"; readonly low: bigint; readonly high: bigint }
  | { readonly kind: "texts"; readonly values: readonly string[] }
  | { readonly kind: "none" };

/** More texts than these are not told apart one by one. */
export const FEW_TEXTS = 16;

/** The range of a column of a source; undefined when it is not known. */
export type SourceRanges = (source: Source, column: StructField) => Promise<ValueRange | undefined>;

/** The range of a relation's column, as far as the way to its sources shows it; undefined when it does not. */
export async function rangeOf(
  node: RelationNode,
  name: string,
  ofSource: SourceRanges,
): Promise<ValueRange | undefined> {
  switch (node.op) {
    case "scan": {
      const column = node.fields.find((f) => f.name === name);
      return column && ofSource(node.source, column);
    }
    case "project": {
      const expr = node.columns.find((column) => column.name === name)?.expr;
      return expr && rangeOfExpr(expr, node.input, ofSource);
    }
    case "join": {
      if (node.how === "full") return undefined;
      const isLeft = node.left.fields.some((f) => f.name === name);
      return rangeOf(isLeft ? node.left : node.right, name, ofSource);
    }
    case "groupBy":
      return node.keys.includes(name) ? rangeOf(node.input, name, ofSource) : undefined;
    case "union": {
      const place = node.fields.findIndex((f) => f.name === name);
      const inputs = node.inputs.map((input) => rangeOf(input, input.fields[place]?.name ?? name, ofSource));
      return merged(await Promise.all(inputs));
    }
    default:
      return rangeOf(node.input, name, ofSource);
  }
}

async function rangeOfExpr(expr: Expr, input: RelationNode, ofSource: SourceRanges): Promise<ValueRange | undefined> {
  const of = (part: Expr): Promise<ValueRange | undefined> => rangeOfExpr(part, input, ofSource);
  switch (expr.kind) {
    case "column":
      return rangeOf(input, expr.name, ofSource);
    case "literal":
      return rangeOfLiteral(expr.value, expr.type);
    case "case":
      return merged(await Promise.all([...expr.branches.map(({ then }) => of(then)), of(expr.otherwise)]));
    case "call":
      return expr.fn === "coalesce" ? merged(await Promise.all(expr.args.map(of))) : undefined;
    case "window": {
      const [argument] = expr.args;
      return argument && (expr.fn === "lag" || expr.fn === "lastKnown") ? of(argument) : undefined;
    }
    default:
      return undefined;
  }
}

function rangeOfLiteral(value: string | boolean | null, type: DataType): ValueRange | undefined {
  if (value === null) return { kind: "none" };
  if (type === "string") return { kind: "texts", values: [String(value)] };
  if (!isInteger(type)) return undefined;
  return { kind: "integers", low: BigInt(value), high: BigInt(value) };
}

function merged(ranges: readonly (ValueRange | undefined)[]): ValueRange | undefined {
  return ranges.reduce((one, other) => {
    if (one === undefined || other === undefined) return undefined;
    if (one.kind === "none" || other.kind === "none") return one.kind === "none" ? other : one;
    if (one.kind === "texts" && other.kind === "texts") {
      const values = [...new Set([...one.values, ...other.values])];
      return values.length <= FEW_TEXTS ? { kind: "texts", values } : undefined;
    }
    if (one.kind !== "integers" || other.kind !== "integers") return undefined;
    const low = one.low < other.low ? one.low : other.low;
    const high = one.high > other.high ? one.high : other.high;
    return { kind: "integers", low, high };
  });
}
