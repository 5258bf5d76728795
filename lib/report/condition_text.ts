import type { Expr } from "../relation/expr.js";
import { formatExpr } from "../relation/print.js";

/** A rule's condition as people write it: `valor_da_compra >= 0`; what has no such form stays a call. */
export function conditionText(expr: Expr): string {
  switch (expr.kind) {
    case "column":
      return expr.name;
    case "literal":
      return expr.value === null
        ? "null"
        : typeof expr.value === "string" && expr.type === "string"
          ? quoted(expr.value)
          : String(expr.value);
    case "cast":
      return conditionText(expr.input);
    case "call":
      return (
        callText(expr.fn, expr.args.map(conditionText)) ?? `${expr.fn}(${expr.args.map(conditionText).join(", ")})`
      );
    default:
      return formatExpr(expr);
  }
}

const SIGNS: Readonly<Record<string, string>> = {
  eq: "=",
  ne: "≠",
  lt: "<",
  le: "≤",
  gt: ">",
  ge: "≥",
  plus: "+",
  minus: "−",
  times: "×",
  and: "and",
  or: "or",
};

function callText(fn: string, args: readonly string[]): string | undefined {
  const sign = SIGNS[fn];
  const [first = "", second = "", ...others] = args;
  if (sign !== undefined && args.length >= 2) return args.join(` ${sign} `);
  switch (fn) {
    case "not":
      return `not (${first})`;
    case "isNull":
      return `${first} is null`;
    case "isNotNull":
      return `${first} is not null`;
    case "matches":
      return `${first} matches ${second}`;
    case "isIn":
      return `${first} is one of ${[second, ...others].join(", ")}`;
    default:
      return undefined;
  }
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
